// A sentencepiece model (unigram or BPE) behind the tokenizer interface.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "rpp/tokenizer.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/normalized_text.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace rpp {

struct SentencePieceModel;

// plain: the ids are those of the model. xlm_roberta: those of fairseq, which XLM-R and its descendants have:
// <s>, <pad>, </s>, <unk>, the pieces of the model without its first three, <mask>. camembert: the first
// three twice: <s>NOTUSED, <pad>, </s>NOTUSED, <unk>, <unk>NOTUSED, <s>, </s>, the other pieces, <mask>.
enum class PieceIds { plain, xlm_roberta, camembert };

// The model of a tokenizer, with the pieces in the order of their ids.
struct SentencePieceSource {
  std::filesystem::path file;  // for messages
  std::string model;           // serialized
  PieceIds ids = PieceIds::plain;
  // What save() writes beside tokenizer.json, under the name of `file`; empty: nothing.
  std::string original;
  std::string cls, sep;              // their pieces; empty: by their usual names
  TextRules rules = kUnchangedText;  // what is done to a text before the model: ALBERT's
  // As in transformers: a text that spells a special token has it, and U+0085 is a blank.
  bool special_in_text = false;
  bool two_separators = false;  // see SpecialTokens
};

// The model of a file such as spiece.model or sentencepiece.bpe.model. For other ids than plain ones throws
// Error, naming the file, when it is damaged or does not start with <unk>, <s>, </s>.
SentencePieceSource sentencepiece_source(std::filesystem::path file, std::string bytes, PieceIds ids);

class SentencePieceTokenizer final : public Tokenizer {
 public:
  // The model decides on normalisation and lower-casing, unless the source has rules. Special pieces are
  // named [CLS], <cls> or <s>, [SEP], <sep> or </s>, [MASK] or <mask>, [PAD] or <pad>, [UNK] or <unk>. Throws
  // Error for a damaged model or a missing special piece.
  explicit SentencePieceTokenizer(SentencePieceSource source);
  // The model of a file, with its ids; also throws Error when it cannot be read.
  explicit SentencePieceTokenizer(const std::filesystem::path& model_file);
  ~SentencePieceTokenizer() override;

  void encode_into(std::string_view text, std::vector<int32_t>& ids) const override;
  EncodedText encode_with_offsets(std::string_view text) const override;
  bool is_continuation(int32_t id) const override;
  std::string_view piece(int32_t id) const override;
  int32_t size() const override;
  const SpecialTokens& special() const override { return special_; }
  // Writes the model file that it was read from, if any, and the tokenizer.json and tokenizer_config.json
  // from which transformers loads a unigram or bpe model.
  void save(const std::filesystem::path& directory) const override;

  // The id of a control piece, which a file beside the model may name as an added token; else nothing.
  std::optional<int32_t> control_piece(std::string_view text) const;

  bool is_unigram() const;
  // The ids that a unigram model cannot be without: all but normal pieces, and the one with the lowest score,
  // which the cost of an unknown character depends on.
  std::vector<int32_t> required() const;
  // The source of a unigram tokenizer with these ids alone, ascending; a new id is the place in `ids`.
  SentencePieceSource keeping(std::span<const int32_t> ids) const;

 private:
  std::string identity() const override;
  int32_t require_piece(std::initializer_list<std::string_view> spellings) const;

  // Calls each(part of the text, id of the special token that it is or nothing).
  void split(std::string_view text, const auto& each) const;
  bool is_changed(std::string_view text) const;
  void append_pieces(std::string_view part, uint32_t begin, EncodedText& encoded) const;

  SentencePieceSource source_;
  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
  SpecialTokens special_;
  std::optional<AddedTokens> in_text_;  // the special tokens, if texts may spell them
};

}  // namespace rpp
