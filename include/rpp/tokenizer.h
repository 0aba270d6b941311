// What the rest of the toolkit knows of a tokenizer: text in, ids out.
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
};

// Memory that a thread keeps from text to text, at most: what one long text takes is given back.
inline constexpr size_t kKeptBytes = size_t{1} << 20;

// Immutable after construction; every const member may be called from many threads.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Appends the ids of `text` (UTF-8; no [CLS] or [SEP] added). Invalid UTF-8 is handled as the reference
  // does. Throws Error as check_text_size.
  virtual void encode_into(std::string_view text, std::vector<int32_t>& ids) const = 0;
  // The ids that encode_into appends, and where in `text` each comes from: from the first character that went
  // into it to the last. What normalisation drops at its edges belongs to no token (transformers'
  // return_offsets_mapping, in bytes); nor do blanks before a sentencepiece word. Throws Error as
  // check_text_size.
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
