#include "ratio_controller.h"

#include <algorithm>
#include <cmath>

#include "blocks.h"
#include "core/rng.h"
#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

constexpr int64_t kSampleSize = 1 << 16;
constexpr int64_t kThinning = 8;  // while later rounds follow, whose forecast is rough anyway
constexpr double kFirstGuess = 1e-2;
constexpr uint64_t kSampleStream = 0x73616d706c65;
constexpr int64_t kMomentSteps = 3;  // that Adam's second moment needs before a plan can use it
// A plan may change gamma by at most these factors: one noisy estimate must not zero a whole matrix or
// release zeros, many of which return as soon as gamma * alpha falls below Adam's step.
constexpr double kLargestRise = 4.0;
constexpr double kLargestFall = 1.25;

// Indices of entries of the group's matrices: one from each interval, at a random position. Evenly spaced
// ones would be in few columns if the distance and the number of columns have a common divisor. Of a block it
// is the first entry.
torch::Tensor sample_of(const PruneGroup& group, torch::Device device) {
  const int64_t stretch = (group.size() + kSampleSize - 1) / kSampleSize;
  std::vector<int64_t> indices;
  for (const auto& matrix : group.matrices) {
    const int64_t end = matrix.offset + matrix.rows * matrix.cols;
    for (int64_t begin = matrix.offset; begin < end; begin += stretch) {
      Rng rng(mix_key(kSampleStream, begin));
      const int64_t entry = begin + static_cast<int64_t>(rng.below(std::min(stretch, end - begin)));
      indices.push_back(entry - entry % group.block);
    }
  }
  return torch::tensor(indices, torch::kInt64).to(device);
}

// The indices of all entries of the blocks that begin at `starts`: [starts * block].
torch::Tensor entries_of_blocks(const torch::Tensor& starts, int64_t block) {
  if (block == 1) return starts;
  return (starts.unsqueeze(1) + torch::arange(block, starts.options())).flatten();
}

std::vector<float> to_vector(const torch::Tensor& tensor) {
  const auto on_cpu = tensor.to(torch::kCPU, torch::kFloat32).contiguous();
  return {on_cpu.const_data_ptr<float>(), on_cpu.const_data_ptr<float>() + on_cpu.numel()};
}

}  // namespace

int64_t count_zeros(const torch::Tensor& entries, const PruneGroup& group) {
  auto zeros = torch::zeros({}, entries.options().dtype(torch::kInt64));  // on the device: one sync for all
  for (const auto& matrix : group.matrices) {
    zeros += entries.narrow(0, matrix.offset, matrix.rows * matrix.cols).eq(0).sum();
  }
  return zeros.item<int64_t>();
}

RatioController::RatioController(const PruneConfig& config, const FlatParams& params,
                                 const ProxAdamW* optimizer, std::vector<PruneGroup> groups,
                                 std::vector<int64_t> starts, int64_t end,
                                 std::function<double(int64_t)> learning_rate)
    : epsilon_(config.rpp.epsilon),
      params_(params),
      optimizer_(config.method == PruneMethod::rpp_preconditioned ? optimizer : nullptr),
      groups_(std::move(groups)),
      starts_(std::move(starts)),
      end_(end),
      learning_rate_(std::move(learning_rate)),
      steering_(groups_.size()) {
  for (const auto& group : groups_) samples_.push_back(sample_of(group, params.values().device()));
}

// With a preconditioned prox, bias correction of the denominator acts as a factor of the learning rate.
double RatioController::rate_of(int64_t later_step, int64_t step) const {
  const double rate = learning_rate_(later_step);
  if (optimizer_ == nullptr) return rate;
  return rate / optimizer_->denominator_share(optimizer_->step_count() + 1 + later_step - step);
}

// The remaining steps of the round that contains `step`, then of each later one.
std::vector<double> RatioController::rate_sums(int64_t step) const {
  std::vector<double> sums;
  int64_t begin = step;
  for (auto next = std::upper_bound(starts_.begin(), starts_.end(), step); begin < end_; ++next) {
    const int64_t round_end = next == starts_.end() ? end_ : *next;
    double sum = 0;
    for (int64_t k = begin; k < round_end; ++k) sum += rate_of(k, step);
    sums.push_back(sum);
    begin = round_end;
    if (next == starts_.end()) break;
  }
  return sums;
}

