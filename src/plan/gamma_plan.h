// Which gamma reaches a prune ratio: the closed form of reweighted shrinkage on a sample of the model's own
// weights. Without Torch.
//
// With the gradient of the loss left out, a step of the prox takes rate * gamma * alpha off every |w|, and a
// round ends with alpha = 1 / (|w| + epsilon). So the zeros at the end of a run are a function of gamma
// alone, which grows with it (docs/method.md). The loss pushes back; a plan that is made anew as training
// goes on corrects for that, and the last one, for a step or two, is all but exact.
#pragma once

#include <span>
#include <vector>

namespace rpp {

struct ShrinkForecast {
  std::vector<float> magnitudes;   // |w| of a sample of the weights that are not zero
  std::vector<float> alphas;       // of the running round, one for each
  std::vector<float> scales = {};  // 1 / (sqrt(v) + eps) where the prox is preconditioned; empty: 1
  std::vector<double> rate_sums;   // learning rates of the rest of this round, then of each round to come
  double epsilon = 1e-3;
};

// The share of the sample that is zero at the end, in [0, 1].
double share_zeroed(const ShrinkForecast& forecast, double gamma);

// The least gamma that is searched for: a gamma that falls below it would take long to come back.
inline constexpr double kSmallestGamma = 1e-12;

// The gamma at which that share is `share`, to one part in 100,000; `guess` > 0 is where the search begins.
// The guess itself when no rate or no sample is left.
double gamma_for(const ShrinkForecast& forecast, double share, double guess);

}  // namespace rpp
