#include "rpp/flat_params.h"

#include <algorithm>
#include <utility>

#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {
namespace {

void check_parameters(const std::vector<ParamSpec>& params) {
  RPP_CHECK(!params.empty(), "the model has no parameters to train");
  for (const auto& spec : params) {
    const auto& param = spec.param;
    RPP_CHECK(param.defined() && param.is_leaf() && param.scalar_type() == torch::kFloat32,
              "parameter {} must be an fp32 leaf tensor to be trained", spec.name);
    const auto device = params.front().param.device();
    RPP_CHECK(param.device() == device, "parameter {} is on {}, the first one on {}: move the whole model",
              spec.name, param.device().str(), device.str());
  }
}

// The pruners and the mask file count entries per matrix: a gap or an overlap would shift all later ones.
void check_matrices(const ParamSpec& spec) {
  int64_t next_row = 0;
  for (const auto& matrix : spec.matrices) {
    RPP_CHECK(spec.param.dim() == 2 && matrix.first_row == next_row && matrix.cols == spec.param.size(1),
              "matrix {} does not continue the rows of parameter {}", matrix.name, spec.name);
    next_row += matrix.rows;
  }
  RPP_CHECK(spec.param.dim() == 2 && next_row == spec.param.size(0),
            "the matrices of prunable parameter {} must cover all of its rows", spec.name);
}

// Shares memory with the buffer, but is not an autograd view, which torch::optim::Optimizer::zero_grad()
// would refuse.
torch::Tensor part_of(const torch::Tensor& buffer, int64_t offset, torch::IntArrayRef shape) {
  return buffer.narrow(0, offset, c10::multiply_integers(shape)).view(shape).variable_data();
}

int64_t count_entries(const std::vector<ParamSpec>& params, ParamGroup last_group) {
  int64_t entries = 0;
  for (const auto& spec : params) {
    if (spec.group <= last_group) entries += spec.param.numel();
  }
  return entries;
}

}  // namespace

FlatParams::FlatParams(std::vector<ParamSpec> params, Precision precision) : params_(std::move(params)) {
  check_parameters(params_);
  for (const auto& spec : params_) {
    if (spec.group == ParamGroup::prunable) check_matrices(spec);
  }
  std::stable_sort(params_.begin(), params_.end(),
                   [](const ParamSpec& a, const ParamSpec& b) { return a.group < b.group; });
  num_prunable_ = count_entries(params_, ParamGroup::prunable);
  num_decayed_ = count_entries(params_, ParamGroup::decayed);
  const int64_t size = count_entries(params_, ParamGroup::undecayed);
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(params_.front().param.device());
  values_ = torch::empty({size}, options);
  grads_ = torch::zeros({size}, options);
  if (precision == Precision::bf16) working_ = torch::empty({size}, options.dtype(torch::kBFloat16));
  int64_t offset = 0;
  for (auto& spec : params_) {
    append(spec, offset);
    offset += spec.param.numel();
  }
  refresh_working();
}

void FlatParams::append(ParamSpec& spec, int64_t offset) {
  const int64_t numel = spec.param.numel();
  const auto shape = spec.param.sizes().vec();
  auto view = values_.narrow(0, offset, numel).view(shape);
  view.copy_(spec.param.detach());
  spec.param.set_data(view);
  spec.param.mutable_grad() = part_of(grads_, offset, shape);
  // Under fp32 a copy left by an earlier buffer would be stale, so it is removed.
  if (spec.working != nullptr) {
    *spec.working = working_.defined() ? working_.narrow(0, offset, numel).view(shape) : torch::Tensor();
  }
  entries_.push_back({spec.name, offset, numel, spec.depth, spec.trained});
  if (spec.group != ParamGroup::prunable) return;
  for (const auto& matrix : spec.matrices) {
    matrices_.push_back({matrix.name, offset + matrix.first_row * matrix.cols, matrix.rows, matrix.cols});
  }
}

void FlatParams::zero_grad() {
  grads_.zero_();
}

void FlatParams::collect_grads() {
  for (size_t i = 0; i < params_.size(); ++i) {
    auto& grad = params_[i].param.mutable_grad();
    const FlatEntry& entry = entries_[i];
    const auto place = part_of(grads_, entry.offset, params_[i].param.sizes());
    if (grad.defined() && grad.is_alias_of(grads_)) continue;
    if (grad.defined()) {
      place.copy_(grad);
    } else {
      place.zero_();
    }
    grad = place;
  }
}

void FlatParams::refresh_working() {
  if (working_.defined()) working_.copy_(values_);
}

}  // namespace rpp
