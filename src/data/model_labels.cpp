#include "rpp/data/model_labels.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <optional>

#include "glue_row.h"
#include "rpp/core/error.h"

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

bool is_number(const std::string& name) {
  return !name.empty() &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c); });
}

std::optional<int64_t> find_plain(const Names& names, const std::string& wanted) {
  const auto same = [&](const std::string& name) { return plain_name(name) == plain_name(wanted); };
  const auto found = std::find_if(names.begin(), names.end(), same);
  if (found == names.end()) return std::nullopt;
  return found - names.begin();
}

// The place of each of the task's labels among the model's; nothing when one is not there.
std::optional<std::vector<int64_t>> places_of(const Names& labels, const Names& model_names) {
  std::vector<int64_t> places;
  for (const std::string& label : labels) {
    const auto place = find_plain(model_names, label);
    if (!place) return std::nullopt;
    places.push_back(*place);
  }
  return places;
}

LabelMatch match_names(const GlueTask& task, const ModelLabels& model, bool of_another_task) {
  const bool numbers_only = std::all_of(model.names.begin(), model.names.end(), is_number);
  if (numbers_only && of_another_task) return {.order = LabelOrder::other, .rows = {}};
  auto places = places_of(task.label_names, model.names);
  if (!places && !task.label_words.empty()) places = places_of(task.label_words, model.names);
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
