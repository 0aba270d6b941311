#include "eval/tagging.h"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>
#include <tuple>

#include "rpp/error.h"

namespace rpp {
namespace {

constexpr std::string_view kOutside = "O";

struct Tag {
  std::string_view prefix;  // the first character
  std::string_view type;    // what follows the first hyphen behind it
};

// Bytes of the first character, in UTF-8.
size_t first_character(std::string_view text) {
  size_t size = std::min<size_t>(text.size(), 1);
  while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) ++size;
  return size;
}

Tag parse(std::string_view text) {
  const size_t size = first_character(text);
  std::string_view type = text.substr(size);
  if (const size_t hyphen = type.find('-'); hyphen != type.npos) type.remove_prefix(hyphen + 1);
  return {.prefix = text.substr(0, size), .type = type.empty() ? "_" : type};
}

bool is_in(std::string_view prefix, std::string_view letters) {
  return prefix.size() == 1 && letters.find(prefix) != letters.npos;
}

bool ends(const Tag& before, const Tag& tag) {
  if (is_in(before.prefix, "ES")) return true;
  if (is_in(before.prefix, "BI") && is_in(tag.prefix, "BSO")) return true;
  return !is_in(before.prefix, "O.") && before.type != tag.type;
}

bool starts(const Tag& before, const Tag& tag) {
  if (is_in(tag.prefix, "BS")) return true;
  if (is_in(before.prefix, "ESO") && is_in(tag.prefix, "EI")) return true;
  return !is_in(tag.prefix, "O.") && before.type != tag.type;
}

// Type, first word, last word; counted over all sentences, each followed by one "O".
using Entities = std::set<std::tuple<std::string_view, int64_t, int64_t>>;

Entities find_all(std::span<const std::vector<std::string>> sentences) {
  Entities entities;
  Tag before{.prefix = kOutside, .type = ""};
  int64_t first = 0, place = 0;
  const auto read = [&](std::string_view text) {
    const Tag tag = parse(text);
    if (ends(before, tag)) entities.emplace(before.type, first, place - 1);
    if (starts(before, tag)) first = place;
    before = tag;
    ++place;
  };
  for (const auto& sentence : sentences) {
    for (const std::string& tag : sentence) read(tag);
    read(kOutside);
  }
  return entities;
}

// Throws when they do not correspond.
double share_of_equal_tags(std::span<const std::vector<std::string>> predictions,
                           std::span<const std::vector<std::string>> labels) {
  RPP_CHECK(predictions.size() == labels.size(), "{} sentences of predictions for {} of labels",
            predictions.size(), labels.size());
  int64_t words = 0, equal = 0;
  for (size_t i = 0; i < labels.size(); ++i) {
    RPP_CHECK(predictions[i].size() == labels[i].size(), "sentence {}: {} predictions for {} words", i,
              predictions[i].size(), labels[i].size());
    words += static_cast<int64_t>(labels[i].size());
    for (size_t word = 0; word < labels[i].size(); ++word) equal += predictions[i][word] == labels[i][word];
  }
  RPP_CHECK(words > 0, "no tagged words: a metric needs at least one");
  return static_cast<double>(equal) / static_cast<double>(words);
}

double ratio(double part, size_t whole) {
  return whole == 0 ? 0 : part / static_cast<double>(whole);
}

}  // namespace

TaggingScores tagging_scores(std::span<const std::vector<std::string>> predictions,
                             std::span<const std::vector<std::string>> labels) {
  TaggingScores scores{.accuracy = share_of_equal_tags(predictions, labels)};
  const Entities predicted = find_all(predictions), actual = find_all(labels);
  const auto found = static_cast<double>(
      std::ranges::count_if(predicted, [&](const auto& entity) { return actual.contains(entity); }));
  scores.precision = ratio(found, predicted.size());
  scores.recall = ratio(found, actual.size());
  const double sum = scores.precision + scores.recall;
  scores.f1 = sum == 0 ? 0 : 2 * scores.precision * scores.recall / sum;
  return scores;
}

}  // namespace rpp
