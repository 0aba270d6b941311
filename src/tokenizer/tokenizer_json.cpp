#include "tokenizer_json.h"

#include <limits>
#include <map>

#include "core/json.h"
#include "rpp/error.h"
#include "stated_tokens.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

// A gap in the ids costs memory.
constexpr int32_t kMaxGaps = 1'000'000;

// The member of an object, or null.
json member(const json& object, const char* key) {
  return object.is_object() ? object.value(key, json()) : json();
}

// The vocabulary of {"piece": id, ...}.
std::map<int32_t, std::string> pieces_by_id(const json& vocab, const path& file) {
  const auto max_id = static_cast<int64_t>(vocab.size()) + kMaxGaps;
  std::map<int32_t, std::string> pieces;
  for (const auto& [piece, value] : vocab.items()) {
    const int64_t id = value.is_number_integer() ? value.get<int64_t>() : -1;
    RPP_CHECK(id >= 0 && id < max_id, "{}: model.vocab gives \"{}\" the id {}, which must be 0 to {}", file,
              piece, value.dump(), max_id - 1);
    const auto [place, inserted] = pieces.emplace(static_cast<int32_t>(id), piece);
    RPP_CHECK(inserted, "{}: model.vocab gives \"{}\" and \"{}\" the same id {}", file, place->second, piece,
              id);
  }
  return pieces;
}

[[noreturn]] void refuse(const path& file, const char* key, const json& value, std::string_view supported) {
  const json type = member(value, "type");
  fail("{}: {} {} is not supported, only {}", file, key, (type.is_null() ? value : type).dump(), supported);
}

// A switch of an object of the file, all of which the library writes.
bool switch_of(const json& object, const char* key, bool if_absent, const path& file) {
  const json value = member(object, key);
  if (value.is_null()) return if_absent;
  RPP_CHECK(value.is_boolean(), "{}: {} must be true or false, not {}", file, key, value.dump());
  return value.get<bool>();
}

constexpr TextRules kNoNormalizer = {
    .clean_text = false, .separate_ideographs = false, .strip_accents = false, .lower_case = false};

TextRules normalizer_of(const json& parsed, const path& file) {
  const json normalizer = member(parsed, "normalizer");
  TextRules rules = kNoNormalizer;
  if (normalizer.is_null()) return rules;
  if (member(normalizer, "type") == "Lowercase") {
    rules.lower_case = true;
    return rules;
  }
  if (member(normalizer, "type") != "BertNormalizer") {
    refuse(file, "normalizer", normalizer, "BertNormalizer, Lowercase and null");
  }
  rules.clean_text = switch_of(normalizer, "clean_text", true, file);
  rules.separate_ideographs = switch_of(normalizer, "handle_chinese_chars", true, file);
  rules.lower_case = switch_of(normalizer, "lowercase", true, file);
  rules.strip_accents = switch_of(normalizer, "strip_accents", rules.lower_case, file);
  return rules;
}

TextRules::Split split_of(const json& parsed, const path& file) {
  const json pre_tokenizer = member(parsed, "pre_tokenizer");
  const json type = member(pre_tokenizer, "type");
  if (!parsed.contains("pre_tokenizer") || type == "BertPreTokenizer") return TextRules::Split::bert;
  if (type == "WhitespaceSplit") return TextRules::Split::blanks;
  if (type == "Whitespace") return TextRules::Split::word_chars;
  refuse(file, "pre_tokenizer", pre_tokenizer, "BertPreTokenizer, WhitespaceSplit and Whitespace");
}

struct PostToken {
  std::string name;
  int64_t id = -1;
};

// ["[SEP]", 3]
PostToken named_token(const json& post_processor, const char* key, const path& file) {
  const json token = member(post_processor, key);
  RPP_CHECK(token.is_array() && token.size() == 2 && token[0].is_string() && token[1].is_number_integer(),
            "{}: post_processor.{} is {}, it must be a token and its id", file, key, token.dump());
  return {token[0].get<std::string>(), token[1].get<int64_t>()};
}

// "[CLS]:0 A:0 [SEP]:0" for an element list of TemplateProcessing.
std::string template_text(const json& elements) {
  std::string text;
  for (const json& element : elements) {
    for (const char* kind : {"SpecialToken", "Sequence"}) {
      const json inner = member(element, kind);
      if (inner.is_null()) continue;
      const json id = member(inner, "id");
      text += fmt::format("{}{}:{}", text.empty() ? "" : " ", id.is_string() ? id.get<std::string>() : "?",
                          member(inner, "type_id").dump());
    }
  }
  return text;
}

std::string name_in(const json& elements, size_t place) {
  const json name = elements.is_array() && place < elements.size()
                        ? member(member(elements[place], "SpecialToken"), "id")
                        : json();
  return name.is_string() ? name.get<std::string>() : "";
}

PostToken template_token(const json& post_processor, const std::string& name, const path& file) {
  const json token = member(member(post_processor, "special_tokens"), name.c_str());
  const json ids = member(token, "ids");
  RPP_CHECK(ids.is_array() && ids.size() == 1 && ids[0].is_number_integer(),
            "{}: post_processor.special_tokens must give \"{}\" one id", file, name);
  return {name, ids[0].get<int64_t>()};
}

