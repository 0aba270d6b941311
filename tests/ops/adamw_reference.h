// The reference implementation of the AdamW kernel: one element in double precision, written from the papers,
// and inputs that reach every case.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "ops/adamw_kernel.h"

namespace rpp::test {

inline AdamWElement reference(const AdamWStep& s, const AdamWElement& old, double grad, bool keep,
                              double alpha) {
  const double g = grad * s.grad_scale;
  const double m = s.beta1 * static_cast<double>(old.exp_avg) + s.one_minus_beta1 * g;
  const double v = s.beta2 * static_cast<double>(old.exp_avg_sq) + s.one_minus_beta2 * g * g;
  const double denominator = std::sqrt(v) * s.correction2 + s.epsilon;
  const double w = old.value * (1.0 - s.decay) - s.learning_rate * m * s.correction1 / denominator;
  if (s.shrink != AdamWShrink::none && !keep) return {0.0F, 0.0F, 0.0F};
  double threshold = 0.0;
  if (s.shrink == AdamWShrink::prox) threshold = s.threshold * alpha;
  if (s.shrink == AdamWShrink::preconditioned_prox) threshold = s.threshold * alpha / denominator;
  const double shrunk = std::copysign(std::max(std::abs(w) - threshold, 0.0), w);
  return {static_cast<float>(shrunk), static_cast<float>(m), static_cast<float>(v)};
}

// The elements [i, i + s.block) after a step that shrinks them as one block.
template <typename Arrays>
std::vector<AdamWElement> block_reference(const AdamWStep& s, const Arrays& arrays, size_t i,
                                          bool with_keep) {
  const auto size = static_cast<size_t>(s.block);
  AdamWStep plain = s;
  plain.shrink = AdamWShrink::mask;
  std::vector<AdamWElement> elements;
  double squares = 0, preconditioners = 0;
  for (size_t k = i; k < i + size; ++k) {
    AdamWStep moments = s;
    moments.shrink = AdamWShrink::none;
    const auto moved = reference(moments, arrays.element(k), arrays.grads[k], true, 0);
    preconditioners += 1 / (std::sqrt(static_cast<double>(moved.exp_avg_sq)) * s.correction2 + s.epsilon);
    const bool keep = !with_keep || arrays.keep[k] != 0;
    elements.push_back(reference(plain, arrays.element(k), arrays.grads[k], keep, 0));
    squares += std::pow(static_cast<double>(elements.back().value), 2);
  }
  double threshold = static_cast<double>(s.threshold) * arrays.alpha[i];
  if (s.shrink == AdamWShrink::preconditioned_prox) threshold *= preconditioners / static_cast<double>(size);
  const double rms = std::sqrt(squares / static_cast<double>(size));
  const double factor = rms > threshold ? 1 - threshold / rms : 0;
  for (auto& element : elements) element.value = static_cast<float>(element.value * factor);
  return elements;
}

// A step in the middle of training, with every constant away from 0 and 1.
inline AdamWStep some_step(AdamWShrink shrink) {
  AdamWStep step;
  step.learning_rate = 1e-3F;
  step.decay = 1e-3F * 0.01F;
  step.grad_scale = 0.7F;
  step.correction1 = 2.4F;
  step.correction2 = 18.0F;
  step.threshold = 1e-3F * 0.5F;
  step.shrink = shrink;
  return step;
}

struct AdamWArrays {
  std::vector<float> values, grads, exp_avg, exp_avg_sq, alpha;
  std::vector<uint8_t> keep;
  std::vector<uint16_t> working;

  // Weights of deviation 0.04: about half of them are above the proximal thresholds.
  explicit AdamWArrays(int64_t size, uint32_t seed = 1) : working(static_cast<size_t>(size)) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    for (int64_t i = 0; i < size; ++i) {
      values.push_back(0.04F * normal(random));
      grads.push_back(0.1F * normal(random));
      exp_avg.push_back(0.01F * normal(random));
      exp_avg_sq.push_back(1e-3F * std::abs(normal(random)));
      alpha.push_back(1.0F / (std::abs(values.back()) + 1e-3F));
      keep.push_back(random() % 3 != 0);
    }
  }

  AdamWSpan span() {
    AdamWSpan span;
    span.values = values.data();
    span.grads = grads.data();
    span.exp_avg = exp_avg.data();
    span.exp_avg_sq = exp_avg_sq.data();
    span.working = working.data();
    span.keep = keep.data();
    span.alpha = alpha.data();
    span.size = static_cast<int64_t>(values.size());
    return span;
  }

  AdamWElement element(size_t i) const { return {values[i], exp_avg[i], exp_avg_sq[i]}; }
};

inline constexpr AdamWShrink kEveryShrink[] = {AdamWShrink::none, AdamWShrink::mask, AdamWShrink::prox,
                                               AdamWShrink::preconditioned_prox};

inline std::string name_of(AdamWShrink shrink) {
  switch (shrink) {
    case AdamWShrink::none:
      return "none";
    case AdamWShrink::mask:
      return "mask";
    case AdamWShrink::prox:
      return "prox";
    case AdamWShrink::preconditioned_prox:
      return "preconditioned_prox";
  }
  return "unknown";
}

}  // namespace rpp::test

namespace rpp {

inline void PrintTo(AdamWShrink shrink, std::ostream* out) {
  *out << test::name_of(shrink);
}

}  // namespace rpp
