#include "data/squad_dump.h"

#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/progress.h"
#include "data/squad.h"
#include "data/squad_batch.h"
#include "rpp/error.h"
#include "tokenizer/code_points.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

using nlohmann::ordered_json;

ordered_json window_json(const SquadFeatures& features, int64_t index, const std::string& context) {
  const PackedBatch batch = make_squad_batch(features, std::span(&index, 1));
  const SquadWindow& window = features.windows[static_cast<size_t>(index)];
  const auto& spans = features.context_of(window.question).spans;
  CodePoints code_points(context);
  ordered_json offsets = ordered_json::array();
  for (int32_t i = window.first_token; i < window.first_token + window.num_tokens; ++i) {
    const TextSpan& span = spans[static_cast<size_t>(i)];
    offsets.push_back({code_points.before(span.begin), code_points.before(span.end)});
  }
  return ordered_json::array({batch.input_ids, offsets, window.start_position, window.end_position});
}

}  // namespace

SquadDumpReport dump_squad_features(const SquadDumpOptions& options) {
  const SquadData data = read_squad(std::span(&options.data, 1));
  const auto tokenizer = load_tokenizer(options.tokenizer);
  const Stopwatch stopwatch;
  const SquadFeatures features = make_squad_features(data, *tokenizer, options.features);
  SquadDumpReport report{.num_questions = features.num_questions(),
                         .num_windows = static_cast<int64_t>(features.windows.size()),
                         .seconds = stopwatch.seconds()};
  AtomicFile file(options.output);
  for (size_t q = 0; q < data.questions.size(); ++q) {
    const SquadQuestion& question = data.questions[q];
    ordered_json windows = ordered_json::array();
    for (int64_t w = features.first_window[q]; w < features.first_window[q + 1]; ++w) {
      windows.push_back(window_json(features, w, data.contexts[static_cast<size_t>(question.context)]));
      report.num_tokens += static_cast<int64_t>(windows.back()[0].size());
    }
    file.write(ordered_json({{"id", question.id}, {"windows", windows}}).dump() + "\n");
  }
  file.commit();
  return report;
}

}  // namespace rpp
