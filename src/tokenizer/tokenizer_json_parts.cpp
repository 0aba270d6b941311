#include "tokenizer_json_parts.h"

#include "rpp/error.h"
#include "stated_tokens.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

// A gap in the ids costs memory.
constexpr int32_t kMaxGaps = 1'000'000;

// ["[SEP]", 3]
PostToken listed_token(const json& post_processor, const char* key, const path& file) {
  const json token = json_member(post_processor, key);
  RPP_CHECK(token.is_array() && token.size() == 2 && token[0].is_string() && token[1].is_number_integer(),
            "{}: post_processor.{} is {}, it must be a token and its id", file, key, token.dump());
  return {token[0].get<std::string>(), token[1].get<int64_t>()};
}

// "[CLS]:0 A:0 [SEP]:0" for an element list of TemplateProcessing.
std::string template_text(const json& elements) {
  std::string text;
  for (const json& element : elements) {
    for (const char* kind : {"SpecialToken", "Sequence"}) {
      const json inner = json_member(element, kind);
      if (inner.is_null()) continue;
      const json id = json_member(inner, "id");
      text += fmt::format("{}{}:{}", text.empty() ? "" : " ", id.is_string() ? id.get<std::string>() : "?",
                          json_member(inner, "type_id").dump());
    }
  }
  return text;
}

std::string name_in(const json& elements, size_t place) {
  const json name = elements.is_array() && place < elements.size()
                        ? json_member(json_member(elements[place], "SpecialToken"), "id")
                        : json();
  return name.is_string() ? name.get<std::string>() : "";
}

PostToken template_token(const json& post_processor, const std::string& name, const path& file) {
  const json token = json_member(json_member(post_processor, "special_tokens"), name.c_str());
  const json ids = json_member(token, "ids");
  RPP_CHECK(ids.is_array() && ids.size() == 1 && ids[0].is_number_integer(),
            "{}: post_processor.special_tokens must give \"{}\" one id", file, name);
  return {name, ids[0].get<int64_t>()};
}

PostTokens template_tokens(const json& post_processor, const path& file) {
  const json single = json_member(post_processor, "single"), pair = json_member(post_processor, "pair");
  const std::string cls = name_in(single, 0), sep = name_in(single, 2);
  const std::string first = fmt::format("{}:0 A:0 {}:0", cls, sep), made = template_text(pair);
  const bool as_bert = made == fmt::format("{} B:1 {}:1", first, sep);
  const bool as_roberta = made == fmt::format("{} {}:0 B:0 {}:0", first, sep, sep);
  RPP_CHECK(template_text(single) == first && (as_bert || as_roberta),
            "{}: post_processor makes \"{}\" and \"{}\", only [CLS]:0 A:0 [SEP]:0 and B:1 [SEP]:1 or "
            "[SEP]:0 B:0 [SEP]:0 after it are supported",
            file, template_text(single), made);
  return {.cls = template_token(post_processor, cls, file),
          .sep = template_token(post_processor, sep, file),
          .two_separators = as_roberta};
}

}  // namespace

json json_member(const json& object, const char* key) {
  return object.is_object() ? object.value(key, json()) : json();
}

std::map<int32_t, std::string> pieces_by_id(const json& vocab, std::string_view where) {
  const auto max_id = static_cast<int64_t>(vocab.size()) + kMaxGaps;
  std::map<int32_t, std::string> pieces;
  for (const auto& [piece, value] : vocab.items()) {
    const int64_t id = value.is_number_integer() ? value.get<int64_t>() : -1;
    RPP_CHECK(id >= 0 && id < max_id, "{} gives \"{}\" the id {}, which must be 0 to {}", where, piece,
              value.dump(), max_id - 1);
    const auto [place, inserted] = pieces.emplace(static_cast<int32_t>(id), piece);
    RPP_CHECK(inserted, "{} gives \"{}\" and \"{}\" the same id {}", where, place->second, piece, id);
  }
  return pieces;
}

void refuse_part(const path& file, const char* key, const json& value, std::string_view supported) {
  const json type = json_member(value, "type");
  fail("{}: {} {} is not supported, only {}", file, key, (type.is_null() ? value : type).dump(), supported);
}

bool json_switch(const json& object, const char* key, bool if_absent, const path& file) {
  const json value = json_member(object, key);
  if (value.is_null()) return if_absent;
  RPP_CHECK(value.is_boolean(), "{}: {} must be true or false, not {}", file, key, value.dump());
  return value.get<bool>();
}

std::vector<StatedToken> added_tokens_of(const json& parsed, const path& file) {
  std::vector<StatedToken> added;
  for (const json& token : json_member(parsed, "added_tokens")) {
    StatedToken stated = stated_token(token, file);
    const json id = json_member(token, "id");
    if (id.is_number_integer()) stated.id = id.get<int64_t>();
    added.push_back(std::move(stated));
  }
  return added;
}

PostTokens post_tokens_of(const json& post_processor, const path& file) {
  const json type = json_member(post_processor, "type");
  if (type == "TemplateProcessing") return template_tokens(post_processor, file);
  if (type != "BertProcessing" && type != "RobertaProcessing") {
    refuse_part(file, "post_processor", post_processor,
                "TemplateProcessing, BertProcessing and RobertaProcessing");
  }
  return {.cls = listed_token(post_processor, "cls", file),
          .sep = listed_token(post_processor, "sep", file),
          .two_separators = type == "RobertaProcessing"};
}

void check_post_tokens(const PostTokens& tokens, const Vocabulary& vocabulary,
                       const std::vector<StatedToken>& added, const path& file) {
  AddedVocabulary all(vocabulary);
  for (const StatedToken& token : added) all.add(token);
  for (const PostToken& token : {tokens.cls, tokens.sep}) {
    RPP_CHECK(all.find(token.name) == token.id,
              "{}: post_processor gives {} the id {}, the vocabulary another", file, token.name, token.id);
  }
}

// A token that is matched in both texts was added twice: first as an ordinary one.
json added_tokens_json(const std::vector<AddedToken>& tokens) {
  json list = json::array();
  for (const AddedToken& token : tokens) {
    for (const bool normalized : {true, false}) {
      if (!(normalized ? token.in_normalized : token.in_text)) continue;
      const bool added_again = normalized && token.in_text;
      list.push_back({{"id", token.id},
                      {"content", token.content},
                      {"single_word", token.single_word},
                      {"lstrip", token.lstrip},
                      {"rstrip", token.rstrip},
                      {"normalized", normalized},
                      {"special", token.special && !added_again}});
    }
  }
  return list;
}

json vocab_json(const Vocabulary& vocabulary) {
  json pieces = json::object();
  for (int32_t id = 0; id < vocabulary.size(); ++id) {
    if (vocabulary.find(vocabulary.piece(id)) == id) pieces[vocabulary.piece(id)] = id;
  }
  return pieces;
}

}  // namespace rpp
