#include <algorithm>

#include "device_rates.h"
#include "measure/benches.h"
#include "model/init.h"
#include "ops/torch.h"
#include "rpp/prox_adamw.h"
#include "train/device.h"

namespace rpp {
namespace {

struct Case {
  std::string name;
  ShrinkRule rule;
  double bytes_of_prunable = 0;  // read in addition to the 28 of every weight
};

std::vector<Case> cases(const FlatParams& params) {
  const auto prunable = params.values().narrow(0, 0, params.num_prunable());
  const ShrinkRule mask = {.kind = ShrinkRule::Kind::mask, .keep = prunable.abs().gt(0.01).to(torch::kUInt8)};
  const ShrinkRule prox = {
      .kind = ShrinkRule::Kind::prox, .alpha = (prunable.abs() + 1e-3).reciprocal(), .gamma = 1e-3};
  ShrinkRule preconditioned = prox;
  preconditioned.preconditioned = true;
  std::vector<Case> cases = {
      {"dense", {}, 0}, {"mask", mask, 1}, {"prox", prox, 4}, {"prox, preconditioned", preconditioned, 4}};
  const auto& matrices = params.matrices();
  if (std::ranges::all_of(matrices, [](const auto& matrix) { return matrix.cols % 4 == 0; })) {
    ShrinkRule blocks = preconditioned;
    blocks.block = 4;
    cases.push_back({"prox, preconditioned, blocks of 4", blocks, 4});
  }
  return cases;
}

}  // namespace

std::vector<Measurement> bench_optimizer(const OptimizerBench& bench) {
  const torch::NoGradGuard no_grad;
  const int64_t num_threads = use_threads(bench.num_threads);
  const auto device = choose_device(bench.device);
  Bert model(bench.model, {.pretraining = true}, device);
  initialize(model, 1);
  const bool is_bf16 = bench.precision == "bf16";
  FlatParams params(model.param_specs(), is_bf16 ? Precision::bf16 : Precision::fp32);
  params.grads().fill_(1e-3);
  ProxAdamW optimizer(params, {});
  const double copy = copy_bytes_per_second(device);
  std::vector<Measurement> lines;
  for (const auto& [name, rule, bytes_of_prunable] : cases(params)) {
    const double seconds = best_seconds(bench.repeat, [&] {
      optimizer.step(1e-5, rule);
      synchronize(device);
    });
    // Weight, gradient and both moments are read, all but the gradient written; a bf16 copy is written too.
    const auto working = static_cast<double>(params.working().defined() ? params.working().nbytes() : 0);
    const double bytes = 28.0 * static_cast<double>(params.size()) + working +
                         bytes_of_prunable * static_cast<double>(params.num_prunable());
    auto line = begin_measurement("optimizer", num_threads);
    line["device"] = device_name(device);
    line["model"] = bench.model_name;
    line["precision"] = bench.precision;
    line["rule"] = name;
    line["parameters"] = params.size();
    line["bytes_per_second"] = bytes / seconds;
    line["copy_bytes_per_second"] = copy;
    line["share_of_copy"] = bytes / seconds / copy;
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace rpp
