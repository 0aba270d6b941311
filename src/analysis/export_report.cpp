// Separate from the export, so that programs that only export do not need zstd.
#include <algorithm>

#include "bert_format/model_export.h"
#include "bert_format/model_file.h"
#include "bert_format/model_files.h"
#include "bert_format/tensor_index.h"
#include "bert_format/weight_files.h"
#include "core/mmap_file.h"
#include "core/progress.h"
#include "program/zstd_size.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

void measure_pruned(const SafetensorsSet& weights, const ModelContents& contents, ExportReport& report) {
  const auto tensors = index_of(weights);
  ZstdSize zstd;
  int64_t alive = 0, entries = 0;
  for (const auto& tensor : contents.tensors) {
    if (tensor.data.packing == Packing::dense) continue;
    const auto dense = tensors.at(canonical_name(tensor.name)).data;
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
  ZstdSize zstd;
  for (const auto& file : safetensors_files(dense)) zstd.update(MmapFile(file).bytes());
  return {.dense = weights_bytes(dense),
          .packed = static_cast<int64_t>(fs::file_size(packed)),
          .zstd = zstd.finish()};
}

// Sorted by name.
std::vector<std::string> left_out(const SafetensorsSet& weights, const ModelFile& model) {
  std::vector<std::string> names;
  const auto tensors = index_of(weights);
  for (const auto& [name, tensor] : tensors.all()) {
    if (model.find(tensor->name) == nullptr && !is_buffer(name) && !is_tied_decoder(name))
      names.push_back(tensor->name);
  }
  return names;
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
  const SafetensorsSet weights = open_weights(model_dir);
  const ModelFile model(model_file);
  ExportReport report{.whole = measure_files(weights.path(), model_file),
                      .has_tokenizer = has_tokenizer(model.contents()),
                      .left_out = left_out(weights, model)};
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
  if (!report.left_out.empty())
    text += fmt::format("left out, no program here uses them: {}\n", fmt::join(report.left_out, ", "));
  return text;
}

}  // namespace rpp
