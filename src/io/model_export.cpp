#include "rpp/io/model_export.h"

#include <deque>

#include "pack_directory.h"
#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/core/mmap_file.h"
#include "rpp/core/progress.h"
#include "rpp/core/zstd_size.h"
#include "rpp/io/model_file.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

void measure_pruned(const SafetensorsFile& file, const ModelContents& contents, ExportReport& report) {
  ZstdSize zstd;
  int64_t alive = 0, entries = 0;
  for (const auto& tensor : contents.tensors) {
    if (tensor.data.packing == Packing::dense) continue;
    const auto dense = file.at(tensor.name).data;
    zstd.update(dense);
    ++report.num_pruned;
    alive += tensor.data.num_values();
    entries += tensor.data.num_entries();
    report.pruned.dense += static_cast<int64_t>(dense.size());
    report.pruned.packed += tensor.data.num_bytes();
  }
  report.pruned.zstd = zstd.finish();
  if (entries > 0) report.prune_ratio = 1.0 - static_cast<double>(alive) / static_cast<double>(entries);
}

ExportedSize measure_files(const fs::path& dense, const fs::path& packed) {
  const MmapFile file(dense);
  ZstdSize zstd;
  zstd.update(file.bytes());
  return {.dense = static_cast<int64_t>(file.size()),
          .packed = static_cast<int64_t>(fs::file_size(packed)),
          .zstd = zstd.finish()};
}

std::string format_row(std::string_view name, const ExportedSize& size) {
  const auto times = [&](int64_t bytes) {
    return static_cast<double>(size.dense) / static_cast<double>(bytes);
  };
  return fmt::format("{:<16}{:>15}{:>15}{:>6.1f}x{:>15}{:>6.1f}x\n", name, format_count(size.dense),
                     format_count(size.packed), times(size.packed), format_count(size.zstd),
                     times(size.zstd));
}

}  // namespace

ExportReport export_model(const fs::path& model_dir, const fs::path& output, const ExportOptions& options) {
  const SafetensorsFile file(model_dir / kWeightsFile);
  const PackedDirectory packed = pack_directory(model_dir, file, options);
  ExportReport report{.has_tokenizer = packed.has_tokenizer};
  write_model_file(output, packed.contents);
  measure_pruned(file, packed.contents, report);
  report.whole = measure_files(file.path(), output);
  return report;
}

std::string format_report(const ExportReport& report) {
  std::string text = fmt::format("{:<16}{:>15}{:>15}{:>7}{:>15}\n", "bytes", "dense", "packed", "", "zstd");
  text += format_row("pruned matrices", report.pruned);
  text += format_row("whole file", report.whole);
  text += report.num_pruned == 0 ? "no matrix is smaller without its zeros\n"
                                 : fmt::format("{} matrices without their zeros, {:.1f} % of their entries\n",
                                               report.num_pruned, 100.0 * report.prune_ratio);
  return text;
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
      RPP_CHECK(fs::path(name).filename() == name && name != "." && name != "..",
                "{}: '{}' is no name of a file", model_file, name);
      write_file_atomically(directory / name, text);
    }
  });
}

}  // namespace rpp
