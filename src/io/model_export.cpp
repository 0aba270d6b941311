#include "rpp/io/model_export.h"

#include <algorithm>
#include <deque>

#include "pack_directory.h"
#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/io/model_file.h"

namespace rpp {
namespace fs = std::filesystem;

namespace {

// "vocab.txt" or "1_Pooling/config.json", nothing that leads out of the directory.
bool is_place_inside(const std::string& name) {
  const fs::path path(name);
  const auto parts = std::distance(path.begin(), path.end());
  return parts >= 1 && parts <= 2 && path.is_relative() &&
         std::none_of(path.begin(), path.end(),
                      [](const fs::path& part) { return part.empty() || part == "." || part == ".."; });
}

}  // namespace

void export_model(const fs::path& model_dir, const fs::path& output, const ExportOptions& options) {
  const SafetensorsFile file(model_dir / kWeightsFile);
  write_model_file(output, pack_directory(model_dir, file, options).contents);
}

void unpack_model(const fs::path& model_file, const fs::path& output) {
  RPP_CHECK(!fs::exists(output), "{} exists already: name a new directory", output);
  const ModelFile model(model_file);
  std::deque<std::vector<float>> weights;
  std::vector<TensorView> views;
  for (const auto& tensor : model.contents().tensors) {
    auto& values = weights.emplace_back(static_cast<size_t>(tensor.data.num_entries()));
    unpack_into(tensor.data, values);
    views.push_back({.name = tensor.name, .shape = tensor.shape, .data = std::as_bytes(std::span(values))});
  }
  write_directory_atomically(output, [&](const fs::path& directory) {
    save_safetensors(directory / kWeightsFile, views, model.contents().metadata);
    for (const auto& [name, text] : model.contents().files) {
      RPP_CHECK(is_place_inside(name), "{}: '{}' is no name of a file", model_file, name);
      fs::create_directories((directory / name).parent_path());
      write_file_atomically(directory / name, text);
    }
  });
}

}  // namespace rpp
