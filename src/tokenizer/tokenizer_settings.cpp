#include "tokenizer_settings.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "core/json.h"
#include "rpp/error.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

// Each also as "...Fast". They give the same ids as BertTokenizer, but for MPNetTokenizer.
constexpr std::array<std::string_view, 12> kWordPieceClasses = {
    "BertTokenizer",       "DistilBertTokenizer",  "ElectraTokenizer",   "MobileBertTokenizer",
    "ConvBertTokenizer",   "SqueezeBertTokenizer", "RetriBertTokenizer", "LayoutLMTokenizer",
    "PreTrainedTokenizer", "TokenizersBackend",    "DPRReaderTokenizer", kMpnetTokenizer};
constexpr std::array<std::string_view, 5> kSentencePieceClasses = {
    kXlmRobertaTokenizer, kCamembertTokenizer, kAlbertTokenizer, "PreTrainedTokenizer", "TokenizersBackend"};

// Bart and others are RobertaTokenizer under another name.
constexpr std::array<std::string_view, 6> kByteBpeClasses = {"RobertaTokenizer",    "BartTokenizer",
                                                             "LongformerTokenizer", "LEDTokenizer",
                                                             "PreTrainedTokenizer", "TokenizersBackend"};

constexpr const char* kSpecialKeys[] = {"pad_token", "unk_token", "cls_token", "sep_token", "mask_token"};

bool is_known_class(const std::string& name, TokenizerKind kind) {
  const auto is_in = [&](const auto& classes) { return std::ranges::find(classes, name) != classes.end(); };
  switch (kind) {
    case TokenizerKind::wordpiece:
      return is_in(kWordPieceClasses);
    case TokenizerKind::sentencepiece:
      return is_in(kSentencePieceClasses);
    case TokenizerKind::byte_bpe:
      return is_in(kByteBpeClasses);
  }
  return false;
}

const char* usual_of(TokenizerKind kind) {
  switch (kind) {
    case TokenizerKind::wordpiece:
      return "BertTokenizer";
    case TokenizerKind::sentencepiece:
      return "the sentencepiece model alone";
    case TokenizerKind::byte_bpe:
      return "RobertaTokenizer";
  }
  return "";
}

// The ids of [PAD] [UNK] [CLS] [SEP] [MASK] in the order of kSpecialKeys.
std::array<int32_t, 5> special_ids(const Tokenizer& tokenizer) {
  const SpecialTokens& special = tokenizer.special();
  return {special.pad, special.unk, special.cls, special.sep, special.mask};
}

using AddedIds = std::function<std::optional<int32_t>(std::string_view)>;

// A token is a string, or an object with a "content".
std::optional<std::string> content_of(const json& token) {
  const json content = token.is_object() ? token.value("content", json()) : token;
  return content.is_string() ? std::optional(content.get<std::string>()) : std::nullopt;
}

// transformers splits a text at added tokens before it uses the vocabulary.
void check_added(const json& token, const std::optional<int64_t>& id, const path& file,
                 const AddedIds& added) {
  const auto content = content_of(token);
  const auto known = content ? added(*content) : std::nullopt;
  if (known && (!id || *id == *known)) return;
  fail("{}: the added token {}{} is not supported: only {} at their places in the vocabulary are", file,
       content ? *content : token.dump(), id ? fmt::format(" (id {})", *id) : "",
       "[PAD], [UNK], [CLS], [SEP] and [MASK]");
}

void check_special_names(const json& config, const path& file, const Tokenizer& tokenizer) {
  const auto ids = special_ids(tokenizer);
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto content = content_of(config.value(kSpecialKeys[i], json()));
    if (!content || *content == tokenizer.piece(ids[i])) continue;
    fail("{}: {} is \"{}\", here it is \"{}\": other special tokens are not supported", file, kSpecialKeys[i],
         *content, tokenizer.piece(ids[i]));
  }
}

std::optional<int64_t> number(const std::string& text) {
  const bool is_number = !text.empty() && text.size() < 10 &&
                         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  return is_number ? std::optional<int64_t>(std::stoll(text)) : std::nullopt;
}

void check_token_lists(const json& config, const path& file, const Tokenizer& tokenizer,
                       const AddedIds& added) {
  check_special_names(config, file, tokenizer);
  for (const char* key : {"additional_special_tokens", "extra_special_tokens"}) {
    for (const json& token : config.value(key, json())) check_added(token, std::nullopt, file, added);
  }
  const json decoder = config.value("added_tokens_decoder", json());
  for (const auto& [id, token] : decoder.items()) check_added(token, number(id).value_or(-1), file, added);
}

bool is_special_piece(std::string_view piece) {
  return (piece.starts_with('[') && piece.ends_with(']')) || (piece.starts_with('<') && piece.ends_with('>'));
}

}  // namespace

std::string tokenizer_class_of(const json& config, const path& file, TokenizerKind kind) {
  const json value = config.value("tokenizer_class", json());
  if (value.is_null()) return "";
  std::string name = value.is_string() ? value.get<std::string>() : "";
  if (name.ends_with("Fast")) name.resize(name.size() - 4);
  if (is_known_class(name, kind)) return name;
  fail("{}: tokenizer_class {} is not supported: its ids are not those of {}", file, value.dump(),
       usual_of(kind));
}

// do_basic_tokenize and never_split are not among them: tokenizers of the tokenizers library ignore them.
void check_tokenizer_switches(const json& config, const path& file) {
  const std::pair<const char*, json> usual[] = {{"word_tokenizer_type", "basic"},
                                                {"subword_tokenizer_type", "wordpiece"},
                                                {"split_special_tokens", false}};
  for (const auto& [key, value] : usual) {
    const json stated = config.value(key, json());
    if (stated.is_null() || stated == value) continue;
    fail("{}: {} {} is not supported, it must be {} or absent", file, key, stated.dump(), value.dump());
  }
}

void check_files_beside(const TokenizerTexts& texts, const path& folder, const Tokenizer& tokenizer,
                        const AddedIds& added) {
  if (const auto file = object_in(texts, folder, kAddedTokensFile)) {
    for (const auto& [content, id] : file->items()) {
      check_added(content, id.is_number_integer() ? id.get<int64_t>() : -1, folder / kAddedTokensFile, added);
    }
  }
  for (const char* name : {kTokenizerConfigFile, kSpecialTokensFile}) {
    if (const auto file = object_in(texts, folder, name))
      check_token_lists(*file, folder / name, tokenizer, added);
  }
  for (const char* name : {kTokenizerConfigFile, kConfigFile}) {
    if (const auto file = object_in(texts, folder, name))
      tokenizer_class_of(*file, folder / name, TokenizerKind::sentencepiece);
  }
}

LetterCase letter_case_of(const Vocabulary& vocabulary) {
  const auto has_capitals = [](const std::string& piece) {
    const std::u32string points = decode_utf8(piece);
    return !is_special_piece(piece) && lower_case(points) != points;
  };
  return std::ranges::any_of(vocabulary.pieces(), has_capitals) ? LetterCase::keep : LetterCase::lower;
}

}  // namespace rpp
