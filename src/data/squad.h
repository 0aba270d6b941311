// Files of SQuAD 1.1 and 2.0.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "tokenizer/squad_data.h"

namespace rpp {

// "squad1", "squad", "SQuAD 1.1"; "squad2", "squad_v2", "SQuAD 2.0"; nothing for another name.
std::optional<SquadVersion> squad_version(std::string_view task_name);

struct SquadReading {
  bool strict = false;      // a misplaced answer is an error
  bool has_answers = true;  // false: a test set, whose answers are skipped
};

// Reads the official layout, plain, .gz or .zst; several files form one data set. answer_start counts code
// points. plausible_answers are skipped. Throws Error with file, line and byte for broken JSON and encodings
// other than UTF-8; with file and JSON path for a missing key, a wrong type, an empty context, a repeated id,
// a question whose is_impossible contradicts its answers; and for files without questions.
SquadData read_squad(std::span<const std::filesystem::path> files, const SquadReading& reading = {});

// A sample of `limit` questions (data/sample_rows.h) with only their contexts; all when limit is 0 or larger.
void keep_sampled_questions(SquadData& data, int64_t limit, uint64_t seed);

// Removes questions without any answer at its stated position: training needs spans.
void remove_misplaced_questions(SquadData& data);

// The file of "train", "dev" or "test" in data_dir: train-v1.1.json, dev-v2.0.json, ..., also .zst or .gz.
// Throws Error when there is no such directory.
std::optional<std::filesystem::path> try_find_squad_file(SquadVersion version,
                                                         const std::filesystem::path& data_dir,
                                                         std::string_view split);
// As above, but throws Error that names the searched files if there is none.
std::filesystem::path find_squad_file(SquadVersion version, const std::filesystem::path& data_dir,
                                      std::string_view split);

}  // namespace rpp
