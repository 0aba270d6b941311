#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>

#include "bert_format/model_config.h"
#include "core/atomic_file.h"
#include "model/golden.h"
#include "ops/cross_entropy.h"

namespace rpp {
namespace {

constexpr double kTolerance = 1e-5;
constexpr double kGradTolerance = 1e-4;

std::filesystem::path xlm_roberta_dir() {
  return std::filesystem::path(RPP_SOURCE_DIR) / "tests/golden/xlm_roberta";
}

std::set<std::string> tensor_names(const std::filesystem::path& directory) {
  const SafetensorsFile file(directory / "model.safetensors");
  std::set<std::string> names;
  for (const auto& view : file.tensors()) names.insert(view.name);
  return names;
}

// The values are those of transformers (scripts/dev/make_golden.py).
class GoldenXlmRoberta : public testing::Test {
 protected:
  GoldenXlmRoberta() {
    golden_["token_type_ids"] = torch::zeros_like(golden_["input_ids"]);
    std::vector<torch::Tensor> positions;
    const auto lengths = golden_["cu_seqlens"].diff();
    for (int64_t i = 0; i < lengths.numel(); ++i)
      positions.push_back(torch::arange(lengths[i].item<int64_t>()));
    golden_["position_ids"] = torch::cat(positions);
    inputs_ = golden_inputs(golden_);
  }

  std::map<std::string, torch::Tensor> golden_ = golden_values(xlm_roberta_dir());
  BertInputs inputs_;
  ModelConfig config_ = read_model_config(xlm_roberta_dir());
};

TEST_F(GoldenXlmRoberta, MaskedLmLogitsAndGradientsEqualTransformers) {
  Bert model(config_, {.pretraining = true});
  load_weights(model, xlm_roberta_dir());
  const auto logits = model.mlm_logits(model.encode_at(inputs_, golden_.at("mlm_positions")));
  EXPECT_LT(largest_difference(logits, golden_.at("mlm_logits")), kTolerance);
  const auto& labels = golden_.at("mlm_labels");
  (cross_entropy(logits, labels).loss_sum / labels.numel()).backward();
  int compared = 0;
  for (const auto& spec : model.param_specs()) {
    const auto name = name_in_family(spec.name, config_.family, /*has_classifier=*/false);
    const auto wanted = golden_.find("grad." + name);
    if (wanted == golden_.end()) continue;
    EXPECT_LT(relative_difference(spec.param.grad(), wanted->second), kGradTolerance) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 20);  // embeddings, the head, and what the first layer has beside query, key and value
}

TEST_F(GoldenXlmRoberta, TheClassifierWithItsOwnDenseLayerEqualsTransformers) {
  const auto directory = xlm_roberta_dir() / "classifier";
  Bert model(config_, {.num_labels = 3});
  const LoadReport report = load_weights(model, directory);
  EXPECT_THAT(report.missing, testing::IsEmpty());
  EXPECT_THAT(report.ignored, testing::IsEmpty());
  const auto logits = model.classify(model.pool(model.encode_at(inputs_, first_tokens(inputs_.layout))));
  EXPECT_LT(largest_difference(logits, golden_.at("class_logits")), kTolerance);
}

TEST_F(GoldenXlmRoberta, ASavedModelHasTheNamesOfItsFamily) {
  const auto saved = std::filesystem::temp_directory_path() / fmt::format("rpp_xlm_roberta_{}", ::getpid());
  std::filesystem::create_directories(saved);
  for (const HeadSpec& heads : {HeadSpec{.num_labels = 3}, HeadSpec{.pretraining = true}}) {
    const auto source = heads.pretraining ? xlm_roberta_dir() : xlm_roberta_dir() / "classifier";
    Bert model(config_, heads);
    load_weights(model, source);
    save_weights(model, saved);
    std::set<std::string> names = tensor_names(saved);
    names.erase("roberta.pooler.dense.weight"), names.erase("roberta.pooler.dense.bias");
    EXPECT_EQ(names, tensor_names(source));
    const auto config = nlohmann::json::parse(read_file(saved / "config.json"));
    EXPECT_EQ(config["model_type"], "xlm-roberta");
    EXPECT_EQ(config["architectures"][0],
              heads.pretraining ? "XLMRobertaForMaskedLM" : "XLMRobertaForSequenceClassification");
  }
  std::filesystem::remove_all(saved);
}

}  // namespace
}  // namespace rpp
