// The golden model with some weights changed, for tests of dead units and heads.
#pragma once

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/atomic_file.h"
#include "io/safetensors.h"

namespace rpp::test {

// Hidden size 32, 4 heads of 8 dimensions, 48 intermediate units, 2 layers.
inline const std::filesystem::path kGoldenModel = std::filesystem::path(RPP_SOURCE_DIR) / "tests/golden/bert";

class EditedModel {
 public:
  explicit EditedModel(const std::filesystem::path& source = kGoldenModel)
      : file_(source / "model.safetensors"), config_(read_file(source / "config.json")) {
    for (const auto& view : file_.tensors()) {
      const auto values = view.as<float>();
      values_[view.name].assign(values.begin(), values.end());
    }
  }

  // Names omit "bert.encoder.layer." and ".weight": "0.attention.self.query".
  EditedModel& zero_row(const std::string& matrix, int64_t row) {
    const int64_t cols = shape(matrix)[1];
    std::fill_n(weight(matrix).begin() + row * cols, cols, 0.0F);
    return *this;
  }
  EditedModel& set_col(const std::string& matrix, int64_t col, float value) {
    for (int64_t row = 0; row < shape(matrix)[0]; ++row) {
      weight(matrix)[static_cast<size_t>(row * shape(matrix)[1] + col)] = value;
    }
    return *this;
  }
  EditedModel& zero_col(const std::string& matrix, int64_t col) { return set_col(matrix, col, 0.0F); }
  EditedModel& set_bias(const std::string& linear, int64_t index, float value) {
    values_.at("bert.encoder.layer." + linear + ".bias")[static_cast<size_t>(index)] = value;
    return *this;
  }

  std::filesystem::path save(const std::filesystem::path& directory) const {
    std::vector<TensorView> views = file_.tensors();
    for (auto& view : views) view.data = std::as_bytes(std::span(values_.at(view.name)));
    std::filesystem::create_directories(directory);
    save_safetensors(directory / "model.safetensors", views, file_.metadata());
    write_file_atomically(directory / "config.json", config_);
    return directory;
  }

 private:
  static std::string full_name(const std::string& matrix) {
    return "bert.encoder.layer." + matrix + ".weight";
  }
  std::vector<float>& weight(const std::string& matrix) { return values_.at(full_name(matrix)); }
  const std::vector<int64_t>& shape(const std::string& matrix) const {
    return file_.at(full_name(matrix)).shape;
  }

  SafetensorsFile file_;
  std::string config_;
  std::map<std::string, std::vector<float>> values_;
};

}  // namespace rpp::test
