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

// {id: answer}. Throws Error with file, line and byte for broken JSON, and with the id for a value that is
// not a string.
std::unordered_map<std::string, std::string> read_squad_predictions(const std::filesystem::path& file);

// {id: number} in the file's order, which decides ties of a threshold. Throws Error as above.
std::vector<std::pair<std::string, double>> read_null_odds(const std::filesystem::path& file);

// Writes predictions.json, nbest_predictions.json and, for SQuAD 2.0, null_odds.json to a directory. One
// prediction for each question, in order.
void write_squad_predictions(const std::filesystem::path& directory, const SquadData& data,
                             std::span<const SquadPrediction> predictions, bool with_null_odds);

}  // namespace rpp
