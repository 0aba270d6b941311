#include "core/nearest.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace rpp {

int64_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<int64_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    int64_t diagonal = row[0];
    row[0] = static_cast<int64_t>(i) + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const int64_t substituted = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string nearest_name(std::string_view name, std::span<const std::string> candidates) {
  const auto closer = [&](const std::string& a, const std::string& b) {
    return edit_distance(name, a) < edit_distance(name, b);
  };
  const auto best = std::min_element(candidates.begin(), candidates.end(), closer);
  return best == candidates.end() ? std::string() : *best;
}

bool is_close(std::string_view a, std::string_view b) {
  constexpr int64_t kMostEdits = 4;
  constexpr size_t kShortestStart = 3;
  const size_t shorter = std::min(a.size(), b.size());
  if (shorter >= kShortestStart && a.substr(0, shorter) == b.substr(0, shorter)) return true;
  const int64_t edits = edit_distance(a, b);
  return edits <= kMostEdits && 2 * edits <= static_cast<int64_t>(shorter);
}

std::string close_name(std::string_view name, std::span<const std::string> candidates) {
  std::vector<std::string> close;
  for (const std::string& candidate : candidates) {
    if (is_close(name, candidate)) close.push_back(candidate);
  }
  return nearest_name(name, close);
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
  const std::string close = close_name(name, candidates);
  return close.empty() ? close : fmt::format(": did you mean '{}'?", close);
}

std::string name_hint(std::string_view name, std::span<const std::string> candidates) {
  const std::string close = did_you_mean(name, candidates);
  return close.empty() ? ": choose " + or_list(candidates) : close;
}

std::string or_list(std::span<const std::string> names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += names[i];
  }
  return text;
}

}  // namespace rpp
