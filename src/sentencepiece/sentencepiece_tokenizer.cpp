#include "sentencepiece/sentencepiece_tokenizer.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "normalizer_json.h"
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

// A model that is read by its own name, m.model, is found again by the usual one.
std::string saved_name(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  const bool is_usual = std::ranges::find(kSentencePieceFiles, name) != kSentencePieceFiles.end();
  return is_usual ? name : kSentencePieceFiles[0];
}

std::unique_ptr<sentencepiece::SentencePieceProcessor> load(const std::filesystem::path& file,
                                                            const std::string& model) {
  auto processor = std::make_unique<sentencepiece::SentencePieceProcessor>();
  const auto status = processor->LoadFromSerializedProto(model);
  RPP_CHECK(!model.empty() && status.ok(),
            "{} is not a sentencepiece model, or is damaged ({}): copy it again", file,
            model.empty() ? "it is empty" : status.message());
  check_sentencepiece_model(file, parse_sentencepiece_model(model));
  return processor;
}

constexpr std::array<std::string_view, 3> kFirst = {"<unk>", "<s>", "</s>"};
constexpr std::array<ModelPiece, 4> kXlmRobertaPieces = {{{.text = "<s>", .type = PieceType::control},
                                                          {.text = "<pad>", .type = PieceType::control},
                                                          {.text = "</s>", .type = PieceType::control},
                                                          {.text = "<unk>", .type = PieceType::unknown}}};
// The fifth is no special token to transformers, and its score makes unknown characters dear.
constexpr std::array<ModelPiece, 7> kCamembertPieces = {{{.text = "<s>NOTUSED", .type = PieceType::control},
                                                         {.text = "<pad>", .type = PieceType::control},
                                                         {.text = "</s>NOTUSED", .type = PieceType::control},
                                                         {.text = "<unk>", .type = PieceType::unknown},
                                                         {.text = "<unk>NOTUSED", .score = -100},
                                                         {.text = "<s>", .type = PieceType::control},
                                                         {.text = "</s>", .type = PieceType::control}}};

// What takes the place of kFirst.
std::span<const ModelPiece> first_pieces(PieceIds ids) {
  if (ids == PieceIds::camembert) return kCamembertPieces;
  return kXlmRobertaPieces;
}

std::string with_ids(PieceIds ids, const std::filesystem::path& file, const SentencePieceModel& model) {
  const bool starts_so =
      model.pieces.size() >= kFirst.size() &&
      std::equal(kFirst.begin(), kFirst.end(), model.pieces.begin(),
                 [](std::string_view text, const ModelPiece& p) { return p.text == text; });
  RPP_CHECK(
      starts_so,
      "{}: the pieces of an XLM-R or CamemBERT model start with <unk>, <s>, </s>, these do not: name its "
      "class in {}",
      file, kTokenizerConfigFile);
  std::vector<ModelPiece> pieces(first_pieces(ids).begin(), first_pieces(ids).end());
  pieces.insert(pieces.end(), model.pieces.begin() + kFirst.size(), model.pieces.end());
  pieces.push_back({.text = "<mask>", .type = PieceType::control});
  return serialize_sentencepiece_model(pieces, model.settings);
}

// For fewer pieces: without the model's tests of its own, which may need the others.
std::string serialize_part(const SentencePieceModel& model, std::span<const ModelPiece> pieces) {
  std::vector<std::string_view> settings = model.settings;
  std::erase_if(settings, is_self_test);
  return serialize_sentencepiece_model(pieces, settings);
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

// A text as the model gets it, and the source of each of its bytes.
struct ChangedText {
  std::string bytes;
  std::vector<TextSpan> sources;
};

// The blank at which transformers splits and which is none to the usual models: U+0085.
constexpr std::string_view kNextLine = "\xC2\x85";

ChangedText change(std::string_view text, const TextRules& rules) {
  const NormalizedText normalized = normalize_text(text, rules);
  ChangedText changed;
  for (size_t i = 0; i < normalized.chars.size(); ++i) {
    const char32_t c = normalized.chars[i];
    append_utf8(c == U'\x85' ? U' ' : c, changed.bytes);
    changed.sources.resize(changed.bytes.size(), normalized.sources[i]);
  }
  return changed;
}

TextSpan source_of(const ChangedText& text, TextSpan span) {
  if (span.begin < span.end) return {text.sources[span.begin].begin, text.sources[span.end - 1].end};
  const uint32_t place = text.sources.empty()               ? 0
                         : span.begin < text.sources.size() ? text.sources[span.begin].begin
                                                            : text.sources.back().end;
  return {place, place};
}

}  // namespace

