#include "core/field_info.h"

#include <fmt/format.h>

#include <algorithm>

namespace rpp {

std::string range_complaint(const FieldInfo& info, double value) {
  const auto& [min, max, open_min, open_max] = info.range;
  const bool fits = (open_min ? value > min : value >= min) && (open_max ? value < max : value <= max);
  if (fits) return "";
  if (std::isinf(max)) return fmt::format("{} {}", open_min ? "more than" : "at least", shown(min));
  if (!open_min && !open_max) return fmt::format("between {} and {}", shown(min), shown(max));
  return fmt::format("{} {} and {} {}", open_min ? "more than" : "at least", shown(min),
                     open_max ? "less than" : "at most", shown(max));
}

std::string choice_complaint(const FieldInfo& info, const std::string& value) {
  const auto& choices = info.choices;
  if (choices.size() == 0 || std::ranges::find(choices, value) != choices.end()) return "";
  std::string text;
  for (auto choice = choices.begin(); choice != choices.end(); ++choice) {
    if (choice != choices.begin()) text += choice + 1 == choices.end() ? " or " : ", ";
    text += *choice;
  }
  return text;
}

std::string shown(double value) {
  return fmt::format("{}", value);
}

}  // namespace rpp
