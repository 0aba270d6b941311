#include "rpp/runtime_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <numeric>

#include "bert_format/sentence_embedding.h"
#include "core/atomic_file.h"
#include "exported_model.h"
#include "io/safetensors.h"
#include "message_of.h"
#include "runtime/embed.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// The golden model's directory, modified before it is exported.
class ChangedModel : public testing::Test {
 protected:
  ChangedModel() { fs::create_directories(directory_); }
  ~ChangedModel() override { fs::remove_all(directory_); }

  void save() const {
    save_safetensors(directory_ / "model.safetensors", tensors_);
    write_file_atomically(directory_ / "config.json", config_);
  }
  std::shared_ptr<const RuntimeModel> load() const {
    save();
    return exported(directory_);
  }
  // Loads the directory itself: an export would refuse non-finite values first.
  std::string unexported_error() const {
    save();
    return message_of([&] { RuntimeModel::load(directory_); });
  }
  std::string load_error() const {
    return message_of([&] { load(); });
  }

  void replace_in_config(std::string_view from, std::string_view to) {
    const auto place = config_.find(from);
    ASSERT_NE(place, std::string::npos) << from;
    config_.replace(place, from.size(), to);
  }
  void rename(std::string_view from, std::string_view to) {
    for (auto& tensor : tensors_) {
      const auto place = tensor.name.find(from);
      if (place != std::string::npos) tensor.name.replace(place, from.size(), to);
    }
  }
  TensorView& tensor(const std::string& name) {
    return *std::find_if(tensors_.begin(), tensors_.end(), [&](const auto& t) { return t.name == name; });
  }
  void remove(std::string_view name) {
    std::erase_if(tensors_, [&](const auto& tensor) { return tensor.name == name; });
  }
  std::vector<float> hidden_of(const std::shared_ptr<const RuntimeModel>& model) const {
    Session session(model);
    const std::vector<int32_t> ids = {5, 6, 7}, bounds = {0, 3};
    session.encode({.input_ids = ids, .token_type_ids = {}, .cu_seqlens = bounds});
    const auto hidden = session.hidden();
    return {hidden.begin(), hidden.end()};
  }

  const fs::path directory_ = fs::temp_directory_path() / fmt::format("rpp_changed_model_{}", ::getpid());
  const SafetensorsFile golden_ = SafetensorsFile(golden_dir() / "model.safetensors");
  std::vector<TensorView> tensors_ = golden_.tensors();
  std::string config_ = read_file(golden_dir() / "config.json");
};

TEST_F(ChangedModel, SizesComeFromTheConfiguration) {
  const auto sizes = load()->sizes();
  EXPECT_EQ(sizes.vocab, 100);
  EXPECT_EQ(sizes.hidden, 32);
  ASSERT_EQ(sizes.layers.size(), 2U);
  EXPECT_EQ(sizes.layers[1].num_heads, 4);
  EXPECT_EQ(sizes.layers[1].query_key_dim, 8);
  EXPECT_EQ(sizes.layers[1].intermediate_size, 48);
  EXPECT_TRUE(sizes.pooler && sizes.mlm);
  EXPECT_FALSE(sizes.span);
  EXPECT_EQ(sizes.labels, 0);
}

TEST_F(ChangedModel, TensorNamesOfBareAndOldModelsAreAccepted) {
  const auto wanted = hidden_of(load());
  rename("LayerNorm.weight", "LayerNorm.gamma");
  rename("LayerNorm.bias", "LayerNorm.beta");
  rename("bert.", "");
  EXPECT_EQ(hidden_of(load()), wanted);
}

// A layer without its last head equals one whose last head has zero output.
TEST_F(ChangedModel, LayersMayHaveDifferentSizes) {
  const std::string layer = "bert.encoder.layer.0.attention.";
  auto& output = tensor(layer + "output.dense.weight");  // [32, 32]; the last 8 columns are head 3's
  std::vector<float> without_head(output.as<float>().begin(), output.as<float>().end()), narrow;
  for (size_t row = 0; row < 32; ++row) {
    std::fill_n(without_head.begin() + static_cast<int64_t>(row) * 32 + 24, 8, 0.0F);
    narrow.insert(narrow.end(), without_head.begin() + static_cast<int64_t>(row) * 32,
                  without_head.begin() + static_cast<int64_t>(row) * 32 + 24);
  }
  output.data = std::as_bytes(std::span(without_head));
  const auto wanted = hidden_of(load());
  output.data = std::as_bytes(std::span(narrow));
  output.shape = {32, 24};
  for (const char* name : {"self.query.", "self.key.", "self.value."}) {
    for (const char* part : {"weight", "bias"}) {
      auto& rows = tensor(layer + name + part);
      rows.data = rows.data.first(rows.data.size() / 32 * 24);
      rows.shape[0] = 24;
    }
  }
  const std::string whole = config_;
  replace_in_config("{", R"({"layer_sizes": [
    {"num_attention_heads": 3, "query_key_dim": 8, "value_dim": 8, "intermediate_size": 48},
    {"num_attention_heads": 4, "query_key_dim": 8, "value_dim": 8, "intermediate_size": 48}],)");
  EXPECT_LT(largest_difference(hidden_of(load()), wanted), 1e-5);
  config_ = whole;
  replace_in_config("{", R"({"pruned_heads": {"0": [3]},)");
  EXPECT_LT(largest_difference(hidden_of(load()), wanted), 1e-5);
}

