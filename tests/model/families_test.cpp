#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>
#include <set>

#include "bert_format/model_config.h"
#include "bert_format/tensor_names.h"
#include "core/atomic_file.h"
#include "model/bert_modules.h"
#include "model/golden.h"
#include "ops/cross_entropy.h"

namespace rpp {
namespace {

constexpr double kTolerance = 1e-5;
constexpr double kGradTolerance = 1e-4;

std::set<std::string> tensor_names(const std::filesystem::path& directory) {
  const SafetensorsFile file(directory / "model.safetensors");
  std::set<std::string> names;
  for (const auto& view : file.tensors()) names.insert(view.name);
  return names;
}

struct Family {
  const char* folder;
  const char* model_type;
  const char* class_prefix;
  bool has_base_pooler;  // a tensor of the pooler without a classifier

  friend void PrintTo(const Family& family, std::ostream* out) { *out << family.folder; }
};

// The values are those of transformers (scripts/dev/make_golden.py).
class GoldenFamily : public testing::TestWithParam<Family> {
 protected:
  GoldenFamily() {
    golden_["token_type_ids"] = torch::zeros_like(golden_["input_ids"]);
    std::vector<torch::Tensor> positions;
    const auto lengths = golden_["cu_seqlens"].diff();
    for (int64_t i = 0; i < lengths.numel(); ++i) {
      positions.push_back(torch::arange(lengths[i].item<int64_t>()));
    }
    golden_["position_ids"] = torch::cat(positions);
    inputs_ = golden_inputs(golden_);
  }

  std::filesystem::path directory() const {
    return std::filesystem::path(RPP_SOURCE_DIR) / "tests/golden" / GetParam().folder;
  }

