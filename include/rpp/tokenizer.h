// The tokenizer interface of the toolkit: text in, ids out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/text_span.h"

namespace rpp {

struct SpecialTokens {
  int32_t pad = 0, unk = 0, cls = 0, sep = 0, mask = 0;
  // False: BERT's pairs, [CLS] A [SEP] B [SEP], whose second part has token type 1. True: RoBERTa's, <s> A
  // </s></s> B </s>, all of token type 0.
  bool two_separators = false;

  int64_t num_in_single() const { return 2; }
  int64_t num_in_pair() const { return two_separators ? 4 : 3; }
  int32_t second_type() const { return two_separators ? 0 : 1; }
};

// The maximum memory that a thread keeps between texts; what a long text needs beyond it is freed.
inline constexpr size_t kKeptBytes = size_t{1} << 20;

// Immutable after construction; const members are thread-safe.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Appends the ids of `text` (UTF-8; no [CLS] or [SEP] added). Invalid UTF-8 is handled as in the reference.
  // Throws Error as check_text_size.
  virtual void encode_into(std::string_view text, std::vector<int32_t>& ids) const = 0;
  // The ids that encode_into appends, and the range of `text` that each comes from: from its first character
  // to its last. Characters at a token's edges that normalisation drops belong to no token (as in
  // transformers' return_offsets_mapping, but in bytes); nor do blanks before a sentencepiece word. Throws
  // Error as check_text_size.
  virtual EncodedText encode_with_offsets(std::string_view text) const = 0;
  // True for a piece that continues a word ("##ing"; in sentencepiece one without the leading U+2581).
  virtual bool is_continuation(int32_t id) const = 0;
  virtual std::string_view piece(int32_t id) const = 0;
  virtual int32_t size() const = 0;  // entries of the vocabulary
  virtual const SpecialTokens& special() const = 0;
  // All that the ids depend on: vocabulary and options. See tokenizer_fingerprint().
  virtual std::string identity() const = 0;
  // Writes the files that load_tokenizer and transformers read (vocab.txt, tokenizer_config.json, ...).
  virtual void save(const std::filesystem::path& directory) const = 0;

  std::vector<int32_t> encode(std::string_view text) const {
    std::vector<int32_t> ids;
    encode_into(text, ids);
    return ids;
  }
};

}  // namespace rpp
