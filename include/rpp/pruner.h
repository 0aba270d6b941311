// Pruners decide at step boundaries which shrink rule the optimizer applies; they never change a gradient.
//
// One class per kind of method: dense, rpp (reweighted proximal pruning, arXiv:1909.12486), magnitude (nip,
// gradual, one_shot), movement (movement, soft_movement), fixed (a given mask). In every step the trainer
// calls begin_step, runs the passes, calls observe_gradients and applies rule(); at the end it calls finish.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rpp/flat_params.h"
#include "rpp/prox_adamw.h"
#include "rpp/prune_config.h"

namespace rpp {

struct PrunerContext {
  FlatParams& params;
  ProxAdamW* optimizer = nullptr;  // its moments are zeroed where a mask prunes; nullptr: weights only
  int64_t total_steps = 0;
  torch::Tensor fixed_mask = {};  // u8 [num_prunable], 1 = kept; for fixed (see load_mask); undefined: w != 0
  std::function<double(int64_t step)> learning_rate = {};  // for any step; rpp's search for gamma needs it
};

// A change of the mask, for the log.
struct PruneEvent {
  std::string text;
  std::map<std::string, double> values;
};

class Pruner {
 public:
  explicit Pruner(PrunerContext context) : context_(std::move(context)) {}
  virtual ~Pruner() = default;
  Pruner(const Pruner&) = delete;
  Pruner& operator=(const Pruner&) = delete;

  // Before the forward pass of `step` (from 0, in order): updates alpha or the mask when a round or stage
  // starts and zeroes the weights and moments that it prunes. A second call for the same step changes
  // nothing.
  virtual void begin_step(int64_t step) = 0;

  // Between the backward pass and the optimizer's step, for methods that rank by gradients. grad_scale is the
  // factor that the optimizer will apply to them.
  virtual void observe_gradients(double grad_scale) { static_cast<void>(grad_scale); }

  // The rule for the optimizer in the current step.
  virtual const ShrinkRule& rule() const = 0;

  // After the last step. The mask is final afterwards and rule() keeps it.
  virtual void finish() = 0;

  // u8 [num_prunable], 1 = kept: the current mask, or w != 0 without one (rpp before recovery); all 1 for
  // dense.
  virtual torch::Tensor mask() const;

  // The state that begin_step needs to continue after a restart, bit for bit; part of the checkpoint.
  virtual std::vector<std::pair<std::string, torch::Tensor>> state() const = 0;
  // Throws Error naming the tensor that is missing or has another size.
  virtual void load_state(const std::map<std::string, torch::Tensor>& state) = 0;

  // Throws Error naming the first matrix and the count if a weight pruned by the current mask is not zero.
  virtual void check_drift() const;

  // "round 2/4", for the progress line; may be empty.
  virtual std::string describe(int64_t step) const = 0;

  // Whether there are events since the last call of take_events.
  bool has_events() const { return !events_.empty(); }
  // The events since the last call.
  std::vector<PruneEvent> take_events() { return std::exchange(events_, {}); }

 protected:
  torch::Tensor prunable_weights() const;  // fp32 [num_prunable], a view of the flat values
  // Zeroes weights and moments where keep is 0 and refreshes the working copies.
  void apply_mask(const torch::Tensor& keep);
  // The initial mask of the model: u8 [num_prunable], w != 0, or all 1 if its zeros are not kept.
  torch::Tensor initial_mask(bool hold_zeros) const;
  // Throws Error naming the first matrix and the count if a weight pruned by `keep` is not zero.
  void check_against(const torch::Tensor& keep) const;
  // Adds the ratio, and the numbers of pruned and returned weights between two masks, to the event.
  void note_event(PruneEvent event, const torch::Tensor& before, const torch::Tensor& after);

  PrunerContext context_;

 private:
  std::vector<PruneEvent> events_;
};

// Throws UsageError when the configuration does not fit the steps or the model, or the mask is missing.
std::unique_ptr<Pruner> make_pruner(const PruneConfig& config, PrunerContext context);

}  // namespace rpp
