// The head of BertForQuestionAnswering: a linear layer over every token.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "model/golden.h"
#include "rpp/core/atomic_file.h"
#include "rpp/model/init.h"

namespace rpp {
namespace {

constexpr HeadSpec kSpan = {.pooler = false, .span = true};

torch::Tensor weight_of(const Bert& model, const std::string& name) {
  for (const auto& weight : model.named_weights()) {
    if (weight.name == name) return weight.tensor;
  }
  return {};
}

TEST(SpanHead, IsALinearLayerOverEveryToken) {
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

TEST(SpanHead, IsSavedAndLoadedUnderTheNamesOfTransformers) {
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

TEST(SpanHead, AnEncoderWithoutItLeavesItToInitialisation) {
  Bert model(read_model_config(golden_dir()), kSpan);
  const LoadReport report = load_weights(model, golden_dir());
  EXPECT_EQ(report.missing, (std::vector<std::string>{"qa_outputs.weight", "qa_outputs.bias"}));
}

}  // namespace
}  // namespace rpp
