// The Dense module of sentence-transformers: a layer behind the pooling.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bert_format/model_file.h"
#include "core/nonlinearity.h"

namespace rpp {

struct DenseModule {
  int64_t in = 0, out = 0;
  std::vector<float> weight;  // [out, in]
  std::vector<float> bias;    // [out]
  Nonlinearity activation = Nonlinearity::tanh;

  // activation(W x + b); x: [in], result: [out].
  std::vector<float> apply(std::span<const float> x) const;
};

// Reads config.json and model.safetensors of the module's folder ("2_Dense"). Throws Error that names the
// file and the key for a residual, another input or output, an activation that is not one of those above, and
// tensors of other shapes.
DenseModule read_dense_module(const ModelFile& file, const std::string& folder);

}  // namespace rpp
