#include "normalizer_json.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "core/base64.h"
#include "rpp/error.h"
#include "tokenizer/marks.h"
#include "tokenizer/tokenizer_json_parts.h"

namespace rpp {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using std::filesystem::path;

constexpr const char* kPairsOfQuotes[] = {"``", "''"};

json type_of(const json& step) {
  return json_member(step, "type");
}

bool only_removes_blanks(const json& step) {
  if (type_of(step) == "Strip") return true;
  const json content = json_member(step, "content");
  return type_of(step) == "Replace" && json_member(step, "pattern") == json{{"Regex", " {2,}"}} &&
         (content == " " || content == kWordStart);
}

bool replaces(const json& step, const char* quotes) {
  return type_of(step) == "Replace" && json_member(step, "pattern") == json{{"String", quotes}} &&
         json_member(step, "content") == "\"";
}

std::vector<json> steps_of(const json& normalizer) {
  std::vector<json> steps;
  if (type_of(normalizer) == "Sequence") {
    for (const json& step : json_member(normalizer, "normalizers")) steps.push_back(step);
  } else if (!normalizer.is_null()) {
    steps.push_back(normalizer);
  }
  std::erase_if(steps, only_removes_blanks);
  return steps;
}

std::string charsmap_of(const json& step, const path& file) {
  const json text = json_member(step, "precompiled_charsmap");
  if (text.is_null()) return "";
  const auto charsmap =
      text.is_string() ? from_base64(text.get_ref<const std::string&>()) : std::optional<std::string>();
  RPP_CHECK(charsmap, "{}: precompiled_charsmap is not Base64: copy the file again", file);
  return *charsmap;
}

}  // namespace

TextRules albert_rules(bool strip_accents, bool lower_case) {
  TextRules rules = kUnchangedText;
  rules.plain_quotes = true;
  rules.strip_accents = rules.any_accents = strip_accents;
  rules.lower_case = lower_case;
  return rules;
}

bool is_albert(const TextRules& rules) {
  return rules == albert_rules(rules.strip_accents, rules.lower_case);
}

JsonNormalizer parse_normalizer(const json& normalizer, const path& file) {
  const std::vector<json> steps = steps_of(normalizer);
  size_t next = 0;
  // Whether the next steps are these; if so, skips them.
  const auto take = [&](const auto&... are) {
    size_t place = next;
    const bool found = (... && (place < steps.size() && are(steps[place++])));
    if (found) next = place;
    return found;
  };
  const auto replacing = [](const char* quotes) {
    return [=](const json& step) { return replaces(step, quotes); };
  };
  const auto of_type = [](const char* type) {
    return [=](const json& step) { return type_of(step) == type; };
  };
  JsonNormalizer read;
  TextRules& rules = read.rules;
  rules.plain_quotes = take(replacing(kPairsOfQuotes[0]), replacing(kPairsOfQuotes[1]));
  rules.strip_accents = rules.any_accents = take(of_type("NFKD"), of_type("StripAccents"));
  rules.lower_case = take(of_type("Lowercase"));
  if (take(of_type("Precompiled"))) read.charsmap = charsmap_of(steps[next - 1], file);
  RPP_CHECK(next == steps.size(),
            "{}: the normalizer {} is not supported{}: one Precompiled is, after ALBERT's steps if any, and "
            "steps that remove blanks",
            file, type_of(steps[next]).dump(), next == 0 ? "" : " at its place");
  return read;
}

ordered_json normalizer_json(const TextRules& rules, std::string_view charsmap) {
  ordered_json steps = ordered_json::array();
  const auto replace = [&](const char* kind, const char* pattern, const char* content) {
    steps.push_back({{"type", "Replace"}, {"pattern", {{kind, pattern}}}, {"content", content}});
  };
  if (rules.plain_quotes) {
    for (const char* quotes : kPairsOfQuotes) replace("String", quotes, "\"");
  }
  if (rules.strip_accents) {
    for (const char* type : {"NFKD", "StripAccents"}) steps.push_back({{"type", type}});
  }
  if (rules.lower_case) steps.push_back({{"type", "Lowercase"}});
  if (!charsmap.empty()) {
    steps.push_back({{"type", "Precompiled"}, {"precompiled_charsmap", to_base64(charsmap)}});
  }
  steps.push_back({{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}});
  replace("Regex", " {2,}", " ");
  return {{"type", "Sequence"}, {"normalizers", steps}};
}

}  // namespace rpp