ShrinkForecast RatioController::forecast_of(size_t group, int64_t step, const ShrinkRule& rule) const {
  const auto weights = params_.values().detach().narrow(0, 0, params_.num_prunable());
  auto rates = rate_sums(step);
  const auto sample = rates.size() > 1 ? samples_[group].slice(0, 0, {}, kThinning) : samples_[group];
  const int64_t block = groups_[group].block;
  const auto norms = block_norms(weights.index_select(0, entries_of_blocks(sample, block)), block);
  const auto is_live = norms.ne(0);
  const auto live = sample.masked_select(is_live);
  ShrinkForecast forecast{.magnitudes = to_vector(norms.masked_select(is_live)),
                          .alphas = to_vector(rule.alpha.index_select(0, live)),
                          .rate_sums = std::move(rates),
                          .epsilon = epsilon_};
  if (importance_.defined()) forecast.importances = to_vector(importance_.index_select(0, live));
  if (optimizer_ != nullptr) {
    const auto scales = optimizer_->denominators(entries_of_blocks(live, block)).reciprocal();
    forecast.scales = to_vector(block_means(scales, block));
  }
  return forecast;
}

void RatioController::steer(size_t group, int64_t step, const ShrinkRule& rule) {
  auto& [gamma, expected_zeros, surplus] = steering_[group];
  const auto size = static_cast<double>(groups_[group].size());
  const auto zeros = static_cast<double>(count_zeros(params_.values().detach(), groups_[group]));
  if (expected_zeros >= 0) surplus += (zeros - expected_zeros - surplus) / 2;
  const double missing = groups_[group].target_ratio * size - zeros - surplus;
  expected_zeros = -1;
  if (missing <= 0) {
    if (gamma) gamma = std::max(*gamma / kLargestFall, kSmallestGamma);
    return;
  }
  auto forecast = forecast_of(group, step, rule);
  const double share = std::min(1.0, missing / (size - zeros));
  const double planned = gamma_for(forecast, share, gamma.value_or(kFirstGuess));
  gamma = gamma ? std::clamp(planned, *gamma / kLargestFall, *gamma * kLargestRise) : planned;
  if (next_plan_ > step + 1) return;
  forecast.rate_sums = {rate_of(step, step)};
  expected_zeros = zeros + (size - zeros) * share_zeroed(forecast, *gamma);
}

void RatioController::plan(int64_t step, ShrinkRule& rule) {
  if (step < next_plan_ || step >= end_) return;
  if (optimizer_ != nullptr && optimizer_->step_count() < kMomentSteps) return;
  // Every step at the end, and every twentieth of the remaining steps before.
  next_plan_ = step + std::max<int64_t>(1, (end_ - step) / 20);
  const auto round = std::upper_bound(starts_.begin(), starts_.end(), step);
  if (round != starts_.end()) next_plan_ = std::min(next_plan_, *round);
  for (size_t group = 0; group < groups_.size(); ++group) steer(group, step, rule);
  set_gammas(rule);
}

void RatioController::set_gammas(ShrinkRule& rule) const {
  rule.gamma = steering_.front().gamma.value_or(0);
  rule.matrix_gammas.clear();
  if (groups_.size() == 1) return;
  for (const auto& matrix : params_.matrices()) {
    double gamma = rule.gamma;  // of an excluded matrix: alpha is 0 there
    for (size_t group = 0; group < groups_.size(); ++group) {
      for (const auto& member : groups_[group].matrices) {
        if (member.offset == matrix.offset) gamma = steering_[group].gamma.value_or(0);
      }
    }
    rule.matrix_gammas.push_back(gamma);
  }
}

torch::Tensor RatioController::state() const {
  std::vector<double> values;
  for (const auto& [gamma, expected_zeros, surplus] : steering_) {
    values.insert(values.end(), {gamma.value_or(0), expected_zeros, surplus});
  }
  values.push_back(static_cast<double>(next_plan_));
  return torch::tensor(values, torch::kFloat64);
}

void RatioController::load_state(const torch::Tensor& state) {
  const auto groups = static_cast<int64_t>(steering_.size());
  RPP_CHECK(state.numel() == 3 * groups + 1, "it holds gammas of {} groups of matrices, this run has {}",
            (state.numel() - 1) / 3, groups);
  const auto* values = state.const_data_ptr<double>();
  for (auto& group : steering_) {
    group = {.gamma = {}, .expected_zeros = values[1], .surplus = values[2]};
    if (values[0] > 0) group.gamma = values[0];
    values += 3;
  }
  next_plan_ = static_cast<int64_t>(*values);
}

}  // namespace rpp
