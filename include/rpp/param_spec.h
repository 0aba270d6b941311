// A trainable parameter for the optimizer: a tensor, its name and its group.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace rpp {

enum class ParamGroup { prunable, decayed, undecayed };  // the order in the flat buffer

// A prunable matrix inside a parameter: rows [first_row, first_row + rows) of a [out, in] weight. A fused QKV
// weight has three. `name` is the Hugging Face name ("bert.encoder.layer.0.attention.self.query.weight").
struct MatrixSlice {
  std::string name;
  int64_t first_row = 0;
  int64_t rows = 0;
  int64_t cols = 0;
};

struct ParamSpec {
  std::string name;
  torch::Tensor param;  // fp32 leaf
  ParamGroup group = ParamGroup::undecayed;
  int64_t depth = 0;                  // 0: a head; 1: the top layer, and so on down to the embeddings
  bool trained = true;                // false: the loss does not depend on it, so no step changes it
  std::vector<MatrixSlice> matrices;  // of a prunable parameter, covering all of its rows
  // bf16 working copy used in the forward pass, set by FlatParams; nullptr if fp32 is always used.
  torch::Tensor* working = nullptr;
};

}  // namespace rpp
