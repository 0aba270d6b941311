// Tokenizes a text file line by line, for inspection or comparison with another tokenizer.
#pragma once

#include <cstdint>
#include <filesystem>

namespace rpp {

// `offsets`: the id and the bytes of the line that it comes from, as 7:0-3.
enum class TokenForm { ids, pieces, offsets };

struct TokenizeOptions {
  std::filesystem::path tokenizer;  // as load_tokenizer takes it
  std::filesystem::path input;      // UTF-8 text, plain, .gz or .zst; "-" = standard input
  std::filesystem::path
      output;  // one line per input line, tokens separated by blanks; empty or "-" = standard output
  TokenForm form = TokenForm::ids;
};

struct TokenizeReport {
  int64_t num_lines = 0, num_tokens = 0, num_bytes = 0;
  // Lines with bytes that are not UTF-8, which the reference tokenizer drops, and the first of them.
  int64_t num_invalid_lines = 0, first_invalid_line = 0;
  double seconds = 0;  // for tokenizing, without reading and writing
};

TokenizeReport tokenize_file(const TokenizeOptions& options);

}  // namespace rpp
