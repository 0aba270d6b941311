#include "analysis/verify_zeros.h"

#include "analysis/model_zeros.h"
#include "bert_format/model_files.h"
#include "bert_format/weight_files.h"
#include "plan/mask_file.h"
#include "rpp/error.h"
#include "runs/checkpoint.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// A mask other than the one the model was saved with would verify nothing.
void check_own_mask(const fs::path& model_dir, const std::string& mask_sha256) {
  const SafetensorsSet file = open_weights(model_dir);
  const auto found = file.metadata().find("mask_sha256");
  RPP_CHECK(
      found == file.metadata().end() || found->second == mask_sha256,
      "{} was saved with the mask {}, but mask.safetensors beside it is {}: restore the right one from a "
      "checkpoint",
      file.path(), found->second, mask_sha256);
}

std::vector<uint8_t> own_mask(const ModelZeros& model) {
  const fs::path file = model.directory / kMaskFile;
  RPP_CHECK(fs::exists(file),
            "{} has no mask.safetensors: name a mask file, or the model it was pruned as, with --against",
            model.directory);
  auto mask = read_mask(file, model.matrices);
  check_own_mask(model.directory, mask_sha256(model.matrices, mask));
  return mask;
}

std::vector<MatrixDrift> drifted_matrices(const ModelZeros& model, std::span<const uint8_t> mask) {
  std::vector<MatrixDrift> drifted;
  for (const auto& matrix : model.matrices) {
    const auto report = drift_report(model.nonzero, mask, {matrix});
    if (report.drifted > 0) drifted.push_back({matrix.name, report.masked, report.drifted});
  }
  return drifted;
}

}  // namespace

ZeroCheck verify_zeros(const fs::path& model_dir, const fs::path& against) {
  ZeroCheck check;
  check.has_manifest = fs::exists(model_dir / "manifest.json");
  if (check.has_manifest) verify_checkpoint(model_dir);
  const ModelZeros model = read_zeros(model_dir);
  const auto mask = against.empty() ? own_mask(model) : mask_from(against, model);
  check.mask_source = against.empty() ? model_dir / kMaskFile : against;
  check.mask_sha256 = mask_sha256(model.matrices, mask);
  check.total = drift_report(model.nonzero, mask, model.matrices);
  check.drifted = drifted_matrices(model, mask);
  return check;
}

std::string format_check(const ZeroCheck& check) {
  std::string text = fmt::format("mask    {}\nsha256  {}\n", check.mask_source, check.mask_sha256);
  if (check.has_manifest) text += "files   as manifest.json lists them\n";
  for (const auto& matrix : check.drifted) {
    text += fmt::format("{}: {} of {} zeros drifted\n", matrix.name, matrix.drifted, matrix.masked);
  }
  return text + format_drift(check.total) + "\n";
}

}  // namespace rpp
