// A sentencepiece model (unigram or BPE) behind the tokenizer interface.
#pragma once

#include <filesystem>
#include <memory>

#include "rpp/tokenizer.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace rpp {

class SentencePieceTokenizer final : public Tokenizer {
 public:
  // The model decides on normalisation and lower-casing. Special pieces are named [CLS] or <cls>, [SEP] or
  // <sep>, [MASK] or <mask>, [PAD] or <pad>, [UNK] or <unk>. Throws Error for a missing or damaged file or a
  // missing special piece.
  explicit SentencePieceTokenizer(const std::filesystem::path& model_file);
  ~SentencePieceTokenizer() override;

  void encode_into(std::string_view text, std::vector<int32_t>& ids) const override;
  EncodedText encode_with_offsets(std::string_view text) const override;
  bool is_continuation(int32_t id) const override;
  std::string_view piece(int32_t id) const override;
  int32_t size() const override;
  const SpecialTokens& special() const override { return special_; }
  // Writes the model under its original name (spiece.model unless it was tokenizer.model), and the
  // tokenizer.json and tokenizer_config.json from which transformers loads a unigram or bpe model.
  void save(const std::filesystem::path& directory) const override;

 private:
  std::string identity() const override;
  int32_t require_piece(std::initializer_list<std::string_view> spellings) const;

  std::string file_name_;
  std::string source_;
  std::string model_;  // the file's bytes
  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
  SpecialTokens special_;
};

}  // namespace rpp
