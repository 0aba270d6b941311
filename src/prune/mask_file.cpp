#include "prune/mask_file.h"

#include "ops/torch.h"
#include "plan/mask_file.h"

namespace rpp {
namespace {

torch::Tensor on_cpu(const torch::Tensor& mask) {
  return mask.ne(0).to(torch::kCPU, torch::kUInt8).contiguous();
}

std::span<const uint8_t> entries(const torch::Tensor& mask) {
  return {mask.const_data_ptr<uint8_t>(), static_cast<size_t>(mask.numel())};
}

}  // namespace

void save_mask(const std::filesystem::path& path, const std::vector<FlatMatrix>& matrices,
               const torch::Tensor& mask) {
  write_mask(path, matrices, entries(on_cpu(mask)));
}

torch::Tensor load_mask(const std::filesystem::path& path, const std::vector<FlatMatrix>& matrices) {
  auto mask = read_mask(path, matrices);
  return torch::from_blob(mask.data(), {static_cast<int64_t>(mask.size())}, torch::kUInt8).clone();
}

std::string mask_sha256(const std::vector<FlatMatrix>& matrices, const torch::Tensor& mask) {
  return mask_sha256(matrices, entries(on_cpu(mask)));
}

}  // namespace rpp
