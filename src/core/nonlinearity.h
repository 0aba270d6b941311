// The functions behind a dense layer, for single numbers: poolers and Dense modules have few of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rpp {

enum class Nonlinearity { identity, tanh, relu, gelu, sigmoid };  // gelu: the erf form

inline float apply(Nonlinearity function, float x) {
  switch (function) {
    case Nonlinearity::identity:
      return x;
    case Nonlinearity::tanh:
      return std::tanh(x);
    case Nonlinearity::relu:
      return std::max(x, 0.0F);
    case Nonlinearity::gelu:
      return 0.5F * x * (1.0F + std::erf(x / std::numbers::sqrt2_v<float>));
    case Nonlinearity::sigmoid:
      return 1.0F / (1.0F + std::exp(-x));
  }
  return x;
}

}  // namespace rpp