  std::map<std::string, torch::Tensor> golden_ = golden_values(directory());
  BertInputs inputs_;
  ModelConfig config_ = read_model_config(directory());
};

TEST_P(GoldenFamily, MaskedLmLogitsAndGradientsEqualTransformers) {
  Bert model(config_, {.pretraining = true});
  load_weights(model, directory());
  const auto logits = model.mlm_logits(model.encode_at(inputs_, golden_.at("mlm_positions")));
  EXPECT_LT(largest_difference(logits, golden_.at("mlm_logits")), kTolerance);
  const auto& labels = golden_.at("mlm_labels");
  (cross_entropy(logits, labels).loss_sum / labels.numel()).backward();
  std::set<std::string> compared;
  for (const auto& spec : model.param_specs()) {
    const auto name = name_in_family(spec.name, config_.family, /*has_classifier=*/false);
    const auto wanted = name ? golden_.find("grad." + *name) : golden_.end();
    if (wanted == golden_.end()) continue;
    auto grad = spec.param.grad();
    // transformers gives the embeddings of the padding token no gradient, except as the decoder.
    const bool has_padding_row =
        spec.name == kWordEmbeddings || (spec.name == kPositionEmbeddings && first_position(config_) > 0);
    if (has_padding_row) grad[config_.pad_token_id] = wanted->second[config_.pad_token_id];
    EXPECT_LT(relative_difference(grad, wanted->second), kGradTolerance) << *name;
    compared.insert(spec.name);
  }
  for (const char* name :
       {"bert.embeddings.word_embeddings.weight", "bert.embeddings.position_embeddings.weight",
        "bert.encoder.layer.0.attention.output.dense.weight",
        "bert.encoder.layer.0.intermediate.dense.weight", "bert.encoder.layer.0.output.LayerNorm.bias",
        "cls.predictions.bias", "cls.predictions.transform.LayerNorm.weight"}) {
    EXPECT_TRUE(compared.contains(name)) << name;
  }
}

TEST_P(GoldenFamily, RecomputingActivationsChangesNoGradient) {
  std::vector<std::vector<torch::Tensor>> grads;
  for (const bool recompute : {false, true}) {
    Bert model(config_, {.pretraining = true});
    load_weights(model, directory());
    const auto hidden = model.encode(inputs_, {.activation_checkpointing = recompute});
    model.mlm_logits(hidden).square().sum().backward();
    grads.emplace_back();
    for (const auto& spec : model.param_specs()) grads.back().push_back(spec.param.grad());
  }
  for (size_t i = 0; i < grads[0].size(); ++i) {
    ASSERT_EQ(grads[0][i].defined(), grads[1][i].defined()) << i;
    if (!grads[0][i].defined()) continue;
    EXPECT_LT(relative_difference(grads[1][i], grads[0][i]), 1e-6) << i;
  }
}

TEST_P(GoldenFamily, TheClassifierWithItsOwnDenseLayerEqualsTransformers) {
  Bert model(config_, {.num_labels = 3});
  const LoadReport report = load_weights(model, directory() / "classifier");
  EXPECT_THAT(report.missing, testing::IsEmpty());
  EXPECT_THAT(report.ignored, testing::IsEmpty());
  const auto logits = model.classify(model.pool(model.encode_at(inputs_, first_tokens(inputs_.layout))));
  EXPECT_LT(largest_difference(logits, golden_.at("class_logits")), kTolerance);
  const auto& labels = golden_.at("class_labels");
  (cross_entropy(logits, labels).loss_sum / labels.numel()).backward();
  const auto params = model.module()->named_parameters();
  for (const char* name : {"bert.pooler.dense.weight", "classifier.weight"}) {
    const auto own = name_in_family(name, config_.family, /*has_classifier=*/true);
    EXPECT_LT(relative_difference(params[name].grad(), golden_.at("class_grad." + *own)), kGradTolerance);
  }
}

TEST_P(GoldenFamily, TheClassifierOfTokensEqualsTransformers) {
  Bert model(config_, {.pooler = false, .num_token_labels = 3});
  const LoadReport report = load_weights(model, directory() / "tokens");
  EXPECT_THAT(report.missing, testing::IsEmpty());
  EXPECT_THAT(report.ignored, testing::IsEmpty());
  EXPECT_LT(largest_difference(model.classify(model.encode(inputs_)), golden_.at("tag_logits")), kTolerance);
  const auto& positions = golden_.at("tag_positions");
  const auto logits = model.classify(model.encode_at(inputs_, positions));
  const auto loss = cross_entropy(logits, golden_.at("tag_labels")).loss_sum / positions.numel();
  EXPECT_LT(largest_difference(loss, golden_.at("tag_loss")), kTolerance);
  loss.backward();
  const auto params = model.module()->named_parameters();
  for (const char* name : {"classifier.weight", "classifier.bias"}) {
    EXPECT_LT(relative_difference(params[name].grad(), golden_.at(fmt::format("tag_grad.{}", name))),
              kGradTolerance);
  }
}

TEST_P(GoldenFamily, ASavedModelHasTheNamesOfItsFamily) {
  const auto saved = std::filesystem::temp_directory_path() / fmt::format("rpp_families_{}", ::getpid());
  std::filesystem::create_directories(saved);
  const std::tuple<HeadSpec, const char*, const char*> saved_heads[] = {
      {{.num_labels = 3}, "classifier", "ForSequenceClassification"},
      {{.pretraining = true}, "", "ForMaskedLM"},
      {{.pooler = false, .num_token_labels = 3}, "tokens", "ForTokenClassification"}};
  for (const auto& [heads, folder, architecture] : saved_heads) {
    const auto source = *folder == 0 ? directory() : directory() / folder;
    Bert model(config_, heads);
    load_weights(model, source);
    save_weights(model, saved);
    std::set<std::string> names = tensor_names(saved);
    const bool has_pooler = std::erase_if(names, [](const std::string& name) {
                              return name.find(".pooler.dense.") != std::string::npos;
                            }) > 0;
    EXPECT_EQ(has_pooler, heads.pretraining && GetParam().has_base_pooler);
    EXPECT_EQ(names, tensor_names(source));
    const auto config = nlohmann::json::parse(read_file(saved / "config.json"));
    EXPECT_EQ(config["model_type"], GetParam().model_type);
    EXPECT_EQ(config["architectures"][0], std::string(GetParam().class_prefix) + architecture);
    EXPECT_EQ(read_model_config(saved).hidden_size, 16);
  }
  std::filesystem::remove_all(saved);
}

INSTANTIATE_TEST_SUITE_P(, GoldenFamily,
                         testing::Values(Family{"xlm_roberta", "xlm-roberta", "XLMRoberta", true},
                                         Family{"distilbert", "distilbert", "DistilBert", false},
                                         Family{"electra", "electra", "Electra", false},
                                         Family{"mpnet", "mpnet", "MPNet", true}),
                         [](const auto& info) { return std::string(info.param.folder); });

}  // namespace
}  // namespace rpp
