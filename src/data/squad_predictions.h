// Prediction files of SQuAD in the official layouts (docs/formats.md).
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tokenizer/squad_decode.h"

namespace rpp {

// {id: answer}. Throws Error with file, line and byte for broken JSON, and with the id for what is no text.
std::unordered_map<std::string, std::string> read_squad_predictions(const std::filesystem::path& file);

// {id: number} in the file's order, on which ties of a threshold depend. Throws Error as above.
std::vector<std::pair<std::string, double>> read_null_odds(const std::filesystem::path& file);

// predictions.json, nbest_predictions.json and, for SQuAD 2.0, null_odds.json of a directory. One prediction
// for each question, in order.
void write_squad_predictions(const std::filesystem::path& directory, const SquadData& data,
                             std::span<const SquadPrediction> predictions, bool with_null_odds);

}  // namespace rpp
