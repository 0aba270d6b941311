#include "bert_format/model_export.h"

#include <algorithm>
#include <vector>

#include "bert_format/model_file.h"
#include "bert_format/model_files.h"
#include "bert_format/weight_files.h"
#include "core/atomic_file.h"
#include "io/finite.h"
#include "pack_directory.h"
#include "rpp/error.h"

namespace rpp {
namespace fs = std::filesystem;

namespace {

// "vocab.txt" or "1_Pooling/config.json", but no path that leaves the directory.
bool is_place_inside(const std::string& name) {
  const fs::path path(name);
  const auto parts = std::distance(path.begin(), path.end());
  return parts >= 1 && parts <= 2 && path.is_relative() &&
         std::none_of(path.begin(), path.end(),
                      [](const fs::path& part) { return part.empty() || part == "." || part == ".."; });
}

// The matrix as F32, a few rows at a time: dense it may be much larger than in the file.
void write_rows(const PackedView& packed, AtomicFile& file) {
  constexpr size_t kEntriesAtOnce = 1 << 18;
  const auto cols = static_cast<size_t>(packed.cols);
  std::vector<float> entries;  // of some rows
  PackedRows rows(packed);
  for (int64_t row = 0; row < packed.rows; ++row) {
    const auto [columns, values] = rows.next();
    const size_t first = entries.size();
    entries.resize(first + cols, 0.0F);
    for (size_t i = 0; i < columns.size(); ++i) entries[first + static_cast<size_t>(columns[i])] = values[i];
    if (entries.size() < kEntriesAtOnce && row + 1 < packed.rows) continue;
    file.write(std::as_bytes(std::span(entries)));
    entries.clear();
  }
}

}  // namespace

void export_model(const fs::path& model_dir, const fs::path& output, const ExportOptions& options) {
  const SafetensorsSet weights = open_weights(model_dir);
  for (const TensorView& tensor : exported_tensors(weights)) check_finite(weights.path(), tensor);
  write_model_file(output, pack_directory(model_dir, weights, options).contents);
}

void unpack_model(const fs::path& model_file, const fs::path& output) {
  RPP_CHECK(!fs::exists(output), "{} exists already: name a new directory", output);
  const ModelFile model(model_file);
  for (const auto& file : model.contents().files) {
    RPP_CHECK(is_place_inside(file.first), "{}: '{}' is not a file name", model_file, file.first);
  }
  const auto& tensors = model.contents().tensors;
  std::vector<TensorShape> shapes;
  for (const auto& tensor : tensors) shapes.push_back({.name = tensor.name, .shape = tensor.shape});
  write_directory_atomically(output, [&](const fs::path& directory) {
    save_safetensors(directory / kWeightsFile, shapes, model.contents().metadata,
                     [&](size_t i, AtomicFile& file) { write_rows(tensors[i].data, file); });
    for (const auto& [name, text] : model.contents().files) {
      fs::create_directories((directory / name).parent_path());
      write_file_atomically(directory / name, text);
    }
  });
}

}  // namespace rpp
