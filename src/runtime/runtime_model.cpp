#include "rpp/runtime_model.h"

#include "bert_format/model_file.h"
#include "rpp/error.h"
#include "weights.h"

namespace rpp {

std::vector<std::string> kernel_names() {
  std::vector<std::string> names;
  for (const Kernels* kernels : supported_kernels()) names.emplace_back(kernels->name);
  return names;
}

RuntimeModel::RuntimeModel(std::unique_ptr<const ModelFile> file, const RuntimeOptions& options)
    : file_(std::move(file)), weights_(std::make_unique<const Weights>(read_weights(*file_, options))) {}

RuntimeModel::~RuntimeModel() = default;

std::shared_ptr<const RuntimeModel> RuntimeModel::load(const std::filesystem::path& path,
                                                       const RuntimeOptions& options) {
  auto file = std::make_unique<const ModelFile>(path, options.file);
  return std::shared_ptr<const RuntimeModel>(new RuntimeModel(std::move(file), options));
}

std::shared_ptr<const RuntimeModel> RuntimeModel::load(std::span<const std::byte> bytes,
                                                       const RuntimeOptions& options) {
  if (options.file == FileAccess::mapped) fail_usage("a model in memory is copied, only files can be mapped");
  auto file = std::make_unique<const ModelFile>(bytes);
  return std::shared_ptr<const RuntimeModel>(new RuntimeModel(std::move(file), options));
}

const ModelSizes& RuntimeModel::sizes() const {
  return weights_->sizes;
}

std::string_view RuntimeModel::kernels() const {
  return weights_->kernels->name;
}

int64_t RuntimeModel::num_sparse() const {
  return weights_->num_sparse;
}

double RuntimeModel::sparse_from() const {
  return weights_->sparse_from;
}

}  // namespace rpp
