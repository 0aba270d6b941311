// Pruners decide at step boundaries which shrink rule the optimizer applies; they never touch a gradient.
//
// One class per method of PruneConfig: dense, rpp (reweighted proximal pruning, arXiv:1909.12486), nip
// (progressive magnitude pruning), fixed (a given mask). The trainer calls begin_step, runs the step with
// rule(), and finish at the end.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rpp/config/config.h"
#include "rpp/optim/flat_params.h"
#include "rpp/optim/prox_adamw.h"

namespace rpp {

struct PrunerContext {
  FlatParams& params;
  ProxAdamW* optimizer = nullptr;  // its moments are zeroed where a mask prunes; nullptr: weights only
  int64_t total_steps = 0;
  torch::Tensor fixed_mask = {};  // u8 [num_prunable], 1 = kept; for fixed (see load_mask); undefined: w != 0
};

class Pruner {
 public:
  explicit Pruner(PrunerContext context) : context_(std::move(context)) {}
  virtual ~Pruner() = default;
  Pruner(const Pruner&) = delete;
  Pruner& operator=(const Pruner&) = delete;

  // Before the forward pass of `step` (from 0, in order): refreshes alpha or the mask where a round or stage
  // begins and zeroes the weights and moments that it prunes. Calling it twice for one step changes nothing
  // the second time.
  virtual void begin_step(int64_t step) = 0;

  // What the optimizer applies in the step that has begun.
  virtual const ShrinkRule& rule() const = 0;

  // After the last step. The mask is final from here on and rule() holds it.
  virtual void finish() = 0;

  // u8 [num_prunable], 1 = kept: the mask that is held, or w != 0 where none is (rpp before finish); all 1
  // for dense.
  virtual torch::Tensor mask() const;

  // What begin_step needs to go on after a restart, bit for bit; goes into the checkpoint.
  virtual std::vector<std::pair<std::string, torch::Tensor>> state() const = 0;
  // Throws Error naming the tensor that is missing or has another size.
  virtual void load_state(const std::map<std::string, torch::Tensor>& state) = 0;

  // Throws Error naming the first matrix and the count when a weight that the held mask prunes is not zero.
  virtual void check_drift() const;

  // "round 2/4", for the progress line; empty when there is nothing to say.
  virtual std::string describe(int64_t step) const = 0;

 protected:
  torch::Tensor prunable_weights() const;  // fp32 [num_prunable], a view of the flat values
  // Zeroes weights and moments outside rule.keep and refreshes the working copies.
  void apply_mask(const torch::Tensor& keep);

  PrunerContext context_;
};

// Throws UsageError when the configuration does not fit the steps or the mask is missing.
std::unique_ptr<Pruner> make_pruner(const PruneConfig& config, PrunerContext context);

}  // namespace rpp
