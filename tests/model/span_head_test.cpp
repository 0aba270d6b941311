// The head of BertForQuestionAnswering: a linear layer over every token.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "model/golden.h"
#include "model/init.h"
#include "ops/span_cross_entropy.h"
#include "ops/torch.h"

namespace rpp {
namespace {

constexpr double kTolerance = 1e-5;
constexpr double kGradTolerance = 1e-4;
constexpr HeadSpec kSpan = {.pooler = false, .span = true};

torch::Tensor weight_of(const Bert& model, const std::string& name) {
  for (const auto& weight : model.named_weights()) {
    if (weight.name == name) return weight.tensor;
  }
  return {};
}

TEST(SpanHead, LogitsLossAndGradientsEqualTransformers) {
  const auto golden = golden_values();
  const BertInputs inputs = golden_inputs(golden);
  Bert model(read_model_config(golden_dir() / "span"), kSpan);
  load_weights(model, golden_dir() / "span");
  const auto logits = model.span_logits(model.encode(inputs));  // [tokens, 2]
  const auto loss =
      span_cross_entropy(logits, inputs.layout, golden.at("span_starts"), golden.at("span_ends")).loss_sum /
      3.0;
  EXPECT_LT(largest_difference(logits.select(1, 0), golden.at("start_logits")), kTolerance);
  EXPECT_LT(largest_difference(logits.select(1, 1), golden.at("end_logits")), kTolerance);
  EXPECT_LT(largest_difference(loss, golden.at("span_loss")), kTolerance);
  loss.backward();
  int64_t compared = 0;
  for (const auto& spec : model.param_specs()) {
    const auto wanted = golden.find("span_grad." + spec.name);
    if (wanted == golden.end()) continue;
    // The head's bias shifts all logits of a softmax equally, so its true gradient is zero.
    if (spec.name == "qa_outputs.bias") {
      EXPECT_LT(spec.param.grad().abs().max().item<double>(), 1e-6);
    } else {
      EXPECT_LT(relative_difference(spec.param.grad(), wanted->second), kGradTolerance) << spec.name;
    }
    ++compared;
  }
  EXPECT_EQ(compared, 2 + 5);  // the head and the embeddings
}

TEST(SpanHead, AppliesALinearLayerToEveryToken) {
  Bert model(read_model_config(golden_dir()), kSpan);
  load_weights(model, golden_dir());
  const torch::NoGradGuard no_grad;
  weight_of(model, "qa_outputs.weight").normal_();
  weight_of(model, "qa_outputs.bias").normal_();
  const auto hidden = golden_values().at("hidden.2");  // [tokens, hidden]
  const auto wanted =
      torch::matmul(hidden, weight_of(model, "qa_outputs.weight").t()) + weight_of(model, "qa_outputs.bias");
  EXPECT_EQ(wanted.sizes(), (std::vector<int64_t>{25, 2}));
  EXPECT_LT(largest_difference(model.span_logits(hidden), wanted), 1e-5);
}

TEST(SpanHead, IsSavedAndLoadedWithTransformersNames) {
  const auto directory = std::filesystem::temp_directory_path() / fmt::format("rpp_span_head_{}", ::getpid());
  std::filesystem::create_directories(directory);
  Bert saved(read_model_config(golden_dir()), kSpan);
  initialize(saved, 1);
  save_weights(saved, directory);
  const auto config = nlohmann::json::parse(read_file(directory / "config.json"));
  EXPECT_EQ(config["architectures"][0], "BertForQuestionAnswering");
  Bert loaded(read_model_config(directory), kSpan);
  const LoadReport report = load_weights(loaded, directory);
  EXPECT_TRUE(report.missing.empty() && report.ignored.empty());
  EXPECT_TRUE(weight_of(loaded, "qa_outputs.weight").equal(weight_of(saved, "qa_outputs.weight")));
  std::filesystem::remove_all(directory);
}

TEST(SpanHead, IsInitialisedWhenTheFileHasNone) {
  Bert model(read_model_config(golden_dir()), kSpan);
  const LoadReport report = load_weights(model, golden_dir());
  EXPECT_EQ(report.missing, (std::vector<std::string>{"qa_outputs.weight", "qa_outputs.bias"}));
}

}  // namespace
}  // namespace rpp
