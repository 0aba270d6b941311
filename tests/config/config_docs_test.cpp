// Checks that docs/config.md lists every key as the programs know it. To regenerate it:
//   RPP_WRITE_DOCS=1 build/config_tests --gtest_filter='ConfigDocs.*'
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <sstream>

#include "bert_format/model_fields.h"
#include "config/fields.h"
#include "config/load.h"
#include "core/atomic_file.h"

namespace rpp {
namespace {

constexpr const char* kHead = R"(# Configuration

Every key of the YAML files of `rpp-pretrain` and `rpp-finetune`. A dot stands for a section: `train.steps` is `steps` in the
section `train`. `--set key=value` sets any of them on the command line and wins over the file; an unknown key is an error.
`--print-config` prints the values that a run would have. A list is written `[a, b]`; `""` is an empty text. "more than" and
"less than" exclude the bound itself.

This page is generated from the list of fields in `src/config/fields.h`; a test compares the two.
)";

std::string values_text(const FieldInfo& info) {
  if (info.choices.size() > 0) return fmt::format("{}", fmt::join(info.choices, ", "));
  const auto [min, max, open_min, open_max] = info.range;
  const std::string low = std::isinf(min) ? ""
                          : open_min      ? fmt::format("more than {}", min)
                                          : fmt::format("{}", min);
  const std::string high = std::isinf(max) ? ""
                           : open_max      ? fmt::format("less than {}", max)
                                           : fmt::format("{}", max);
  if (low.empty() && high.empty()) return "";
  if (high.empty()) return open_min ? low : "at least " + low;
  return fmt::format("{} to {}", low, high);
}

struct Row {
  std::string values, help;
};

struct Rows {
  void field(const FieldInfo& info, const auto& value) {
    std::string values = values_text(info);
    if (std::is_same_v<std::remove_cvref_t<decltype(value)>, bool>) values = "true, false";
    std::string help(info.help);
    for (size_t bar = 0; (bar = help.find('|', bar)) != std::string::npos; bar += 2) help.insert(bar, "\\");
    rows.emplace_back(prefix + std::string(info.key), Row{values, help});
  }
  void section(std::string_view key, const auto& nested) {
    const std::string outer = prefix;
    prefix += std::string(key) + ".";
    visit_fields(nested, *this);
    prefix = outer;
  }

  std::string prefix;
  std::vector<std::pair<std::string, Row>> rows;
};

template <typename Config>
std::vector<std::pair<std::string, Row>> rows_of() {
  const Config config;
  Rows rows;
  visit_fields(config, rows);
  return rows.rows;
}

// Key -> default, as --print-config writes it.
template <typename Config>
std::map<std::string, std::string> defaults_of() {
  std::istringstream yaml(to_yaml(Config{}));
  std::map<std::string, std::string> defaults;
  std::string section;
  for (std::string line; std::getline(yaml, line);) {
    const size_t colon = line.find(':'), begin = line.find_first_not_of(' ');
    if (colon == std::string::npos) continue;
    std::string key = line.substr(begin, colon - begin);
    if (colon + 1 == line.size()) {
      section = key + ".";
      continue;
    }
    if (begin == 0) section.clear();
    std::string value = line.substr(colon + 2);
    defaults[section + key] = value.substr(0, value.find("  #"));
  }
  return defaults;
}

std::string line_of(const std::string& key, const std::string& value, const Row& row) {
  return fmt::format("| `{}` | {} | {} | {} |\n", key, value.empty() ? "" : "`" + value + "`", row.values,
                     row.help);
}

std::string table(const std::string& title, const std::string& lines) {
  return fmt::format("\n## {}\n\n| key | default | values | meaning |\n|---|---|---|---|\n{}", title, lines);
}

std::string page() {
  const auto of_pretrain = defaults_of<PretrainConfig>(), of_finetune = defaults_of<FinetuneConfig>();
  std::string both, pretrain, finetune;
  for (const auto& [key, row] : rows_of<PretrainConfig>()) {
    const auto other = of_finetune.find(key);
    if (other == of_finetune.end()) {
      pretrain += line_of(key, of_pretrain.at(key), row);
    } else if (other->second == of_pretrain.at(key)) {
      both += line_of(key, other->second, row);
    } else {
      both += line_of(
          key, fmt::format("{}` (pre-training), `{}` (fine-tuning)", of_pretrain.at(key), other->second),
          row);
    }
  }
  for (const auto& [key, row] : rows_of<FinetuneConfig>()) {
    if (!of_pretrain.contains(key)) finetune += line_of(key, of_finetune.at(key), row);
  }
  std::string model;
  for (const auto& [key, row] : rows_of<ModelConfig>())
    model += line_of(key, defaults_of<ModelConfig>().at(key), row);
  std::string text = kHead + table("Keys of both programs", both) + table("Keys of rpp-pretrain", pretrain) +
                     table("Keys of rpp-finetune", finetune) +
                     table("Keys of a model: configs/model/*.yaml", model);
  for (size_t at = 0; (at = text.find(")` |", at)) != std::string::npos; at += 3) text.replace(at, 4, ") |");
  return text;
}

TEST(ConfigDocs, ListEveryKeyWithDefaultValuesAndMeaning) {
  const std::filesystem::path file = std::filesystem::path(RPP_SOURCE_DIR) / "docs/config.md";
  if (std::getenv("RPP_WRITE_DOCS") != nullptr) write_file_atomically(file, page());
  EXPECT_EQ(read_file(file), page()) << "docs/config.md is not what the code says: RPP_WRITE_DOCS=1 "
                                        "config_tests --gtest_filter='ConfigDocs.*' writes it";
}

TEST(ConfigDocs, EveryKeyHasADescription) {
  for (const auto& [key, row] : rows_of<PretrainConfig>()) EXPECT_NE(row.help, "") << key;
  for (const auto& [key, row] : rows_of<FinetuneConfig>()) EXPECT_NE(row.help, "") << key;
  for (const auto& [key, row] : rows_of<ModelConfig>()) EXPECT_NE(row.help, "") << key;
}

}  // namespace
}  // namespace rpp
