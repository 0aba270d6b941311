#include <gmock/gmock.h>

#include <cmath>

#include "bert_format/model_config.h"
#include "bert_format/model_fields.h"
#include "config/fields.h"
#include "config_files.h"

namespace rpp {
namespace {

using testing::HasSubstr;
using testing::Not;
using ToYaml = ConfigFiles;

// Gives every field a distinct value inside its range that is not its default.
class Scrambler {
 public:
  void field(const FieldInfo& info, int64_t& value) {
    value = static_cast<int64_t>(info.range.min) + ++count_;
  }
  void field(const FieldInfo& info, double& value) {
    const double above = 1.0 / (3.0 + ++count_);  // needs every digit
    value = std::max(info.range.min, 0.0) + above;
  }
  void field(const FieldInfo&, bool& value) { value = !value; }
  void field(const FieldInfo& info, std::string& value) {
    value = info.choices.size() > 0 ? std::string(info.choices.begin()[info.choices.size() - 1])
                                    : fmt::format("a b/#{}: \"c\"\\\n\t", ++count_);
  }
  void field(const FieldInfo&, std::vector<std::string>& value) {
    value = {fmt::format("x, {}", ++count_), "~", "", "plain"};
  }
  void section(std::string_view, auto& nested) { visit_fields(nested, *this); }

 private:
  int count_ = 0;
};

// Every value as text with all digits.
class Listing {
 public:
  void field(const FieldInfo& info, const auto& value) {
    text_ += fmt::format("{}={}\n", info.key, as_text(value));
  }
  void section(std::string_view, const auto& nested) { visit_fields(nested, *this); }
  const std::string& text() const { return text_; }

 private:
  static std::string as_text(double value) { return fmt::format("{:a}", value); }
  static std::string as_text(int64_t value) { return fmt::format("{}", value); }
  static std::string as_text(bool value) { return value ? "true" : "false"; }
  static std::string as_text(const std::string& value) { return value; }
  static std::string as_text(const std::vector<std::string>& values) {
    std::string text;
    for (const auto& value : values) text += value + "|";
    return text;
  }
  std::string text_;
};

template <typename Config>
std::string listed(const Config& config) {
  Listing listing;
  visit_fields(config, listing);
  return listing.text();
}

TEST_F(ToYaml, APretrainingConfigurationComesBackExactly) {
  PretrainConfig config;
  Scrambler scrambler;
  visit_fields(config, scrambler);
  config.model_config.clear();  // these contradict the other keys
  config.prune.method = PruneMethod::fixed;
  config.prune.block = 1;
  config.data.valid = {"held out"};
  config.data.max_predictions = config.data.max_seq_length;
  config.schedule.warmup_steps = config.train.steps;
  config.train.micro_batch_size = 1;
  config.train.cuda_graph = false;
  config.dist.virtual_ranks = 4;
  EXPECT_EQ(listed(load_pretrain_config(file(to_yaml(config)))), listed(config));
}

TEST_F(ToYaml, AFineTuningConfigurationComesBackExactly) {
  FinetuneConfig config;
  Scrambler scrambler;
  visit_fields(config, scrambler);
  config.prune.method = PruneMethod::nip;
  config.prune.block = 8;
  config.prune.mask.clear();
  config.train.micro_batch_size = 1;
  config.train.cuda_graph = false;
  config.dist.virtual_ranks = 4;
  config.task = "custom";
  const CustomTaskConfig of_texts;  // its keys do not go together with token_classification
  config.custom.text = of_texts.text;
  config.custom.text_pair = of_texts.text_pair;
  config.custom.label = of_texts.label;
  config.custom.label_separator = of_texts.label_separator;
  config.custom.regression = config.custom.multi_label = false;
  config.custom.labels.push_back("another");
  EXPECT_EQ(listed(load_finetune_config(file(to_yaml(config)))), listed(config));
}

TEST_F(ToYaml, AModelConfigurationComesBackExactly) {
  ModelConfig config;
  config.hidden_size = 24;
  config.layer_norm_eps = 1.0 / 3;
  EXPECT_EQ(listed(load_model_config(file(to_yaml(config)))), listed(config));
}

TEST_F(ToYaml, EachFieldHasItsDescriptionAsComment) {
  const std::string text = to_yaml(PretrainConfig{});
  EXPECT_THAT(text, HasSubstr("model: \"\"  # Hugging Face directory to continue from\n"));
  EXPECT_THAT(text,
              HasSubstr("\noptimizer:\n  learning_rate: 2.0e-05  # highest learning rate of the schedule\n"));
  EXPECT_THAT(text, HasSubstr("  next_sentence: true  # pairs of segments"));
}

TEST_F(ToYaml, NumbersAreWrittenWithTheFewestDigits) {
  PretrainConfig config;
  config.optimizer.beta1 = 0.1 + 0.2;
  const std::string text = to_yaml(config);
  EXPECT_THAT(text, HasSubstr("beta1: 0.30000000000000004  #"));
  EXPECT_THAT(text, HasSubstr("beta2: 0.999  #"));
  EXPECT_THAT(text, HasSubstr("max_grad_norm: 1.0 "));
}

TEST_F(ToYaml, AmbiguousStringsAreQuoted) {
  PretrainConfig config;
  config.data.train = {"runs/a-1.b_c", "true", "12", "-a", "../up", "a b", "NULL"};
  EXPECT_THAT(to_yaml(config),
              HasSubstr("train: [runs/a-1.b_c, \"true\", \"12\", \"-a\", \"../up\", \"a b\", \"NULL\"]"));
}

TEST_F(ToYaml, WordsThatYamlReadsAsOtherTypesAreQuoted) {
  for (const std::string word :
       {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "True", "OFF", "N"}) {
    PretrainConfig config;
    config.output_dir = word;
    EXPECT_THAT(to_yaml(config), HasSubstr("output_dir: \"" + word + "\"  #"));
  }
}

TEST_F(ToYaml, ControlCharactersAreEscaped) {
  PretrainConfig config;
  config.output_dir = "a\x01\x1f\x7f~";
  EXPECT_THAT(to_yaml(config), HasSubstr(R"(output_dir: "a\x01\x1f\x7f~")"));
}

}  // namespace
}  // namespace rpp
