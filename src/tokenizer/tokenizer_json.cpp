#include "tokenizer_json.h"

#include "core/json.h"
#include "rpp/error.h"
#include "tokenizer_json_parts.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

TextRules normalizer_of(const json& parsed, const path& file) {
  const json normalizer = json_member(parsed, "normalizer");
  TextRules rules = kUnchangedText;
  if (normalizer.is_null()) return rules;
  if (json_member(normalizer, "type") == "Lowercase") {
    rules.lower_case = true;
    return rules;
  }
  if (json_member(normalizer, "type") != "BertNormalizer") {
    refuse_part(file, "normalizer", normalizer, "BertNormalizer, Lowercase and null");
  }
  rules.clean_text = json_switch(normalizer, "clean_text", true, file);
  rules.separate_ideographs = json_switch(normalizer, "handle_chinese_chars", true, file);
  rules.lower_case = json_switch(normalizer, "lowercase", true, file);
  rules.strip_accents = json_switch(normalizer, "strip_accents", rules.lower_case, file);
  return rules;
}

TextRules::Split split_of(const json& parsed, const path& file) {
  const json pre_tokenizer = json_member(parsed, "pre_tokenizer");
  const json type = json_member(pre_tokenizer, "type");
  if (!parsed.contains("pre_tokenizer") || type == "BertPreTokenizer") return TextRules::Split::bert;
  if (type == "WhitespaceSplit") return TextRules::Split::blanks;
  if (type == "Whitespace") return TextRules::Split::word_chars;
  refuse_part(file, "pre_tokenizer", pre_tokenizer, "BertPreTokenizer, WhitespaceSplit and Whitespace");
}

void read_post_processor(const json& parsed, const path& file, const Vocabulary& vocabulary,
                         const std::vector<StatedToken>& added, WordPieceSettings& settings) {
  const json post_processor = json_member(parsed, "post_processor");
  RPP_CHECK(!post_processor.is_null(),
            "{}: post_processor is null: transformers would put no [CLS] and no [SEP] around a text; name "
            "BertTokenizer as tokenizer_class in tokenizer_config.json if it should",
            file);
  const PostTokens tokens = post_tokens_of(post_processor, file);
  check_post_tokens(tokens, vocabulary, added, file);
  settings.names.cls = tokens.cls.name;
  settings.names.sep = tokens.sep.name;
  settings.two_separators = tokens.two_separators;
  if (json_member(post_processor, "type") == "RobertaProcessing")
    settings.trim_offsets = json_switch(post_processor, "trim_offsets", true, file);
}

WordPieceSettings settings_of(const json& parsed, const path& file) {
  const json& model = parsed.at("model");
  WordPieceSettings settings;
  settings.rules = normalizer_of(parsed, file);
  settings.rules->split = split_of(parsed, file);
  settings.letter_case = settings.rules->lower_case ? LetterCase::lower : LetterCase::keep;
  const json mark = json_member(model, "continuing_subword_prefix");
  RPP_CHECK(mark.is_string() && !mark.get<std::string>().empty(),
            "{}: model.continuing_subword_prefix is {}, it must be a text such as \"##\"", file, mark.dump());
  settings.continuation_mark = mark.get<std::string>();
  const json limit = json_member(model, "max_input_chars_per_word");
  if (!limit.is_null()) {
    RPP_CHECK(limit.is_number_unsigned() && limit.get<uint64_t>() <= kMaxTextBytes,
              "{}: model.max_input_chars_per_word is {}, it must be a number of characters", file,
              limit.dump());
    settings.max_word_chars = limit.get<uint32_t>();
  }
  const json unknown = json_member(model, "unk_token");
  if (unknown.is_string()) settings.names.unk = unknown.get<std::string>();
  return settings;
}

// The type is absent in files of old versions.
bool is_wordpiece(const json& model) {
  if (!model.is_object()) return false;
  const json type = json_member(model, "type");
  const bool named = type == "WordPiece" || (type.is_null() && model.contains("max_input_chars_per_word"));
  return named && model.contains("vocab") && model["vocab"].is_object();
}

}  // namespace

WordPieceJson parse_tokenizer_json(std::string_view text, const path& file, JsonPart part) {
  const json parsed = parse_json_object(text, file.string(), "save the tokenizer again");
  RPP_CHECK(parsed.contains("model") && is_wordpiece(parsed["model"]),
            "{} holds no WordPiece model: expected vocab.txt or a sentencepiece model beside it", file);
  WordPieceJson result = {
      .vocabulary =
          Vocabulary(pieces_by_id(parsed["model"]["vocab"], file.string() + ": model.vocab"), file.string()),
      .settings = {},
      .added = added_tokens_of(parsed, file)};
  if (part == JsonPart::vocabulary) return result;
  result.settings = settings_of(parsed, file);
  read_post_processor(parsed, file, result.vocabulary, result.added, result.settings);
  return result;
}

}  // namespace rpp
