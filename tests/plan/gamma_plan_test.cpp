#include "plan/gamma_plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace rpp {
namespace {

constexpr double kDeviation = 0.04;

// |w| of a normal distribution.
std::vector<float> half_normal(size_t count) {
  std::mt19937 random(3);
  std::normal_distribution<float> normal(0.0F, kDeviation);
  std::vector<float> magnitudes(count);
  for (auto& magnitude : magnitudes) magnitude = std::abs(normal(random));
  return magnitudes;
}

// A round whose alpha has just been updated.
ShrinkForecast reweighted(std::vector<double> rate_sums) {
  ShrinkForecast forecast{
      .magnitudes = half_normal(200'000), .alphas = {}, .rate_sums = std::move(rate_sums), .epsilon = 1e-9};
  for (const float magnitude : forecast.magnitudes) {
    forecast.alphas.push_back(static_cast<float>(1.0 / (magnitude + forecast.epsilon)));
  }
  return forecast;
}

double erf_law(double shrinkage) {
  return std::erf(std::sqrt(shrinkage) / (kDeviation * std::sqrt(2.0)));
}

TEST(GammaPlan, OneReweightedRoundFollowsTheErfLaw) {
  const auto forecast = reweighted({0.01});
  for (const double shrinkage : {4.7e-4, 1.1e-3, 2.6e-3, 4.0e-3}) {
    EXPECT_NEAR(share_zeroed(forecast, shrinkage / 0.01), erf_law(shrinkage), 0.003) << shrinkage;
  }
}

TEST(GammaPlan, TheFirstRoundShrinksEveryWeightByGammaTimesTheLearningRates) {
  ShrinkForecast forecast{
      .magnitudes = {0.1F, 0.2F, 0.3F, 0.4F}, .alphas = {1, 1, 1, 1}, .rate_sums = {0.01}};
  EXPECT_DOUBLE_EQ(share_zeroed(forecast, 25.0), 0.5);
}

// |w| = 0.3 with alpha 1 / 0.3: the first round leaves 0.3 - 0.045 / 0.3 = 0.15, the second subtracts 0.045 /
// 0.15.
TEST(GammaPlan, LaterRoundsStartFromTheEarlierResult) {
  ShrinkForecast forecast{
      .magnitudes = {0.3F}, .alphas = {1 / 0.3F}, .rate_sums = {1.0, 1.0}, .epsilon = 1e-9};
  EXPECT_DOUBLE_EQ(share_zeroed(forecast, 0.0450), 1.0);
  EXPECT_DOUBLE_EQ(share_zeroed(forecast, 0.0170), 0.0);  // 0.3 -> 0.2433 -> 0.1735
}

TEST(GammaPlan, ScalesDivideByThePreconditioner) {
  auto forecast = reweighted({0.01});
  const double plain = share_zeroed(forecast, 0.1);
  forecast.scales.assign(forecast.magnitudes.size(), 1000.0F);
  EXPECT_DOUBLE_EQ(share_zeroed(forecast, 0.1e-3), plain);
}

TEST(GammaPlan, EveryWeightHasItsOwnScale) {
  const ShrinkForecast forecast{
      .magnitudes = {0.2F, 0.2F}, .alphas = {1, 1}, .scales = {1.0F, 0.1F}, .rate_sums = {1.0}};
  EXPECT_DOUBLE_EQ(share_zeroed(forecast, 1.0), 0.5);
}

// In the first of the rounds alpha is given; in later ones it is divided by the importance.
TEST(GammaPlan, ImportancesDivideAlphaOfLaterRounds) {
  ShrinkForecast forecast{.magnitudes = {0.3F, 0.3F},
                          .alphas = {1 / 0.3F, 1 / 0.3F},
                          .rate_sums = {1.0, 1.0},
                          .importances = {1.0F, 3.0F},
                          .epsilon = 1e-9};
  EXPECT_DOUBLE_EQ(share_zeroed(forecast, 0.0450), 0.5);  // 0.15 - 0.3 and 0.15 - 0.1
  forecast.rate_sums = {1.0};
  EXPECT_DOUBLE_EQ(share_zeroed(forecast, 0.0901), 1.0);
}

TEST(GammaPlan, TheGammaFoundGivesTheRequestedRatio) {
  for (const auto& rates : {std::vector<double>{0.02}, {0.001, 0.01, 0.008, 0.005, 0.002}}) {
    const auto forecast = reweighted(rates);
    for (const double share : {0.01, 0.3, 0.593, 0.8, 0.95}) {
      for (const double guess : {1e-6, 0.1, 1e4}) {
        EXPECT_NEAR(share_zeroed(forecast, gamma_for(forecast, share, guess)), share, 1e-4)
            << share << " " << guess;
      }
    }
  }
}

TEST(GammaPlan, WithoutLearningRatesOrWeightsTheGuessIsKept) {
  EXPECT_DOUBLE_EQ(gamma_for(reweighted({0.0}), 0.5, 0.123), 0.123);
  EXPECT_DOUBLE_EQ(gamma_for({.magnitudes = {}, .alphas = {}, .rate_sums = {0.1}}, 0.5, 0.123), 0.123);
}

}  // namespace
}  // namespace rpp