TEST_F(ChangedModel, ShardsAnswerLikeOneFile) {
  const auto wanted = hidden_of(load());
  const std::span<const TensorView> all(tensors_);
  save_safetensors(directory_ / "a.safetensors", all.first(10));
  save_safetensors(directory_ / "b.safetensors", all.subspan(10));
  nlohmann::json weight_map;
  for (size_t i = 0; i < all.size(); ++i)
    weight_map[all[i].name] = i < 10 ? "a.safetensors" : "b.safetensors";
  write_file_atomically(directory_ / "model.safetensors.index.json",
                        nlohmann::json{{"weight_map", weight_map}}.dump());
  fs::remove(directory_ / "model.safetensors");
  EXPECT_EQ(hidden_of(RuntimeModel::load(directory_)), wanted);
  EXPECT_EQ(hidden_of(exported(directory_)), wanted);
}

TEST_F(ChangedModel, TensorsThatNoModelHasAreSkipped) {
  const auto wanted = hidden_of(load());
  const std::vector<int64_t> zeros(64);
  const auto add = [&](const char* name, Dtype dtype, const std::vector<int64_t>& shape) {
    const auto bytes = std::accumulate(shape.begin(), shape.end(), dtype_size(dtype), std::multiplies());
    tensors_.push_back({.name = name,
                        .dtype = dtype,
                        .shape = shape,
                        .data = std::as_bytes(std::span(zeros)).first(static_cast<size_t>(bytes))});
  };
  add("logit_scale", Dtype::f32, {});
  add("bert.embeddings.token_type_ids", Dtype::i64, {1, 24});
  add("conv.weight", Dtype::f32, {2, 2, 3, 3});
  add("encoder.quantised.weight", Dtype::f8_e4m3, {4, 4});
  add("none.weight", Dtype::f32, {0, 4});
  save();
  EXPECT_EQ(hidden_of(RuntimeModel::load(directory_)), wanted);
  const auto model = exported(directory_);
  EXPECT_EQ(hidden_of(model), wanted);
  EXPECT_EQ(model->file().contents().tensors.size(), golden_.tensors().size());
}

TEST_F(ChangedModel, AnUntiedDecoderIsOfNoUseForMaskedTokensAlone) {
  const auto wanted = hidden_of(load());
  const std::vector<float> other(100, 0.5F);
  tensors_.push_back(
      {.name = "cls.predictions.decoder.bias", .shape = {100}, .data = std::as_bytes(std::span(other))});
  save();
  const auto model = RuntimeModel::load(directory_);
  EXPECT_EQ(hidden_of(model), wanted);
  Session session(model);
  const std::vector<int32_t> ids = {5, 6, 7}, bounds = {0, 3};
  session.encode({.input_ids = ids, .token_type_ids = {}, .cu_seqlens = bounds});
  EXPECT_THAT(
      message_of([&] { session.mlm_logits(std::vector<int32_t>{1}); }),
      HasSubstr("model.safetensors: cls.predictions.decoder.bias differs from cls.predictions.bias, but "
                "this model ties them: untied decoders are not supported"));
  EXPECT_FALSE(load()->sizes().mlm);  // the head is not exported
}

TEST_F(ChangedModel, SizesOfLayersAreChecked) {
  replace_in_config("{", R"({"layer_sizes": [{"num_attention_heads": 4}],)");
  EXPECT_THAT(load_error(), HasSubstr("layer_sizes[0] has no query_key_dim"));
  replace_in_config(R"([{"num_attention_heads": 4}])", "[]");
  EXPECT_EQ(load_error(), "no error");  // as if the key were absent
  replace_in_config(
      "[],", R"([{"num_attention_heads": 4, "query_key_dim": 8, "value_dim": 8, "intermediate_size": 48}],)");
  EXPECT_THAT(load_error(),
              HasSubstr("layer_sizes has 1 entries, it must have one for each of the 2 layers"));
}

TEST_F(ChangedModel, AMissingTensorIsNamed) {
  remove("bert.encoder.layer.1.output.dense.bias");
  EXPECT_THAT(
      load_error(),
      HasSubstr(
          "model.rpp has no tensor bert.encoder.layer.1.output.dense.bias, which config.json asks for"));
}

TEST_F(ChangedModel, ATensorOfAnotherShapeIsNamed) {
  replace_in_config("\"intermediate_size\": 48", "\"intermediate_size\": 64");
  EXPECT_THAT(load_error(), HasSubstr("intermediate.dense.weight is 48 x 32, config.json asks for 64 x 32"));
}

