// The head of BertForTokenClassification: dropout and a linear layer over hidden states.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "message_of.h"
#include "model/golden.h"
#include "model/heads_of.h"
#include "ops/cross_entropy.h"
#include "ops/torch.h"

namespace rpp {
namespace {

constexpr double kTolerance = 1e-5;
constexpr double kGradTolerance = 1e-4;
constexpr HeadSpec kTokens = {.pooler = false, .num_token_labels = 3};

TEST(TokenClassifier, LogitsLossAndGradientsEqualTransformers) {
  const auto golden = golden_values();
  Bert model(read_model_config(golden_dir() / "tokens"), kTokens);
  const LoadReport report = load_weights(model, golden_dir() / "tokens");
  EXPECT_TRUE(report.missing.empty() && report.ignored.empty());
  const auto inputs = golden_inputs(golden);
  EXPECT_LT(largest_difference(model.classify(model.encode(inputs)), golden.at("tag_logits")), kTolerance);
  const auto& positions = golden.at("tag_positions");
  const auto logits = model.classify(model.encode_at(inputs, positions));  // [tagged, 3]
  EXPECT_LT(largest_difference(logits, golden.at("tag_logits").index_select(0, positions)), kTolerance);
  const auto loss =
      cross_entropy(logits, golden.at("tag_labels")).loss_sum / static_cast<double>(positions.numel());
  EXPECT_LT(largest_difference(loss, golden.at("tag_loss")), kTolerance);
  loss.backward();
  int64_t compared = 0;
  for (const auto& spec : model.param_specs()) {
    const auto wanted = golden.find("tag_grad." + spec.name);
    if (wanted == golden.end()) continue;
    EXPECT_LT(relative_difference(spec.param.grad(), wanted->second), kGradTolerance) << spec.name;
    ++compared;
  }
  EXPECT_EQ(compared, 2 + 5);  // the head and the embeddings
}

TEST(TokenClassifier, DropsOutHiddenStatesInTraining) {
  auto config = read_model_config(golden_dir() / "tokens");
  config.hidden_dropout_prob = 0.5;
  Bert model(config, kTokens);
  load_weights(model, golden_dir() / "tokens");
  const auto hidden = golden_values().at("hidden.2");
  const auto plain = model.classify(hidden),
             dropped = model.classify(hidden, {.training = true, .dropout_seed = 3});
  EXPECT_GT(largest_difference(plain, dropped), 0.1);
  EXPECT_TRUE(dropped.equal(model.classify(hidden, {.training = true, .dropout_seed = 3})));
}

TEST(TokenClassifier, ABatchWithoutTaggedTokensHasNoLogits) {
  const auto golden = golden_values();
  Bert model(read_model_config(golden_dir() / "tokens"), kTokens);
  load_weights(model, golden_dir() / "tokens");
  const auto none = torch::empty({0}, torch::kInt64);
  const auto logits = model.classify(model.encode_at(golden_inputs(golden), none));
  EXPECT_EQ(logits.sizes(), (std::vector<int64_t>{0, 3}));
  cross_entropy(logits, none).loss_sum.backward();
  for (const auto& spec : model.param_specs()) {
    if (!spec.param.grad().defined()) continue;
    EXPECT_EQ(spec.param.grad().abs().max().item<double>(), 0) << spec.name;
  }
}

TEST(TokenClassifier, IsSavedAndFoundAgain) {
  const auto directory = std::filesystem::temp_directory_path() / fmt::format("rpp_tokens_{}", ::getpid());
  std::filesystem::create_directories(directory);
  Bert saved(read_model_config(golden_dir() / "tokens"), kTokens);
  load_weights(saved, golden_dir() / "tokens");
  save_weights(saved, directory);
  const auto config = nlohmann::json::parse(read_file(directory / "config.json"));
  EXPECT_EQ(config["architectures"], (nlohmann::json{"BertForTokenClassification"}));
  EXPECT_EQ(config["id2label"].size(), 3U);
  const HeadSpec heads = heads_of(directory);
  EXPECT_EQ(heads.num_token_labels, 3);
  EXPECT_TRUE(heads.num_labels == 0 && !heads.pooler);
  Bert loaded(read_model_config(directory), heads);
  const LoadReport report = load_weights(loaded, directory);
  EXPECT_TRUE(report.missing.empty() && report.ignored.empty());
  const auto hidden = golden_values().at("hidden.2");
  EXPECT_TRUE(loaded.classify(hidden).equal(saved.classify(hidden)));
  std::filesystem::remove_all(directory);
}

TEST(TokenClassifier, ExcludesAClassifierOfTexts) {
  EXPECT_EQ(
      message_of([] { Bert(read_model_config(golden_dir()), {.num_labels = 2, .num_token_labels = 2}); }),
      "a model has a classifier of texts or one of tokens: set num_labels or num_token_labels to 0");
}

}  // namespace
}  // namespace rpp