struct PostProcessor {
  PostToken cls, sep;  // the first and the last token of a sequence
  bool two_separators = false;
};

PostProcessor read_template(const json& post_processor, const path& file) {
  const json single = member(post_processor, "single"), pair = member(post_processor, "pair");
  const std::string cls = name_in(single, 0), sep = name_in(single, 2);
  const std::string text = fmt::format("{}:0 A:0 {}:0", cls, sep), texts = template_text(pair);
  const bool as_bert = texts == fmt::format("{} B:1 {}:1", text, sep);
  const bool as_roberta = texts == fmt::format("{} {}:0 B:0 {}:0", text, sep, sep);
  RPP_CHECK(template_text(single) == text && (as_bert || as_roberta),
            "{}: post_processor makes \"{}\" and \"{}\", only [CLS]:0 A:0 [SEP]:0 and, after it, B:1 [SEP]:1 "
            "or [SEP]:0 B:0 [SEP]:0 are supported",
            file, template_text(single), texts);
  return {.cls = template_token(post_processor, cls, file),
          .sep = template_token(post_processor, sep, file),
          .two_separators = as_roberta};
}

void read_post_processor(const json& parsed, const path& file, const Vocabulary& vocabulary,
                         const std::vector<StatedToken>& added, WordPieceSettings& settings) {
  const json post_processor = member(parsed, "post_processor");
  if (post_processor.is_null()) return;
  const json type = member(post_processor, "type");
  PostProcessor read;
  if (type == "TemplateProcessing") {
    read = read_template(post_processor, file);
  } else if (type == "BertProcessing" || type == "RobertaProcessing") {
    read = {.cls = named_token(post_processor, "cls", file),
            .sep = named_token(post_processor, "sep", file),
            .two_separators = type == "RobertaProcessing"};
  } else {
    refuse(file, "post_processor", post_processor,
           "TemplateProcessing, BertProcessing and RobertaProcessing");
  }
  AddedVocabulary all(vocabulary);
  for (const StatedToken& token : added) all.add(token);
  for (const PostToken& token : {read.cls, read.sep}) {
    RPP_CHECK(all.find(token.name) == token.id,
              "{}: post_processor gives {} the id {}, the vocabulary another", file, token.name, token.id);
  }
  settings.names.cls = read.cls.name;
  settings.names.sep = read.sep.name;
  settings.two_separators = read.two_separators;
}

WordPieceSettings settings_of(const json& parsed, const path& file) {
  const json& model = parsed.at("model");
  WordPieceSettings settings;
  settings.rules = normalizer_of(parsed, file);
  settings.rules->split = split_of(parsed, file);
  settings.letter_case = settings.rules->lower_case ? LetterCase::lower : LetterCase::keep;
  const json mark = member(model, "continuing_subword_prefix");
  RPP_CHECK(mark.is_string() && !mark.get<std::string>().empty(),
            "{}: model.continuing_subword_prefix is {}, it must be a text such as \"##\"", file, mark.dump());
  settings.continuation_mark = mark.get<std::string>();
  const json limit = member(model, "max_input_chars_per_word");
  if (!limit.is_null()) {
    RPP_CHECK(limit.is_number_unsigned() && limit.get<uint64_t>() <= kMaxTextBytes,
              "{}: model.max_input_chars_per_word is {}, it must be a number of characters", file,
              limit.dump());
    settings.max_word_chars = limit.get<uint32_t>();
  }
  const json unknown = member(model, "unk_token");
  if (unknown.is_string()) settings.names.unk = unknown.get<std::string>();
  return settings;
}

std::vector<StatedToken> added_tokens_of(const json& parsed, const path& file) {
  std::vector<StatedToken> added;
  for (const json& token : member(parsed, "added_tokens")) {
    StatedToken stated = stated_token(token, file);
    const json id = member(token, "id");
    if (id.is_number_integer()) stated.id = id.get<int64_t>();
    added.push_back(std::move(stated));
  }
  return added;
}

// The type is absent in files of old versions.
bool is_wordpiece(const json& model) {
  if (!model.is_object()) return false;
  const json type = member(model, "type");
  const bool named = type == "WordPiece" || (type.is_null() && model.contains("max_input_chars_per_word"));
  return named && model.contains("vocab") && model["vocab"].is_object();
}

}  // namespace

WordPieceJson parse_tokenizer_json(std::string_view text, const path& file, JsonPart part) {
  const json parsed = parse_json_object(text, file.string(), "save the tokenizer again");
  RPP_CHECK(parsed.contains("model") && is_wordpiece(parsed["model"]),
            "{} holds no WordPiece model: expected vocab.txt or a sentencepiece model beside it", file);
  WordPieceJson result = {
      .vocabulary = Vocabulary(pieces_by_id(parsed["model"]["vocab"], file), file.string()),
      .settings = {},
      .added = added_tokens_of(parsed, file)};
  if (part == JsonPart::vocabulary) return result;
  result.settings = settings_of(parsed, file);
  read_post_processor(parsed, file, result.vocabulary, result.added, result.settings);
  return result;
}

}  // namespace rpp