TEST_F(ChangedModel, UnsupportedFeaturesAreRefused) {
  replace_in_config("\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"");
  EXPECT_THAT(load_error(), HasSubstr("config.json: hidden_act is \"relu\", it must be gelu"));
}

TEST_F(ChangedModel, InvalidSizesAreRefused) {
  replace_in_config("\"hidden_size\": 32", "\"hidden_size\": -32");
  EXPECT_THAT(load_error(), HasSubstr("hidden_size is -32, it must be at least 1"));
  replace_in_config("\"hidden_size\": -32", "\"hidden_size\": 33");
  EXPECT_THAT(load_error(),
              HasSubstr("hidden_size is 33, it must be a multiple of num_attention_heads, which is 4"));
}

TEST_F(ChangedModel, ADeeplyNestedConfigurationIsRefused) {
  replace_in_config("\"hidden_size\": 32",
                    "\"hidden_size\": " + std::string(100'000, '[') + std::string(100'000, ']'));
  EXPECT_THAT(load_error(), HasSubstr("config.json: JSON of 100001 levels"));
}

TEST_F(ChangedModel, MoreLayersThanTensorsAreRefused) {
  replace_in_config("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 2000000000");
  EXPECT_THAT(load_error(), HasSubstr("asks for 2000000000 layers"));
}

TEST_F(ChangedModel, UnsupportedKernelsAreRefused) {
  EXPECT_THAT(message_of([&] { exported(golden_dir(), {.kernels = "AVX9"}); }), HasSubstr("'AVX9'"));
}

TEST_F(ChangedModel, OnlyMatricesWithEnoughZerosAreStoredSparse) {
  EXPECT_EQ(load()->num_sparse(), 0);
  const std::vector<float> zeros(32 * 32, 0.0F);
  for (auto& tensor : tensors_) {
    if (tensor.name.ends_with("layer.0.attention.self.key.weight"))
      tensor.data = std::as_bytes(std::span(zeros));
  }
  EXPECT_EQ(load()->num_sparse(), 1);
}

TEST_F(ChangedModel, AWeightThatIsNotFiniteIsNamed) {
  auto& bias = tensor("bert.embeddings.LayerNorm.bias");
  std::vector<float> values(bias.as<float>().begin(), bias.as<float>().end());
  values[3] = NAN;
  bias.data = std::as_bytes(std::span(values));
  EXPECT_THAT(unexported_error(),
              HasSubstr("model.safetensors: tensor bert.embeddings.LayerNorm.bias holds NaN or infinity, "
                        "first as its value 3:"));
  bias.name = "of.nothing";  // unused tensors may have any contents
  values[3] = 0;
  tensors_.push_back({.name = "bert.embeddings.LayerNorm.bias", .shape = {32}, .data = bias.data});
  std::vector<float> unread(32, NAN);
  tensor("of.nothing").data = std::as_bytes(std::span(unread));
  EXPECT_EQ(unexported_error(), "no error");
}

TEST_F(ChangedModel, AnAnswerThatIsNotFiniteIsAnError) {
  const std::vector<float> large(32, 3e38F);
  tensor("cls.predictions.transform.LayerNorm.weight").data = std::as_bytes(std::span(large));
  Session fills(load());
  const std::vector<int32_t> ids = {2, 6, 3}, bounds = {0, 3}, positions = {1};
  const TokenBatch batch = {.input_ids = ids, .token_type_ids = {}, .cu_seqlens = bounds};
  fills.encode(batch);
  EXPECT_THAT(message_of([&] { fills.mlm_logits(positions); }), HasSubstr("model.rpp answers "));
  EXPECT_THAT(message_of([&] { fills.mlm_logits(positions); }),
              HasSubstr(" as a logit: its weights are finite"));
  tensor("bert.encoder.layer.1.output.LayerNorm.weight").data = std::as_bytes(std::span(large));
  Session embeds(load());
  embeds.encode(batch);
  const EmbeddingChoice choice = {.prompt = "", .dimensions = 32};
  for (const Pooling pooling : {Pooling::cls, Pooling::max, Pooling::mean}) {
    std::vector<float> vector(32);
    EXPECT_THAT(message_of([&] { embed_into({.poolings = {pooling}}, choice, embeds, bounds, vector); }),
                HasSubstr(" as a hidden state: "));
  }
}

// The sizes are compared with the file before the first layer is allocated.
TEST_F(ChangedModel, AMissingHeadIsFoundBeforeALayerIsRead) {
  auto& weight = tensor("bert.encoder.layer.0.intermediate.dense.weight");
  std::vector<float> values(weight.as<float>().begin(), weight.as<float>().end());
  values[0] = NAN;
  weight.data = std::as_bytes(std::span(values));
  remove("cls.predictions.transform.dense.bias");
  EXPECT_THAT(unexported_error(), HasSubstr("has no tensor cls.predictions.transform.dense.bias"));
}

}  // namespace
}  // namespace rpp
