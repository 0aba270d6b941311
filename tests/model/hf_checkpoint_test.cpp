#include "model/hf_checkpoint.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "bert_format/model_config.h"
#include "core/atomic_file.h"
#include "model/golden.h"
#include "model/init.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

// A copy of the golden model whose tensors a test may rename, drop or damage.
class HfCheckpoint : public testing::Test {
 protected:
  using Edit = std::function<void(TensorView&)>;

  HfCheckpoint() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::temp_directory_path() / fmt::format("rpp_hf_{}_{}", test->name(), ::getpid());
    fs::create_directories(directory_);
    fs::copy_file(golden_dir() / "config.json", directory_ / "config.json");
    for (const auto& view : original_.tensors()) views_.push_back(view);
  }
  ~HfCheckpoint() override { fs::remove_all(directory_); }

  TensorView& view(const std::string& name) {
    return *std::find_if(views_.begin(), views_.end(), [&](const auto& v) { return v.name == name; });
  }
  void remove(const std::string& name) {
    std::erase_if(views_, [&](const auto& v) { return v.name == name; });
  }
  LoadReport load(Bert& model) const {
    save_safetensors(directory_ / "model.safetensors", views_);
    return load_weights(model, directory_);
  }
  std::string error_of_load() const {
    Bert model(config_, {.pretraining = true});
    try {
      load(model);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }
  std::string error_of_config(const std::string& text) const {
    write_file_atomically(directory_ / "config.json", text);
    try {
      read_model_config(directory_);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  static torch::Tensor weight_of(const Bert& model, std::string_view name) {
    for (const auto& weight : model.named_weights()) {
      if (weight.name == name) return weight.tensor;
    }
    return {};
  }

  fs::path directory_;
  SafetensorsFile original_{golden_dir() / "model.safetensors"};
  std::vector<TensorView> views_;
  ModelConfig config_ = read_model_config(golden_dir());
};

constexpr const char* kQuery = "bert.encoder.layer.0.attention.self.query.weight";

TEST_F(HfCheckpoint, AllTensorsOfACompleteFileAreUsed) {
  Bert model(config_, {.pretraining = true});
  const auto report = load(model);
  EXPECT_THAT(report.missing, ElementsAre());
  EXPECT_THAT(report.ignored, ElementsAre());
}

TEST_F(HfCheckpoint, NamesOfBareModelsAndOldLayerNormsAreAccepted) {
  Bert plain(config_, {}), renamed(config_, {});
  load(plain);
  for (auto& view : views_) {
    if (view.name.starts_with("bert.")) view.name.erase(0, 5);
    if (view.name.ends_with("LayerNorm.weight")) view.name.replace(view.name.size() - 6, 6, "gamma");
    if (view.name.ends_with("LayerNorm.bias")) view.name.replace(view.name.size() - 4, 4, "beta");
  }
  EXPECT_THAT(load(renamed).missing, ElementsAre());
  for (const auto& weight : plain.named_weights()) {
    EXPECT_TRUE(torch::equal(weight.tensor, weight_of(renamed, weight.name))) << weight.name;
  }
}

TEST_F(HfCheckpoint, PositionIdsAndATiedDecoderAreSkipped) {
  const std::vector<int64_t> ids(24);
  views_.push_back({.name = "bert.embeddings.position_ids",
                    .dtype = Dtype::i64,
                    .shape = {1, 24},
                    .data = std::as_bytes(std::span(ids))});
  auto decoder = view("bert.embeddings.word_embeddings.weight");
  decoder.name = "cls.predictions.decoder.weight";
  views_.push_back(decoder);
  Bert model(config_, {.pretraining = true});
  EXPECT_THAT(load(model).ignored, ElementsAre());
}

TEST_F(HfCheckpoint, AnUntiedDecoderIsRefused) {
  const std::vector<float> other(100 * 32, 0.5F);
  views_.push_back({.name = "cls.predictions.decoder.weight",
                    .dtype = Dtype::f32,
                    .shape = {100, 32},
                    .data = std::as_bytes(std::span(other))});
  EXPECT_THAT(error_of_load(), HasSubstr("cls.predictions.decoder.weight differs from bert.embeddings"));
}

TEST_F(HfCheckpoint, TheDecoderNameOfTheMaskedLmBiasIsAccepted) {
  view("cls.predictions.bias").name = "cls.predictions.decoder.bias";
  Bert model(config_, {.pretraining = true});
  EXPECT_THAT(load(model).missing, ElementsAre());
  EXPECT_NE(weight_of(model, "cls.predictions.bias").abs().sum().item<float>(), 0.0F);
}

TEST_F(HfCheckpoint, AMissingHeadIsNamedAndKeepsItsValues) {
  Bert model(config_, {.num_labels = 5});
  initialize(model, 1);
  const auto before = weight_of(model, "classifier.weight").clone();
  const auto report = load(model);
  EXPECT_THAT(report.missing, ElementsAre("classifier.weight", "classifier.bias"));
  EXPECT_THAT(report.ignored, Contains("cls.seq_relationship.weight"));
  EXPECT_TRUE(torch::equal(before, weight_of(model, "classifier.weight")));
}

TEST_F(HfCheckpoint, AClassifierOfAnotherTaskCanBeSkipped) {
  Bert saved(config_, {.num_labels = 3}), model(config_, {.num_labels = 2});
  initialize(saved, 1);
  initialize(model, 2);
  save_weights(saved, directory_);
  const auto own = weight_of(model, "classifier.weight").clone();
  const auto report = load_weights(model, directory_, {.classifier = false});
  EXPECT_THAT(report.ignored, ElementsAre("classifier.bias", "classifier.weight"));
  EXPECT_THAT(report.missing, ElementsAre());
  EXPECT_TRUE(torch::equal(own, weight_of(model, "classifier.weight")));
  EXPECT_TRUE(torch::equal(weight_of(saved, kQuery), weight_of(model, kQuery)));
}

TEST_F(HfCheckpoint, AMissingEncoderTensorIsAnErrorThatNamesIt) {
  remove(kQuery);
  EXPECT_THAT(error_of_load(), HasSubstr(fmt::format("model.safetensors has no tensor {}", kQuery)));
}

// The check runs before allocation: the embeddings alone would need a terabyte.
TEST_F(HfCheckpoint, AConfigurationLargerThanTheFileIsRefused) {
  save_safetensors(directory_ / "model.safetensors", views_);
  const std::string whole = read_file(directory_ / "config.json");
  EXPECT_EQ(error_of_config(whole), "no error");
  for (const char* key : {"vocab_size", "hidden_size", "num_hidden_layers", "intermediate_size",
                          "max_position_embeddings", "type_vocab_size"}) {
    auto config = nlohmann::json::parse(whole);
    config[key] = 32 << 20;
    EXPECT_THAT(error_of_config(config.dump()),
                AllOf(HasSubstr("config.json describes a model of "), HasSubstr("model.safetensors has ")))
        << key;
  }
}

TEST_F(HfCheckpoint, AnotherShapeIsAnErrorWithBothShapes) {
  view(kQuery).shape = {16, 64};
  EXPECT_THAT(error_of_load(), HasSubstr(fmt::format("{} has shape [16, 64]", kQuery)));
  EXPECT_THAT(error_of_load(), HasSubstr("asks for [32, 32]"));
}

TEST_F(HfCheckpoint, IntegerWeightsAreRefused) {
  view(kQuery).dtype = Dtype::i32;
  EXPECT_THAT(error_of_load(),
              HasSubstr(fmt::format("{} is I32, weights must be F64, F32, F16 or BF16", kQuery)));
}

TEST_F(HfCheckpoint, TheSameTensorUnderTwoNamesIsRefused) {
  auto twin = view(kQuery);
  twin.name.erase(0, 5);
  views_.push_back(twin);
  EXPECT_THAT(error_of_load(), HasSubstr("which are the same tensor"));
}

TEST_F(HfCheckpoint, HalfPrecisionWeightsAreWidened) {
  Bert wide(config_, {});
  load(wide);
  const auto half = weight_of(wide, kQuery).to(torch::kBFloat16).contiguous();
  auto& stored = view(kQuery);
  stored.dtype = Dtype::bf16;
  stored.data = {static_cast<const std::byte*>(half.const_data_ptr()), half.nbytes()};
  Bert model(config_, {});
  load(model);
  EXPECT_TRUE(torch::equal(weight_of(model, kQuery), half.to(torch::kFloat32)));
}

TEST_F(HfCheckpoint, ADirectoryWithPytorchBinOnlySaysHowToConvert) {
  write_file_atomically(directory_ / "pytorch_model.bin", "x");
  Bert model(config_, {});
  try {
    load_weights(model, directory_);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("holds pytorch_model.bin instead: convert it"));
  }
}

TEST_F(HfCheckpoint, AnotherArchitectureIsRefusedByName) {
  EXPECT_THAT(error_of_config(R"({"model_type": "gpt2", "vocab_size": 100})"),
              HasSubstr("model_type is \"gpt2\", it must be bert, roberta, xlm-roberta, camembert, "
                        "distilbert, electra or mpnet"));
}

TEST_F(HfCheckpoint, SavingAndLoadingIsBitExact) {
  const HeadSpec heads = {.pretraining = true, .num_labels = 3};
  Bert saved(config_, heads), loaded(config_, heads);
  initialize(saved, 3);
  save_weights(saved, directory_, {{"note", "mine"}});
  const auto report = load_weights(loaded, directory_);
  EXPECT_THAT(report.missing, ElementsAre());
  EXPECT_THAT(report.ignored, ElementsAre());
  for (const auto& weight : saved.named_weights()) {
    EXPECT_TRUE(torch::equal(weight.tensor, weight_of(loaded, weight.name))) << weight.name;
  }
  EXPECT_EQ(SafetensorsFile(directory_ / "model.safetensors").metadata().at("note"), "mine");
  EXPECT_EQ(read_model_config(directory_).intermediate_size, config_.intermediate_size);
}

TEST_F(HfCheckpoint, SavedArchitectureAndLabelsMatchTheHeads) {
  const auto saved_config = [&](const HeadSpec& heads) {
    save_weights(Bert(config_, heads), directory_);
    return nlohmann::json::parse(read_file(directory_ / "config.json"));
  };
  EXPECT_EQ(saved_config({}).at("architectures")[0], "BertModel");
  EXPECT_EQ(saved_config({.pretraining = true}).at("architectures")[0], "BertForPreTraining");
  const auto classifier = saved_config({.num_labels = 3});
  EXPECT_EQ(classifier.at("architectures")[0], "BertForSequenceClassification");
  EXPECT_EQ(classifier.at("id2label").size(), 3);
}

}  // namespace
}  // namespace rpp