SentencePieceSource sentencepiece_source(std::filesystem::path file, std::string bytes, PieceIds ids) {
  if (ids == PieceIds::plain) return {.file = std::move(file), .model = bytes, .original = bytes};
  load(file, bytes);  // checks the bytes, of which the model with other ids shows no damage
  std::string model = with_ids(ids, file, parse_sentencepiece_model(bytes));
  return {.file = std::move(file),
          .model = std::move(model),
          .ids = ids,
          .original = std::move(bytes),
          .special_in_text = true,
          .two_separators = true};
}

SentencePieceTokenizer::SentencePieceTokenizer(const std::filesystem::path& model_file)
    : SentencePieceTokenizer(sentencepiece_source(model_file, read_file(model_file), PieceIds::plain)) {}

SentencePieceTokenizer::SentencePieceTokenizer(SentencePieceSource source)
    : source_(std::move(source)), processor_(load(source_.file, source_.model)) {
  special_ = {
      .pad = require_piece({"[PAD]", "<pad>"}),
      .unk = require_piece({"[UNK]", "<unk>"}),
      .cls = source_.cls.empty() ? require_piece({"[CLS]", "<cls>", "<s>"}) : require_piece({source_.cls}),
      .sep = source_.sep.empty() ? require_piece({"[SEP]", "<sep>", "</s>"}) : require_piece({source_.sep}),
      .mask = require_piece({"[MASK]", "<mask>"}),
      .two_separators = source_.two_separators};
  if (!source_.special_in_text) return;
  std::vector<AddedToken> tokens;
  for (int32_t id = 0; id < size(); ++id) {
    if (!processor_->IsControl(id) && id != special_.unk) continue;
    tokens.push_back({.content = std::string(piece(id)), .id = id, .special = true});
  }
  in_text_.emplace(std::move(tokens), TextRules{});
}

SentencePieceTokenizer::~SentencePieceTokenizer() = default;

int32_t SentencePieceTokenizer::require_piece(std::initializer_list<std::string_view> spellings) const {
  for (const std::string_view spelling : spellings) {
    const int id = processor_->PieceToId(spelling);  // the unknown piece if absent
    if (processor_->IdToPiece(id) == spelling) return id;
  }
  fail("{} has no piece {}: train the model with it as a control symbol", source_.file, join(spellings));
}

void SentencePieceTokenizer::split(std::string_view text, const auto& each) const {
  if (!in_text_ || !in_text_->in_text().occurs_in(text)) return each(text, std::optional<int32_t>());
  for (const TokenFinder::Part& part : in_text_->in_text().split(text)) {
    each(text.substr(part.begin, part.end - part.begin),
         part.token == nullptr ? std::nullopt : std::optional(part.token->id));
  }
}

void SentencePieceTokenizer::encode_into(std::string_view text, std::vector<int32_t>& ids) const {
  check_text_size(text);
  split(text, [&](std::string_view part, std::optional<int32_t> special) {
    if (special) return ids.push_back(*special);
    std::vector<int> encoded;
    const auto status = is_changed(part) ? processor_->Encode(change(part, source_.rules).bytes, &encoded)
                                         : processor_->Encode(part, &encoded);
    RPP_CHECK(status.ok(), "{} cannot encode a text of {} bytes: {}", source_.file, part.size(),
              status.message());
    ids.insert(ids.end(), encoded.begin(), encoded.end());
  });
}

bool SentencePieceTokenizer::is_changed(std::string_view text) const {
  return source_.rules != kUnchangedText || (source_.special_in_text && text.find(kNextLine) != text.npos);
}

