// Cuts the vocabulary of a model to the pieces of some texts: of a multilingual model most weights are
// embeddings of pieces that the texts of one language never have.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace rpp {

struct TrimOptions {
  std::filesystem::path model;                // directory
  std::vector<std::filesystem::path> inputs;  // UTF-8 text, plain, .gz or .zst; none of them a pipe
  std::filesystem::path output;               // a new directory
  int64_t min_count = 1;                      // pieces that the texts have less often are left out
};

struct TrimReport {
  int64_t pieces_before = 0, pieces_after = 0;
  int64_t parameters_before = 0, parameters_after = 0;
  int64_t num_lines = 0, num_tokens = 0;
  int64_t num_different = 0;  // lines that have other tokens now; 0 if min_count is 1
};

// Keeps special and added tokens, the pieces that occur at least min_count times, and the pieces of one
// character that one of these has, so that another word of the same script is not unknown. The encoder stays
// as it is: a text with the same tokens has the same hidden states. Reads the new directory's tokenizer and
// compares all lines; writes nothing on an error. Throws Error for a tokenizer that cannot be cut
// (keep_pieces), and for texts without tokens.
TrimReport trim_vocabulary(const TrimOptions& options);

std::string format_trim(const TrimReport& report);

}  // namespace rpp
