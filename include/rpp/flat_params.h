// One contiguous fp32 buffer for all parameters, ordered prunable | decayed | undecayed.
//
// Each parameter and its gradient become views of the buffers, so that clipping, zeroing, the optimizer, the
// checkpoint and the mask are one pass over one tensor. With bf16 there is also a working copy of every
// weight, which the optimizer writes in the same pass as the weight.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "rpp/flat_matrix.h"
#include "rpp/param_spec.h"

namespace rpp {

enum class Precision { fp32, bf16 };  // of the working weights; masters are always fp32

// A parameter inside the flat buffer.
struct FlatEntry {
  std::string name;
  int64_t offset = 0;
  int64_t numel = 0;
  int64_t depth = 0;    // as in ParamSpec
  bool trained = true;  // as in ParamSpec
};

class FlatParams {
 public:
  // Moves the parameters into the buffer, keeping their order within each group; the tensors of `params` stay
  // the same objects and keep their values. Throws Error naming a parameter that is not an fp32 leaf, is on
  // another device, or whose matrices do not cover its rows.
  explicit FlatParams(std::vector<ParamSpec> params, Precision precision = Precision::fp32);

  // fp32 [size], without gradient. Call refresh_working after writing to them.
  const torch::Tensor& values() const { return values_; }
  const torch::Tensor& grads() const { return grads_; }
  // bf16 [size], undefined under Precision::fp32.
  const torch::Tensor& working() const { return working_; }

  int64_t size() const { return values_.numel(); }
  int64_t num_prunable() const { return num_prunable_; }
  int64_t num_decayed() const {
    return num_decayed_;
  }  // entries with weight decay, the prunable ones included

  // In the order of the buffer; together they cover [0, num_prunable).
  const std::vector<FlatMatrix>& matrices() const { return matrices_; }
  // In the order of the buffer.
  const std::vector<FlatEntry>& entries() const { return entries_; }

  void zero_grad();
  // Moves gradients back into the buffer if something, such as zero_grad() of a torch::nn::Module, has
  // replaced a parameter's .grad: its values are copied, a missing gradient counts as 0.
  void collect_grads();
  // Rounds every weight into its working copy; does nothing under fp32.
  void refresh_working();

 private:
  void append(ParamSpec& spec, int64_t offset);

  std::vector<ParamSpec> params_;
  torch::Tensor values_;
  torch::Tensor grads_;
  torch::Tensor working_;
  int64_t num_prunable_ = 0;
  int64_t num_decayed_ = 0;
  std::vector<FlatMatrix> matrices_;
  std::vector<FlatEntry> entries_;
};

}  // namespace rpp
