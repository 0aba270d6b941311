// The lines from which a vocabulary is learned: those of several files, all or a sample.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "program/line_reader.h"
#include "vocab_training/vocab_trainer.h"

namespace rpp {

class TrainingText {
 public:
  // Uses inputs, max_lines and seed of the options. With a limit, max_lines or max_bytes of text, the files
  // are read here, once, and the sampled lines are kept in memory; every line has equal probability, as a
  // function of the seed and the line's number. 0: no limit.
  explicit TrainingText(const VocabOptions& options, size_t max_bytes = 0);

  // The next non-blank line; false at the end. Throws Error with file and line for bytes that are not UTF-8.
  bool next(std::string& line);
  // The next lines as at most `count` blocks, each ending with the line that reaches `bytes`; empty at the
  // end.
  std::vector<std::string> next_blocks(size_t count, size_t bytes);

  int64_t num_lines() const { return num_lines_; }  // non-blank lines read
  int64_t num_used() const { return sampled_ ? static_cast<int64_t>(sample_.size()) : num_lines_; }

 private:
  struct SampledLine {
    uint64_t key = 0;  // the smallest are kept
    int64_t number = 0;
    std::string text;
    bool operator<(const SampledLine& other) const { return key < other.key; }
  };

  bool read(std::string& line);
  void draw_sample(size_t max_lines, size_t max_bytes, uint64_t seed);

  std::vector<std::filesystem::path> inputs_;
  size_t next_input_ = 0;
  std::unique_ptr<LineReader> reader_;
  int64_t num_lines_ = 0;
  bool sampled_ = false;
  std::vector<SampledLine> sample_;  // in the order of the text
  size_t next_in_sample_ = 0;
};

}  // namespace rpp
