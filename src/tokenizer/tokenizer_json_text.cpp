#include "core/json.h"
#include "tokenizer_json.h"
#include "tokenizer_json_parts.h"

namespace rpp {
namespace {

using nlohmann::json;

json normalizer(const TextRules& rules) {
  return {{"type", "BertNormalizer"},
          {"clean_text", rules.clean_text},
          {"handle_chinese_chars", rules.separate_ideographs},
          {"strip_accents", rules.strip_accents},
          {"lowercase", rules.lower_case}};
}

const char* pre_tokenizer(TextRules::Split split) {
  switch (split) {
    case TextRules::Split::bert:
      return "BertPreTokenizer";
    case TextRules::Split::blanks:
      return "WhitespaceSplit";
    case TextRules::Split::word_chars:
      return "Whitespace";
  }
  return "";
}

json element(const char* kind, const std::string& id, int type_id) {
  return {{kind, {{"id", id}, {"type_id", type_id}}}};
}

json post_processing(const WordPieceSettings& settings, int32_t cls, int32_t sep) {
  const SpecialNames& names = settings.names;
  if (settings.trim_offsets) {
    return {{"type", "RobertaProcessing"},
            {"sep", {names.sep, sep}},
            {"cls", {names.cls, cls}},
            {"trim_offsets", true},
            {"add_prefix_space", false}};
  }
  const int second = settings.two_separators ? 0 : 1;  // its type id
  const auto special = [](const std::string& name, int32_t id) {
    return json{{"id", name}, {"ids", json::array({id})}, {"tokens", json::array({name})}};
  };
  json single = {element("SpecialToken", names.cls, 0), element("Sequence", "A", 0),
                 element("SpecialToken", names.sep, 0)};
  json pair = single;
  if (settings.two_separators) pair.push_back(element("SpecialToken", names.sep, 0));
  pair.push_back(element("Sequence", "B", second));
  pair.push_back(element("SpecialToken", names.sep, second));
  return {{"type", "TemplateProcessing"},
          {"single", std::move(single)},
          {"pair", std::move(pair)},
          {"special_tokens", {{names.cls, special(names.cls, cls)}, {names.sep, special(names.sep, sep)}}}};
}

}  // namespace

std::string tokenizer_json_text(const Vocabulary& vocabulary, const WordPieceSettings& settings) {
  const SpecialNames& names = settings.names;
  const json file = {
      {"version", "1.0"},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"added_tokens", added_tokens_json(settings.added)},
      {"normalizer", normalizer(*settings.rules)},
      {"pre_tokenizer", {{"type", pre_tokenizer(settings.rules->split)}}},
      {"post_processor", post_processing(settings, id_of_special(names.cls, vocabulary, settings.added),
                                         id_of_special(names.sep, vocabulary, settings.added))},
      {"decoder", {{"type", "WordPiece"}, {"prefix", settings.continuation_mark}, {"cleanup", true}}},
      {"model",
       {{"type", "WordPiece"},
        {"unk_token", names.unk},
        {"continuing_subword_prefix", settings.continuation_mark},
        {"max_input_chars_per_word", settings.max_word_chars},
        {"vocab", vocab_json(vocabulary)}}}};
  return file.dump(1) + '\n';
}

}  // namespace rpp
