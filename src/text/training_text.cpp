#include "training_text.h"

#include <algorithm>

#include "rpp/core/error.h"
#include "rpp/core/rng.h"
#include "rpp/text/unicode.h"

namespace rpp {
namespace {

constexpr uint64_t kReservoirStream = 0x766f636162;

void drop_invalid_bytes(std::string& line) {
  const std::u32string points = decode_utf8(line);
  line.clear();
  for (const char32_t c : points) append_utf8(c, line);
}

bool is_blank(std::string_view line) {
  return std::all_of(line.begin(), line.end(),
                     [](char c) { return is_python_whitespace(static_cast<unsigned char>(c)); });
}

}  // namespace

TrainingText::TrainingText(const VocabOptions& options) : inputs_(options.inputs) {
  if (inputs_.empty()) fail("no input files to learn a vocabulary from");
  if (options.max_lines > 0) fill_reservoir(static_cast<size_t>(options.max_lines), options.seed);
}

// Algorithm R (Vitter 1985).
void TrainingText::fill_reservoir(size_t capacity, uint64_t seed) {
  Rng rng(mix_key(seed, kReservoirStream));
  std::string line;
  while (read(line)) {
    if (reservoir_.size() < capacity) {
      reservoir_.push_back(line);
      continue;
    }
    const uint64_t slot = rng.below(static_cast<uint64_t>(num_lines_));
    if (slot < capacity) reservoir_[slot] = line;
  }
  from_reservoir_ = true;
}

bool TrainingText::next(std::string& line) {
  if (!from_reservoir_) return read(line);
  if (next_in_reservoir_ == reservoir_.size()) return false;
  line = reservoir_[next_in_reservoir_++];
  return true;
}

bool TrainingText::read(std::string& line) {
  while (true) {
    if (!reader_) {
      if (next_input_ == inputs_.size()) return false;
      reader_ = std::make_unique<LineReader>(inputs_[next_input_++]);
    }
    if (!reader_->next(line)) {
      reader_.reset();
      continue;
    }
    drop_invalid_bytes(line);
    if (is_blank(line)) continue;
    ++num_lines_;
    return true;
  }
}

}  // namespace rpp
