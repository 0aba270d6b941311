// BERT as a LibTorch module: names, modes, devices, serialisation.
#include "model/bert_modules.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/serialize.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "golden.h"
#include "model/heads_of.h"

namespace rpp {
namespace {

using Names = std::set<std::string>;

std::unique_ptr<Bert> loaded(const std::filesystem::path& directory) {
  auto model = std::make_unique<Bert>(read_model_config(directory), heads_of(directory));
  load_weights(*model, directory);
  return model;
}

// Query, key and value are one parameter of the module: the mapping is documented in bert_modules.h.
Names with_query_key_and_value(const torch::OrderedDict<std::string, torch::Tensor>& parameters) {
  Names names;
  for (const auto& item : parameters) {
    const size_t qkv = item.key().find("self.qkv.");
    for (const char* part : {"query", "key", "value"}) {
      std::string name = item.key();
      names.insert(qkv == std::string::npos ? name : name.replace(qkv + 5, 3, part));
    }
  }
  return names;
}

// The tensors that transformers saved, without the tied decoder, which its named_parameters() omits too.
Names names_in_file(const std::filesystem::path& directory) {
  const SafetensorsFile file(directory / "model.safetensors");
  Names names;
  for (const auto& tensor : file.tensors()) {
    if (!tensor.name.starts_with("cls.predictions.decoder.")) names.insert(tensor.name);
  }
  return names;
}

TEST(BertModules, ParameterNamesEqualTransformers) {
  for (const char* part : {"", "classifier", "span"}) {
    const auto directory = golden_dir() / part;
    const auto model = loaded(directory);
    EXPECT_EQ(with_query_key_and_value(model->module()->named_parameters()), names_in_file(directory))
        << part;
  }
}

TEST(BertModules, QueryKeyAndValueShareOneParameter) {
  const auto model = loaded(golden_dir());
  const SafetensorsFile file(golden_dir() / "model.safetensors");
  const auto parameters = model->module()->named_parameters();
  const auto& qkv = parameters["bert.encoder.layer.1.attention.self.qkv.weight"];
  const int64_t hidden = model->config().hidden_size;
  int64_t first_row = 0;
  for (const char* part : {"query", "key", "value"}) {
    const auto name = fmt::format("bert.encoder.layer.1.attention.self.{}.weight", part);
    const auto& tensors = file.tensors();
    const auto found = std::ranges::find(tensors, name, &TensorView::name);
    ASSERT_NE(found, tensors.end());
    const auto expected =
        torch::from_blob(const_cast<std::byte*>(found->data.data()), {hidden, hidden}, torch::kFloat32);
    EXPECT_TRUE(torch::equal(qkv.narrow(0, first_row, hidden), expected)) << part;
    first_row += hidden;
  }
  EXPECT_EQ(qkv.size(0), first_row);
}

TEST(BertModules, DropoutIsActiveOnlyInTrainingMode) {
  auto config = read_model_config(golden_dir());
  config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.5;
  Bert model(config, {});
  load_weights(model, golden_dir());
  const auto inputs = golden_inputs(golden_values());
  const torch::NoGradGuard no_grad;
  const auto without = model.encode(inputs, {.dropout_seed = 3});
  EXPECT_FALSE(model.module()->is_training());
  model.module()->train();
  const auto with = model.encode(inputs, {.dropout_seed = 3});
  EXPECT_FALSE(torch::equal(with, without));
  model.module()->eval();
  EXPECT_TRUE(torch::equal(model.encode(inputs, {.dropout_seed = 3}), without));
  EXPECT_TRUE(torch::equal(model.encode(inputs, {.training = true, .dropout_seed = 3}), with));
}

TEST(BertModules, RoundTripThroughTorchSaveAndLoad) {
  const auto model = loaded(golden_dir());
  std::stringstream stream;
  torch::save(model->module(), stream);
  Bert other(model->config(), model->heads());
  auto module = other.module();
  torch::load(module, stream);
  const auto inputs = golden_inputs(golden_values());
  const torch::NoGradGuard no_grad;
  EXPECT_TRUE(torch::equal(other.encode(inputs), model->encode(inputs)));
}

TEST(BertModules, MovedParametersStillReceiveGradients) {
  const auto model = loaded(golden_dir());
  model->module()->to(torch::Device(torch::kCPU));
  for (const auto& parameter : model->module()->parameters()) EXPECT_TRUE(parameter.requires_grad());
  const auto hidden = model->encode(golden_inputs(golden_values()));
  model->mlm_logits(hidden).square().sum().backward();
  model->module()->zero_grad();
  const auto parameters = model->module()->named_parameters();
  for (const char* name :
       {"bert.embeddings.word_embeddings.weight", "bert.encoder.layer.0.attention.self.qkv.weight",
        "cls.predictions.transform.dense.weight"}) {
    EXPECT_FALSE(parameters[name].mutable_grad().defined()) << name;  // zero_grad() sets them to undefined
  }
  model->mlm_logits(model->encode(golden_inputs(golden_values()))).square().sum().backward();
  for (const char* name :
       {"bert.embeddings.word_embeddings.weight", "bert.encoder.layer.0.attention.self.qkv.weight",
        "cls.predictions.transform.dense.weight"}) {
    EXPECT_GT(parameters[name].grad().abs().max().item<float>(), 0.0F) << name;
  }
}

}  // namespace
}  // namespace rpp
