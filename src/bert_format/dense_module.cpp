#include "bert_format/dense_module.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "bert_format/model_files.h"
#include "core/json.h"
#include "io/finite.h"
#include "io/floats.h"
#include "io/safetensors.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Json = nlohmann::json;

struct NamedActivation {
  const char* name;
  Nonlinearity activation;
};

constexpr const char* kUsualActivation = "torch.nn.modules.activation.Tanh";
constexpr NamedActivation kActivations[] = {{"torch.nn.modules.linear.Identity", Nonlinearity::identity},
                                            {kUsualActivation, Nonlinearity::tanh},
                                            {"torch.nn.modules.activation.ReLU", Nonlinearity::relu},
                                            {"torch.nn.modules.activation.GELU", Nonlinearity::gelu},
                                            {"torch.nn.modules.activation.Sigmoid", Nonlinearity::sigmoid}};

Nonlinearity activation_named(const Json& name, const std::filesystem::path& place) {
  for (const NamedActivation& known : kActivations) {
    if (name == known.name) return known.activation;
  }
  fail("{}: activation_function is {}: Identity, Tanh, ReLU, GELU and Sigmoid are supported", place,
       name.dump());
}

// Throws for a value that would mean another computation.
void expect_dense(const Json& config, const char* key, const Json& expected,
                  const std::filesystem::path& place) {
  const Json value = config.value(key, Json());
  RPP_CHECK(value.is_null() || value == expected, "{}: {} is {}, only {} is supported", place, key,
            value.dump(), expected.dump());
}

int64_t features_of(const Json& config, const char* key, const std::filesystem::path& place) {
  const Json value = config.value(key, Json());
  RPP_CHECK(value.is_number_unsigned() && value.get<uint64_t>() > 0 && value.get<uint64_t>() <= INT32_MAX,
            "{}: {} is {}, it must be a number of features", place, key, value.dump());
  return value.get<int64_t>();
}

bool has_bias(const Json& config, const std::filesystem::path& place) {
  const Json value = config.value("bias", Json(true));
  RPP_CHECK(value.is_boolean(), "{}: bias is {}, it must be true or false", place, value.dump());
  return value.get<bool>();
}

std::vector<float> values_of(const std::vector<TensorView>& tensors, const std::string& name,
                             const std::vector<int64_t>& shape, const std::filesystem::path& place) {
  const auto found = std::ranges::find(tensors, name, &TensorView::name);
  RPP_CHECK(found != tensors.end() && found->shape == shape,
            "{}: the module needs a tensor {} of shape [{}], as its config.json says", place, name,
            fmt::join(shape, ", "));
  RPP_CHECK(is_float(found->dtype), "{}: tensor {} is {}: weights are F64, F32, F16 or BF16", place, name,
            dtype_name(found->dtype));
  const std::vector<std::byte> aligned(found->data.begin(), found->data.end());
  TensorView view = *found;
  view.data = aligned;
  check_finite(place, view);
  std::vector<float> storage;
  const auto values = as_floats(view, storage);
  return {values.begin(), values.end()};
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

std::vector<float> DenseModule::apply(std::span<const float> x) const {
  std::vector<float> y = bias;
  const float* row = weight.data();
  for (float& value : y) {
    for (const float feature : x) value += *row++ * feature;
    value = rpp::apply(activation, value);
  }
  return y;
}

DenseModule read_dense_module(const ModelFile& file, const std::string& folder) {
  const auto name = [&](const char* of_file) { return fmt::format("{}/{}", folder, of_file); };
  const auto has = [&](const std::string& path) { return file.contents().files.contains(path); };
  const auto place = file.path() / name(kConfigFile);
  RPP_CHECK(has(name(kConfigFile)), "{} is missing: modules.json names it", place);
  const Json config = parse_json_object<Json>(file.file(name(kConfigFile)), place.string());
  expect_dense(config, "module_input_name", "sentence_embedding", place);
  expect_dense(config, "module_output_name", "sentence_embedding", place);
  expect_dense(config, "use_residual", false, place);
  DenseModule module{.in = features_of(config, "in_features", place),
                     .out = features_of(config, "out_features", place),
                     .weight = {},
                     .bias = {}};
  module.activation = activation_named(config.value("activation_function", Json(kUsualActivation)), place);
  const auto weights = file.path() / name(kWeightsFile);
  RPP_CHECK(has(name(kWeightsFile)),
            "{} is missing: modules.json names it; a pytorch_model.bin beside it is converted by "
            "scripts/convert_bin.py",
            weights);
  const auto tensors = parse_safetensors(weights, bytes_of(file.file(name(kWeightsFile))));
  module.weight = values_of(tensors, "linear.weight", {module.out, module.in}, weights);
  module.bias.assign(static_cast<size_t>(module.out), 0.0F);
  if (has_bias(config, place)) module.bias = values_of(tensors, "linear.bias", {module.out}, weights);
  return module;
}

}  // namespace rpp
