// Questions with contexts, and answers that are spans of them (Rajpurkar et al. 2016, 2018).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rpp {

enum class SquadVersion { v1, v2 };  // v2 has questions without an answer

// The finetuning_task value in config.json.
inline std::string_view squad_name(SquadVersion version) {
  return version == SquadVersion::v1 ? "squad1" : "squad2";
}

struct SquadAnswer {
  std::string text;
  int64_t begin = -1;  // byte of the context; -1: the text is not at the stated position
};

struct SquadQuestion {
  std::string id, text;
  int64_t context = 0;               // index into contexts
  std::vector<SquadAnswer> answers;  // in the file's order; empty: the question has no answer, or a test set
};

struct SquadData {
  std::vector<std::string> contexts;
  std::vector<SquadQuestion> questions;
  SquadVersion version = SquadVersion::v1;  // v2 if any question has is_impossible
  int64_t misplaced_answers = 0;
  std::string first_misplaced;  // id of its question
};

}  // namespace rpp
