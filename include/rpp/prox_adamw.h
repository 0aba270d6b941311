// AdamW with a shrink rule applied in the same pass, only on the prunable span.
//
// Decoupled decay after Loshchilov & Hutter (arXiv:1711.05101), as in torch::optim::AdamW; without bias
// correction it is the optimizer of BERT's original code. The proximal rule is Reweighted Proximal Pruning
// (arXiv:1909.12486): w = soft_threshold(AdamW(w), lr * gamma * alpha), of single weights or of blocks.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "rpp/flat_params.h"
#include "rpp/prune_config.h"

namespace rpp {

struct AdamWSpan;  // a part of the buffer, and the constants of a step, for the kernel
struct AdamWStep;

struct ShrinkRule {
  enum class Kind { none, mask, prox };
  Kind kind = Kind::none;
  torch::Tensor keep;   // u8 [num_prunable]; where 0, the weight becomes +0.0f and its moments 0; prox: may
                        // be undefined: no mask
  torch::Tensor alpha;  // prox: fp32 [num_prunable]
  double gamma = 0.0;   // prox: threshold = lr * gamma * alpha
  std::vector<double> matrix_gammas = {};  // prox: one per matrix if they differ; replaces gamma
  bool preconditioned = false;  // prox: threshold / (sqrt(v_hat) + epsilon), ProxGen (Yun et al. 2021)
  // prox: the number of neighbours in a row that are shrunk and pruned together: 1, 4, 8 or 16. It divides
  // the columns of every matrix. The root of their mean square stands for |w|; alpha is that of the first.
  int64_t block = 1;
};

class ProxAdamW {
 public:
  // params must outlive the optimizer.
  ProxAdamW(FlatParams& params, const OptimizerConfig& config);

  // One update of every trained weight (ParamSpec), with gradients params.grads() * grad_scale; refreshes the
  // working copies. The learning rate of a weight is learning_rate * layer_decay^depth, also for its decay
  // and shrinking. Throws Error when the rule's tensors or gammas do not fit the prunable span.
  void step(double learning_rate, const ShrinkRule& rule, double grad_scale = 1.0);

  // Betas, epsilon and bias correction of the next steps, and for each entry of params.entries() what its
  // learning rate is multiplied by and its weight decay: the parameter groups of an optimizer.
  struct EntryOptions {
    double rate_factor = 1.0;
    double weight_decay = 0.0;
    bool operator==(const EntryOptions&) const = default;
  };
  void set_options(const OptimizerConfig& config, const std::vector<EntryOptions>& entries);

  // fp32 [size], in the order of the flat buffer; state of a checkpoint together with step_count.
  const torch::Tensor& exp_avg() const { return exp_avg_; }
  const torch::Tensor& exp_avg_sq() const { return exp_avg_sq_; }
  // sqrt(v_hat) + epsilon of these entries, with v always corrected for its start at 0: fp32 in the shape of
  // `indices` (int64). Call after at least one step.
  torch::Tensor denominators(const torch::Tensor& indices) const;
  // sqrt(v) / sqrt(v_hat) in update number `count` (from 1): 1 with bias correction, else
  // sqrt(1 - beta2^count), which starts small and makes the first steps large.
  double denominator_share(int64_t count) const;
  int64_t step_count() const { return step_count_; }  // updates made; determines the bias correction
  void set_step_count(int64_t count) { step_count_ = count; }

 private:
  // Neighbouring trained entries of the flat buffer with the same options: [begin, end).
  struct OptionsSpan {
    int64_t begin = 0, end = 0;
    EntryOptions options;
  };
  // A part of the buffer with one weight of the penalty.
  struct Part {
    int64_t begin = 0, end = 0;
    double gamma = 0.0;
  };

  std::vector<EntryOptions> options_of_config() const;
  std::vector<OptionsSpan> options_spans(const std::vector<EntryOptions>& entries) const;
  void update(const AdamWSpan& all, AdamWStep constants, const Part& part, double learning_rate) const;

  FlatParams& params_;
  OptimizerConfig config_;
  std::vector<OptionsSpan> spans_;
  torch::Tensor exp_avg_;
  torch::Tensor exp_avg_sq_;
  int64_t step_count_ = 0;
};

}  // namespace rpp
