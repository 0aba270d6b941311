// The small BERT of tests/golden/bert as a model file, and the outputs of transformers for it.
#pragma once

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <vector>

#include "bert_format/model_export.h"
#include "io/safetensors.h"
#include "rpp/session.h"

namespace rpp {

inline std::filesystem::path golden_dir() {
  return std::filesystem::path(RPP_SOURCE_DIR) / "tests/golden/bert";
}

// A file in the temporary directory, removed with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view name)
      : path_(std::filesystem::temp_directory_path() / fmt::format("rpp_infer_{}_{}", ::getpid(), name)) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::shared_ptr<const RuntimeModel> exported(const std::filesystem::path& model_dir,
                                                    const RuntimeOptions& options = {},
                                                    const ExportOptions& types = {}) {
  const TemporaryFile file("model.rpp");
  export_model(model_dir, file.path(), types);
  return RuntimeModel::load(file.path(), options);  // the mapping stays valid after the file is removed
}

// The inputs and outputs in golden.safetensors.
class Golden {
 public:
  explicit Golden(const std::filesystem::path& directory = golden_dir())
      : file_(directory / "golden.safetensors") {}
  std::vector<int32_t> integers(const char* name) const {
    const auto values = file_.at(name).as<int64_t>();
    return {values.begin(), values.end()};
  }
  std::span<const float> floats(const char* name) const { return file_.at(name).as<float>(); }

 private:
  SafetensorsFile file_;
};

inline double largest_difference(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return 1e9;
  double largest = 0.0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(double{a[i]} - b[i]));
  return largest;
}

}  // namespace rpp
