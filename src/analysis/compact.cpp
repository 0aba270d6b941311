#include "analysis/compact.h"

#include <fmt/format.h>

#include "analysis/model_zeros.h"
#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "core/progress.h"
#include "data/read_texts.h"
#include "io/safetensors.h"
#include "plan/mask_file.h"
#include "rpp/error.h"
#include "text_outputs.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// Rounding differences of another summation order are far below this.
constexpr double kLargestDifference = 1e-4;

std::vector<GlueExample> own_texts() {
  return {{.text_a = "The old bridge was closed for repairs, so we took the ferry instead.", .text_b = ""},
          {.text_a = "Nobody expected the second half of the film to be this dull.", .text_b = ""},
          {.text_a = "Water boils at a lower temperature in the mountains.",
           .text_b = "At altitude, water needs less heat to boil."},
          {.text_a = "How many players are on the field?", .text_b = "The game lasted 90 minutes."},
          {.text_a = "Yes.", .text_b = ""}};
}

std::vector<OutputDifference> compare_outputs(const fs::path& a, const fs::path& b,
                                              const std::vector<GlueExample>& texts) {
  const auto tokenizer = load_tokenizer(a);
  const auto outputs_a = text_outputs(a, *tokenizer, texts), outputs_b = text_outputs(b, *tokenizer, texts);
  std::vector<OutputDifference> differences;
  for (size_t i = 0; i < outputs_a.size(); ++i) {
    differences.push_back({outputs_a[i].name, largest_difference(outputs_a[i].values, outputs_b[i].values)});
  }
  return differences;
}

void check_equal(const fs::path& model_dir, const std::vector<OutputDifference>& differences) {
  for (const auto& difference : differences) {
    const bool is_equal = difference.largest <= kLargestDifference;  // false for NaN
    RPP_CHECK(
        is_equal,
        "{} cannot be compacted: its {} would change by {:.2g}, more than rounding ({:.0e}); nothing was "
        "written",
        model_dir, difference.name, difference.largest, kLargestDifference);
  }
}

// The zeros of the compacted model, including filler units, as its mask.
void save_own_mask(const ModelZeros& model) {
  write_mask(model.directory / kMaskFile, model.matrices, model.nonzero);
  const SafetensorsFile file(model.directory / kWeightsFile);
  auto metadata = file.metadata();
  metadata["mask_sha256"] = mask_sha256(model.matrices, model.nonzero);
  metadata["prune_ratio"] = fmt::format("{:.6f}", prune_ratio(model.nonzero));
  save_safetensors(file.path(), file.tensors(), metadata);
}

std::string format_uniform(const CompactPlan& plan) {
  const int64_t before = plan.before.intermediate_size, after = plan.sizes_after(0).intermediate_size;
  return fmt::format("intermediate_size {} -> {}: {} of {} FFN units dropped in each of {} layers\n", before,
                     after, before - after, before, plan.layers.size());
}

std::string format_per_layer(const CompactPlan& plan) {
  std::string text = fmt::format("\n{:>5}  {:>5}  {:>14}  {:>10}  {:>9}\n", "layer", "heads",
                                 "query-key dims", "value dims", "FFN units");
  for (int64_t i = 0; i < plan.before.num_hidden_layers; ++i) {
    const auto sizes = plan.sizes_after(i);
    text += fmt::format("{:>5}  {:>5}  {:>14}  {:>10}  {:>9}\n", i, sizes.num_attention_heads,
                        sizes.query_key_dim, sizes.value_dim, sizes.intermediate_size);
  }
  return text;
}

}  // namespace

CompactReport compact_model(const fs::path& model_dir, const fs::path& output,
                            const CompactOptions& options) {
  RPP_CHECK(!fs::exists(output), "{} exists already: name a new directory with --output", output);
  const auto examples = options.texts.empty() ? own_texts() : read_texts(options.texts);
  CompactReport report{.plan = plan_compaction(model_dir, options.sizes),
                       .num_texts = static_cast<int64_t>(examples.size())};
  write_directory_atomically(output, [&](const fs::path& directory) {
    write_compacted(model_dir, report.plan, directory);
    copy_tokenizer_files(model_dir, directory);
    const ModelZeros original = read_zeros(model_dir), compacted = read_zeros(directory);
    save_own_mask(compacted);
    report.differences = compare_outputs(model_dir, directory, examples);
    check_equal(model_dir, report.differences);
    report.parameters_before = original.num_parameters;
    report.parameters_after = compacted.num_parameters;
  });
  return report;
}

std::string format_compaction(const CompactReport& report) {
  const auto& plan = report.plan;
  std::string text = fmt::format("{:>5}  {:>14}  {:>10}  {:>19}  {:>15}\n", "layer", "live FFN units",
                                 "dead heads", "dead query-key dims", "dead value dims");
  for (size_t i = 0; i < plan.layers.size(); ++i) {
    const auto& layer = plan.layers[i];
    text += fmt::format("{:>5}  {:>14}  {:>10}  {:>19}  {:>15}\n", i, layer.units.size(), layer.dead_heads,
                        layer.dead_query_key, layer.dead_value);
  }
  text += plan.kind == CompactSizes::uniform ? format_uniform(plan) : format_per_layer(plan);
  text += fmt::format("parameters {} -> {} ({:.1f} % less)\n", format_count(report.parameters_before),
                      format_count(report.parameters_after),
                      100.0 * static_cast<double>(report.parameters_before - report.parameters_after) /
                          static_cast<double>(report.parameters_before));
  if (report.parameters_before == report.parameters_after) {
    text += "no removable part is dead: the new model equals the old one\n";
  }
  if (plan.leftover_parameters() > 0) {
    text += fmt::format("dead too, but dropped only with sizes per layer (--per-layer): {} parameters\n",
                        format_count(plan.leftover_parameters()));
  }
  for (const auto& difference : report.differences) {
    text += fmt::format("largest difference of {} on {} texts: {:.1e}\n", difference.name, report.num_texts,
                        difference.largest);
  }
  return text;
}

}  // namespace rpp
