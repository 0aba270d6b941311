#include "data/squad_predictions.h"

#include "core/atomic_file.h"
#include "json_file.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using std::filesystem::path;

// As Python's json.dumps: ASCII only.
std::string dumped(const ordered_json& value, int indent = -1) {
  return value.dump(indent, ' ', /*ensure_ascii=*/true);
}

ordered_json n_best_json(const SquadPrediction& prediction) {
  ordered_json list = ordered_json::array();
  for (const SquadCandidate& candidate : prediction.n_best) {
    list.push_back({{"text", candidate.text},
                    {"probability", candidate.probability},
                    {"start_logit", candidate.start_logit},
                    {"end_logit", candidate.end_logit}});
  }
  return list;
}

// {id: value_of(prediction), ...}, one per line: an ordered_json would be searched for every id.
template <typename ValueOf>
void write_by_id(const path& file, const SquadData& data, std::span<const SquadPrediction> predictions,
                 ValueOf value_of) {
  std::string text = "{";
  for (size_t i = 0; i < predictions.size(); ++i) {
    text += fmt::format("{}\n  {}: {}", i == 0 ? "" : ",", dumped(data.questions[i].id),
                        dumped(value_of(predictions[i])));
  }
  write_file_atomically(file, text + "\n}\n");
}

}  // namespace

std::unordered_map<std::string, std::string> read_squad_predictions(const path& file) {
  std::unordered_map<std::string, std::string> predictions;
  for (const auto& [id, answer] : read_json_object(file)) {
    RPP_CHECK(answer.is_string(), "{}: the answer to '{}' must be a text, not {}", file, id, answer.dump());
    predictions.emplace(id, answer.get<std::string>());
  }
  return predictions;
}

std::vector<std::pair<std::string, double>> read_null_odds(const path& file) {
  std::vector<std::pair<std::string, double>> odds;
  for (const auto& [id, value] : read_json_object(file)) {
    RPP_CHECK(value.is_number(), "{}: the null odds of '{}' must be a number, not {}", file, id,
              value.dump());
    odds.emplace_back(id, value.get<double>());
  }
  return odds;
}

void write_squad_predictions(const path& directory, const SquadData& data,
                             std::span<const SquadPrediction> predictions, bool with_null_odds) {
  write_by_id(directory / "predictions.json", data, predictions,
              [](const SquadPrediction& prediction) { return ordered_json(prediction.text); });
  write_by_id(directory / "nbest_predictions.json", data, predictions, n_best_json);
  if (!with_null_odds) return;
  write_by_id(directory / "null_odds.json", data, predictions,
              [](const SquadPrediction& prediction) { return ordered_json(prediction.null_odds); });
}

}  // namespace rpp
