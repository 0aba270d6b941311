// Questions on contexts, and answers that are spans of them (Rajpurkar et al. 2016, 2018).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rpp {

enum class SquadVersion { v1, v2 };  // v2 has questions without an answer

// As finetuning_task in config.json has it.
inline std::string_view squad_name(SquadVersion version) {
  return version == SquadVersion::v1 ? "squad1" : "squad2";
}

struct SquadAnswer {
  std::string text;
  int64_t begin = -1;  // byte of the context; -1: the text is not where the file says
};

struct SquadQuestion {
  std::string id, text;
  int64_t context = 0;               // index into contexts
  std::vector<SquadAnswer> answers;  // in the file's order; none: the question has no answer, or a test set
};

struct SquadData {
  std::vector<std::string> contexts;
  std::vector<SquadQuestion> questions;
  SquadVersion version = SquadVersion::v1;  // v2 when a question says whether it is impossible
  int64_t misplaced_answers = 0;
  std::string first_misplaced;  // id of its question
};

}  // namespace rpp
