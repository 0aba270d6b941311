// What the rest of the toolkit knows of a tokenizer: text in, ids out.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/text/text_span.h"

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
  // SHA-256 of vocabulary and options: two tokenizers with the same fingerprint give the same ids.
  std::string fingerprint() const;
  // Writes the files that load_tokenizer and transformers read (vocab.txt, tokenizer_config.json, ...).
  virtual void save(const std::filesystem::path& directory) const = 0;

  std::vector<int32_t> encode(std::string_view text) const {
    std::vector<int32_t> ids;
    encode_into(text, ids);
    return ids;
  }

 private:
  virtual std::string identity() const = 0;  // all that the ids depend on
};

// Reads a model directory: vocab.txt with tokenizer_config.json (do_lower_case; where it does not say, a
// vocabulary with capitals is cased, and the log says so), a
// sentencepiece model (spiece.model, tokenizer.model), or the tokenizer.json of a BERT tokenizer, which is
// all that transformers 5 saves. A path to one of these files itself is accepted too. Throws Error for a
// missing file, a duplicate entry, a missing special token, and for what would give other ids than these
// tokenizers do: added tokens, other classes and other special tokens in tokenizer_config.json,
// added_tokens.json, special_tokens_map.json and config.json.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

}  // namespace rpp
