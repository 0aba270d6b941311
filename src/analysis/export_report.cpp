// Separate from the export, so that programs that only export do not need zstd.
#include <algorithm>

#include "bert_format/model_export.h"
#include "bert_format/model_file.h"
#include "bert_format/model_files.h"
#include "core/mmap_file.h"
#include "core/progress.h"
#include "program/zstd_size.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

void measure_pruned(const SafetensorsFile& weights, const ModelContents& contents, ExportReport& report) {
  ZstdSize zstd;
  int64_t alive = 0, entries = 0;
  for (const auto& tensor : contents.tensors) {
    if (tensor.data.packing == Packing::dense) continue;
    const auto dense = weights.at(tensor.name).data;
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

bool has_tokenizer(const ModelContents& contents) {
  return std::any_of(kVocabularyFiles.begin(), kVocabularyFiles.end(),
                     [&](const char* name) { return contents.files.contains(name); });
}

// The compression factor; undefined for an empty input.
std::string format_times(int64_t dense, int64_t smaller) {
  if (dense == 0 || smaller == 0) return "-";
  return fmt::format("{:.1f}x", static_cast<double>(dense) / static_cast<double>(smaller));
}

std::string format_row(std::string_view name, const ExportedSize& size) {
  return fmt::format("{:<16}{:>15}{:>15}{:>7}{:>15}{:>7}\n", name, format_count(size.dense),
                     format_count(size.packed), format_times(size.dense, size.packed),
                     format_count(size.zstd), format_times(size.dense, size.zstd));
}

}  // namespace

ExportReport measure_export(const fs::path& model_dir, const fs::path& model_file) {
  const SafetensorsFile weights(model_dir / kWeightsFile);
  const ModelFile model(model_file);
  ExportReport report{.whole = measure_files(weights.path(), model_file),
                      .has_tokenizer = has_tokenizer(model.contents())};
  measure_pruned(weights, model.contents(), report);
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

}  // namespace rpp
