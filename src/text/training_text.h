// The lines that a vocabulary is learned from: of several files, all of them or a reservoir.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rpp/core/line_reader.h"
#include "rpp/text/vocab_trainer.h"

namespace rpp {

class TrainingText {
 public:
  // Takes inputs, max_lines and seed of the options. With max_lines the files are read here, once, and an
  // equal chance for every line is a function of the seed alone.
  explicit TrainingText(const VocabOptions& options);

  // The next line that is not blank, as valid UTF-8; false at the end.
  bool next(std::string& line);
  int64_t num_lines() const { return num_lines_; }  // that were read and not blank

 private:
  bool read(std::string& line);
  void fill_reservoir(size_t capacity, uint64_t seed);

  std::vector<std::filesystem::path> inputs_;
  size_t next_input_ = 0;
  std::unique_ptr<LineReader> reader_;
  int64_t num_lines_ = 0;
  bool from_reservoir_ = false;
  std::vector<std::string> reservoir_;
  size_t next_in_reservoir_ = 0;
};

}  // namespace rpp
