// Two resolved configurations compared key by key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace rpp {

struct SettingDifference {
  std::string key;  // "optimizer.learning_rate"
  std::string before;
  std::string now;
};

// Where `now` differs from the text of a config.yaml written by to_yaml: in the order of the keys, compared
// by value (1e-4 equals 0.0001). A key that the text lacks, because an earlier version did not have it,
// counts as its default. Throws Error that names `source` if the text is not a configuration.
std::vector<SettingDifference> differing_settings(std::string_view before, std::string_view source,
                                                  const PretrainConfig& now);
std::vector<SettingDifference> differing_settings(std::string_view before, std::string_view source,
                                                  const FinetuneConfig& now);

// "train.seed was 1, now 2; epochs was 3.0, now 4.0"
std::string format_differences(const std::vector<SettingDifference>& differences);

}  // namespace rpp
