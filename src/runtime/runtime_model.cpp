#include "rpp/runtime_model.h"

#include "bert_format/model_file.h"
#include "weights.h"

namespace rpp {

std::vector<std::string> kernel_names() {
  std::vector<std::string> names;
  for (const Kernels* kernels : supported_kernels()) names.emplace_back(kernels->name);
  return names;
}

RuntimeModel::RuntimeModel(const std::filesystem::path& path, const RuntimeOptions& options)
    : file_(std::make_unique<const ModelFile>(path, options.file)),
      weights_(std::make_unique<const Weights>(read_weights(*file_, options))) {}

RuntimeModel::~RuntimeModel() = default;

std::shared_ptr<const RuntimeModel> RuntimeModel::load(const std::filesystem::path& path,
                                                       const RuntimeOptions& options) {
  return std::shared_ptr<const RuntimeModel>(new RuntimeModel(path, options));
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
