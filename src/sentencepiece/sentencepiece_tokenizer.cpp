#include "sentencepiece/sentencepiece_tokenizer.h"

#include <sentencepiece_processor.h>

#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "rpp/error.h"
#include "sentencepiece_json.h"
#include "sentencepiece_model.h"
#include "tokenizer/marks.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

std::string join(std::initializer_list<std::string_view> spellings) {
  std::string text;
  for (const std::string_view spelling : spellings) {
    if (!text.empty()) text += " or ";
    text += spelling;
  }
  return text;
}

// The mark of a word's start stands for the blanks before it.
TextSpan without_leading_blanks(std::string_view text, TextSpan span) {
  while (span.begin < span.end) {
    size_t next = span.begin;
    const char32_t c = next_code_point(text.substr(0, span.end), next);
    if (c == kInvalidUtf8 || !is_python_whitespace(c)) break;
    span.begin = static_cast<uint32_t>(next);
  }
  return span;
}

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer(const std::filesystem::path& model_file)
    : file_name_(model_file.filename() == kSentencePieceFiles[1] ? kSentencePieceFiles[1]
                                                                 : kSentencePieceFiles[0]),
      source_(model_file.string()),
      model_(read_file(model_file)),
      processor_(std::make_unique<sentencepiece::SentencePieceProcessor>()) {
  const auto status = processor_->LoadFromSerializedProto(model_);
  RPP_CHECK(!model_.empty() && status.ok(),
            "{} is not a sentencepiece model, or is damaged ({}): copy it again", source_,
            model_.empty() ? "it is empty" : status.message());
  check_sentencepiece_model(source_, model_, *processor_);
  special_ = {.pad = require_piece({"[PAD]", "<pad>"}),
              .unk = require_piece({"[UNK]", "<unk>"}),
              .cls = require_piece({"[CLS]", "<cls>"}),
              .sep = require_piece({"[SEP]", "<sep>"}),
              .mask = require_piece({"[MASK]", "<mask>"})};
}

SentencePieceTokenizer::~SentencePieceTokenizer() = default;

int32_t SentencePieceTokenizer::require_piece(std::initializer_list<std::string_view> spellings) const {
  for (const std::string_view spelling : spellings) {
    const int id = processor_->PieceToId(spelling);  // the unknown piece if absent
    if (processor_->IdToPiece(id) == spelling) return id;
  }
  fail("{} has no piece {}: train the model with it as a control symbol", source_, join(spellings));
}

void SentencePieceTokenizer::encode_into(std::string_view text, std::vector<int32_t>& ids) const {
  check_text_size(text);
  std::vector<int> encoded;
  const auto status = processor_->Encode(text, &encoded);
  RPP_CHECK(status.ok(), "{} cannot encode a text of {} bytes: {}", source_, text.size(), status.message());
  ids.insert(ids.end(), encoded.begin(), encoded.end());
}

EncodedText SentencePieceTokenizer::encode_with_offsets(std::string_view text) const {
  check_text_size(text);
  const auto encoded_pieces = processor_->EncodeAsImmutableProto(text);
  EncodedText encoded;
  for (const auto& piece : encoded_pieces.pieces()) {
    encoded.ids.push_back(static_cast<int32_t>(piece.id()));
    encoded.spans.push_back(without_leading_blanks(text, {piece.begin(), piece.end()}));
  }
  return encoded;
}

std::string SentencePieceTokenizer::identity() const {
  return "sentencepiece\n" + model_;
}

bool SentencePieceTokenizer::is_continuation(int32_t id) const {
  if (processor_->IsControl(id) || processor_->IsUnknown(id)) return false;
  return !piece(id).starts_with(kWordStart);
}

std::string_view SentencePieceTokenizer::piece(int32_t id) const {
  return processor_->IdToPiece(id);
}

int32_t SentencePieceTokenizer::size() const {
  return processor_->GetPieceSize();
}

void SentencePieceTokenizer::save(const std::filesystem::path& directory) const {
  const SpecialSpellings special = {.pad = std::string(piece(special_.pad)),
                                    .unk = std::string(piece(special_.unk)),
                                    .cls = std::string(piece(special_.cls)),
                                    .sep = std::string(piece(special_.sep)),
                                    .mask = std::string(piece(special_.mask))};
  std::filesystem::create_directories(directory);
  write_file_atomically(directory / file_name_, model_);
  write_file_atomically(directory / kTokenizerJsonFile, tokenizer_json(model_, *processor_, special));
  write_file_atomically(directory / kTokenizerConfigFile, tokenizer_config_json(special));
}

}  // namespace rpp
