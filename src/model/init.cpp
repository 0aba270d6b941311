#include "model/init.h"

#include <cmath>
#include <span>
#include <string_view>

#include "bert_format/tensor_names.h"
#include "core/rng.h"
#include "core/xxh3.h"
#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

constexpr int64_t kPadRow = 0;

// Values beyond two standard deviations are drawn again, as in tf.truncated_normal.
double truncated_normal(Rng& rng) {
  double value = rng.normal();
  while (std::abs(value) > 2.0) value = rng.normal();
  return value;
}

torch::Tensor draw_matrix(c10::IntArrayRef shape, uint64_t key, double standard_deviation) {
  auto matrix = torch::empty(shape, torch::kFloat32);
  auto* values = matrix.data_ptr<float>();
  at::parallel_for(0, matrix.numel(), 1 << 15, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      Rng rng(mix_key(key, i));
      values[i] = static_cast<float>(standard_deviation * truncated_normal(rng));
    }
  });
  return matrix;
}

torch::Tensor initial_value(const NamedWeight& weight, uint64_t seed, double standard_deviation) {
  const auto shape = weight.tensor.sizes();
  if (is_norm_weight(weight.name)) return torch::ones(shape);
  if (is_bias(weight.name)) return torch::zeros(shape);
  auto matrix =
      draw_matrix(shape, mix_key(seed, xxh3_64(std::as_bytes(std::span(weight.name)))), standard_deviation);
  if (weight.name == kWordEmbeddings) matrix[kPadRow].zero_();
  return matrix;
}

// Whether it belongs to the top `layers` encoder layers or the pooler.
bool is_on_top(std::string_view name, int64_t layers, int64_t num_layers) {
  if (part_of(name) == ModelPart::pooler) return true;
  const auto layer = layer_of(name);
  return layer && *layer >= num_layers - layers;
}

}  // namespace

void initialize(Bert& model, uint64_t seed) {
  const torch::NoGradGuard no_grad;
  for (const auto& weight : model.named_weights()) {
    weight.tensor.copy_(initial_value(weight, seed, model.config().initializer_range));
  }
}

void initialize_top(Bert& model, int64_t layers, uint64_t seed) {
  const torch::NoGradGuard no_grad;
  const int64_t num_layers = model.config().num_hidden_layers;
  RPP_CHECK(layers <= num_layers, "{} layers to re-initialise, the model has {}", layers, num_layers);
  for (const auto& weight : model.named_weights()) {
    if (!is_on_top(weight.name, layers, num_layers)) continue;
    auto value = initial_value(weight, seed, model.config().initializer_range).to(weight.tensor.device());
    if (weight.tensor.dim() == 2) value.masked_fill_(weight.tensor.eq(0), 0);
    weight.tensor.copy_(value);
  }
}

}  // namespace rpp
