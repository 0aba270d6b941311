#include "data/model_labels.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <set>

#include "glue_row.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using std::filesystem::path;
using Names = std::vector<std::string>;

bool is_generic(const Names& names) {
  for (size_t id = 0; id < names.size(); ++id) {
    if (names[id] != fmt::format("LABEL_{}", id)) return false;
  }
  return true;
}

// Also "-1".
bool is_number(const std::string& name) {
  double value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value);
  return !name.empty() && error == std::errc() && end == name.data() + name.size();
}

// The index of each task label among the model's; nothing if one is missing, or if two would have the same
// index.
std::optional<std::vector<int64_t>> places_of(const Names& labels, const Names& model_names) {
  std::vector<int64_t> places;
  for (const std::string& label : labels) {
    const auto place = std::find(model_names.begin(), model_names.end(), label);
    if (place == model_names.end()) return std::nullopt;
    places.push_back(place - model_names.begin());
  }
  if (std::set(places.begin(), places.end()).size() != places.size()) return std::nullopt;
  return places;
}

// Removes differences in how official tasks spell their labels: "not_entailment" is "NOT-ENTAILMENT". Only
// words are changed; "-1" stays as it is.
std::string plain_word(const std::string& name) {
  const auto is_of_words = [](unsigned char c) {
    return std::isalpha(c) || c == '_' || c == '-' || c == ' ';
  };
  const bool is_word = !name.empty() && std::isalpha(static_cast<unsigned char>(name.front())) != 0 &&
                       std::all_of(name.begin(), name.end(), is_of_words);
  return is_word ? plain_name(name) : name;
}

Names plain_words(Names names) {
  for (std::string& name : names) name = plain_word(name);
  return names;
}

LabelMatch match_names(const GlueTask& task, const ModelLabels& model, bool of_another_task) {
  const bool numbers_only = std::all_of(model.names.begin(), model.names.end(), is_number);
  if (numbers_only && of_another_task) return {.order = LabelOrder::other, .rows = {}};
  auto places = places_of(task.label_names, model.names);
  if (!places && task.name != "custom") {
    const Names names = plain_words(model.names);
    places = places_of(plain_words(task.label_names), names);
    if (!places && !task.label_words.empty()) places = places_of(plain_words(task.label_words), names);
  }
  if (!places) return {.order = LabelOrder::other, .rows = {}};
  const bool ascending = std::is_sorted(places->begin(), places->end());
  if (ascending) return {.order = LabelOrder::same, .rows = {}};
  return {.order = LabelOrder::permuted, .rows = std::move(*places)};
}

}  // namespace

LabelMatch match_labels(const GlueTask& task, const ModelLabels& model, int64_t num_rows,
                        const path& model_dir) {
  const bool of_another_task = !model.task.empty() && plain_name(model.task) != plain_name(task.name);
  if (num_rows != task.num_labels()) return {.order = LabelOrder::other, .rows = {}};
  if (is_generic(class_names(model, num_rows, model_dir)) || task.regression) {
    if (of_another_task) return {.order = LabelOrder::other, .rows = {}};
    return {.order = task.regression ? LabelOrder::same : LabelOrder::unnamed, .rows = {}};
  }
  return match_names(task, model, of_another_task);
}

}  // namespace rpp
