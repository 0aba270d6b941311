#include "config/load.h"

#include "bert_format/model_fields.h"
#include "check.h"
#include "core/nearest.h"
#include "rpp/error.h"
#include "settings.h"
#include "suggest.h"
#include "values.h"

namespace rpp {
namespace {

// Visits every field and assigns its settings in order, checking each.
class Assigner {
 public:
  explicit Assigner(const Settings& settings) : settings_(settings) {}

  void field(const FieldInfo& info, auto& value) {
    const std::string key = prefix_ + std::string(info.key);
    for (const Setting& setting : settings_.entries) {
      if (setting.key != key) continue;
      parse_into(setting, value);
      check_value(setting, info, value);
    }
  }

  void section(std::string_view key, auto& nested) {
    const std::string outer = prefix_;
    prefix_ += std::string(key) + ".";
    visit_fields(nested, *this);
    prefix_ = outer;
  }

 private:
  void check_value(const Setting& setting, const FieldInfo& info, int64_t value) const {
    check_range(setting, info, static_cast<double>(value));
  }
  void check_value(const Setting& setting, const FieldInfo& info, double value) const {
    check_range(setting, info, value);
  }
  void check_value(const Setting&, const FieldInfo&, bool) const {}
  void check_value(const Setting&, const FieldInfo&, const std::vector<std::string>&) const {}

  void check_value(const Setting& setting, const FieldInfo& info, const std::string& value) const {
    const std::string allowed = choice_complaint(info, value);
    if (allowed.empty()) return;
    const std::vector<std::string> choices(info.choices.begin(), info.choices.end());
    const std::string close = close_name(value, choices);
    fail_usage("{}", at(setting.where,
                        fmt::format("{} is '{}', it must be {}{}", setting.key, value, allowed,
                                    close.empty() ? close : fmt::format(" (did you mean '{}'?)", close))));
  }

  void check_range(const Setting& setting, const FieldInfo& info, double value) const {
    const std::string allowed = range_complaint(info, value);
    if (allowed.empty()) return;
    fail_usage("{}", at(setting.where, fmt::format("{} is {}, it must be {}", setting.key,
                                                   setting.value.Scalar(), allowed)));
  }

  const Settings& settings_;
  std::string prefix_;
};

template <typename Config>
Config assigned(const Settings& settings) {
  Config config;
  Assigner assigner(settings);
  visit_fields(config, assigner);
  return config;
}

void set_task_defaults(PretrainConfig&, const Settings&) {}

// Contexts are longer than sentences: 384 is the length used for BERT on SQuAD.
void set_task_defaults(FinetuneConfig& config, const Settings& settings) {
  const bool is_squad = config.task.starts_with("squad");
  if (is_squad && settings.last("max_seq_length") == nullptr) config.max_seq_length = 384;
}

template <typename Config>
Config load_checked(const std::filesystem::path& path, std::span<const std::string> overrides,
                    std::span<const Flag> flags) {
  const Settings settings = read_settings(path, overrides, flags, known_keys<Config>());
  auto config = assigned<Config>(settings);
  set_task_defaults(config, settings);
  check(config, settings);
  return config;
}

}  // namespace

PretrainConfig load_pretrain_config(const std::filesystem::path& path, std::span<const std::string> overrides,
                                    std::span<const Flag> flags) {
  return load_checked<PretrainConfig>(path, overrides, flags);
}

FinetuneConfig load_finetune_config(const std::filesystem::path& path, std::span<const std::string> overrides,
                                    std::span<const Flag> flags) {
  return load_checked<FinetuneConfig>(path, overrides, flags);
}

std::string pretrain_setting_of(std::string_view name) {
  return setting_of(name, known_keys<PretrainConfig>());
}

std::string finetune_setting_of(std::string_view name) {
  return setting_of(name, known_keys<FinetuneConfig>());
}

ModelConfig load_model_config(const std::filesystem::path& path) {
  const Settings settings = read_settings(path, {}, {}, known_keys<ModelConfig>());
  const auto config = assigned<ModelConfig>(settings);
  const std::string wrong = complaint(config);
  if (!wrong.empty()) fail_usage("{}", at(settings.source, wrong));
  return config;
}

}  // namespace rpp