// `begin`: of the part, in the text.
void SentencePieceTokenizer::append_pieces(std::string_view part, uint32_t begin,
                                           EncodedText& encoded) const {
  const bool changes = is_changed(part);
  const ChangedText changed = changes ? change(part, source_.rules) : ChangedText();
  const std::string_view text = changes ? std::string_view(changed.bytes) : part;
  const auto pieces = processor_->EncodeAsImmutableProto(text);
  for (const auto& piece : pieces.pieces()) {
    TextSpan span = without_leading_blanks(text, {piece.begin(), piece.end()});
    if (changes) span = source_of(changed, span);
    encoded.ids.push_back(static_cast<int32_t>(piece.id()));
    encoded.spans.push_back({begin + span.begin, begin + span.end});
  }
}

EncodedText SentencePieceTokenizer::encode_with_offsets(std::string_view text) const {
  check_text_size(text);
  EncodedText encoded;
  split(text, [&](std::string_view part, std::optional<int32_t> special) {
    const auto begin = static_cast<uint32_t>(part.data() - text.data());
    if (!special) return append_pieces(part, begin, encoded);
    encoded.ids.push_back(*special);
    encoded.spans.push_back({begin, begin + static_cast<uint32_t>(part.size())});
  });
  return encoded;
}

std::string SentencePieceTokenizer::identity() const {
  std::string name = special_.two_separators ? "sentencepiece, two separators" : "sentencepiece";
  if (source_.rules != kUnchangedText) name += ", " + normalizer_json(source_.rules, "").dump();
  return name + '\n' + source_.model;
}

std::optional<int32_t> SentencePieceTokenizer::control_piece(std::string_view text) const {
  const int32_t id = processor_->PieceToId(text);
  if (piece(id) != text || (!processor_->IsControl(id) && id != special_.unk)) return std::nullopt;
  return id;
}

bool SentencePieceTokenizer::is_unigram() const {
  return !parse_sentencepiece_model(source_.model).is_bpe;
}

std::vector<int32_t> SentencePieceTokenizer::required() const {
  const SentencePieceModel model = parse_sentencepiece_model(source_.model);
  int32_t cheapest = -1;
  std::vector<int32_t> ids;
  for (int32_t id = 0; id < size(); ++id) {
    const ModelPiece& piece = model.pieces[static_cast<size_t>(id)];
    if (piece.type != PieceType::normal) {
      ids.push_back(id);
    } else if (cheapest < 0 || piece.score < model.pieces[static_cast<size_t>(cheapest)].score) {
      cheapest = id;
    }
  }
  if (cheapest >= 0) ids.insert(std::ranges::lower_bound(ids, cheapest), cheapest);
  return ids;
}

SentencePieceSource SentencePieceTokenizer::keeping(std::span<const int32_t> ids) const {
  const SentencePieceModel model = parse_sentencepiece_model(source_.model);
  std::vector<ModelPiece> pieces;
  for (const int32_t id : ids) pieces.push_back(model.pieces[static_cast<size_t>(id)]);
  SentencePieceSource source = source_;
  source.model = serialize_part(model, pieces);
  if (source_.original == source_.model) {
    source.original = source.model;
  } else if (!source_.original.empty()) {
    std::vector<ModelPiece> own = {{.text = kFirst[0], .type = PieceType::unknown},
                                   {.text = kFirst[1], .type = PieceType::control},
                                   {.text = kFirst[2], .type = PieceType::control}};
    const auto num_first = static_cast<ptrdiff_t>(first_pieces(source_.ids).size());
    own.insert(own.end(), pieces.begin() + num_first, pieces.end() - 1);  // without <mask>
    source.original = serialize_part(parse_sentencepiece_model(source_.original), own);
  }
  return source;
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
                                    .mask = std::string(piece(special_.mask)),
                                    .two_separators = special_.two_separators,
                                    .is_camembert = source_.ids == PieceIds::camembert};
  const SentencePieceModel model = parse_sentencepiece_model(source_.model);
  std::filesystem::create_directories(directory);
  if (!source_.original.empty())
    write_file_atomically(directory / saved_name(source_.file), source_.original);
  write_file_atomically(directory / kTokenizerJsonFile,
                        tokenizer_json(model, source_.rules, *processor_, special));
  write_file_atomically(directory / kTokenizerConfigFile, tokenizer_config_json(source_.rules, special));
}

}  // namespace rpp
