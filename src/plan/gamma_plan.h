// Finds the gamma for a prune ratio: the closed form of reweighted shrinkage on a sample of the model's own
// weights. Without Torch.
//
// Ignoring the gradient of the loss, a step of the prox reduces every |w| by rate * gamma * alpha, where rate
// is the learning rate, and a round ends with alpha = 1 / (|w| + epsilon). So the zeros at the end of a run
// are a function of gamma alone, which increases with it (docs/method.md). The loss works against this;
// repeated plans during training correct for it, and the last one, for a step or two, is almost exact.
#pragma once

#include <span>
#include <vector>

namespace rpp {

struct ShrinkForecast {
  std::vector<float> magnitudes;        // |w| of a sample of the non-zero weights
  std::vector<float> alphas;            // of the current round, one per sample
  std::vector<float> scales = {};       // 1 / (sqrt(v) + eps) with the preconditioned prox; empty: 1
  std::vector<double> rate_sums;        // sums of learning rates: rest of this round, then each later round
  std::vector<float> importances = {};  // what alpha of later rounds is divided by; empty: 1
  double epsilon = 1e-3;
};

// The fraction of the sample that is zero at the end, in [0, 1].
double share_zeroed(const ShrinkForecast& forecast, double gamma);

// The lower limit of the search for gamma: it would take long to recover from a smaller value.
inline constexpr double kSmallestGamma = 1e-12;

// The gamma at which that fraction is `share`, to one part in 100,000; `guess` > 0 is where the search
// starts. Returns the guess if there are no remaining learning rates or no sample.
double gamma_for(const ShrinkForecast& forecast, double share, double guess);

}  // namespace rpp
