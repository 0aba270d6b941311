#include "training_text.h"

#include <algorithm>

#include "core/rng.h"
#include "rpp/error.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

constexpr uint64_t kSampleStream = 0x766f636162;

bool is_blank(std::string_view line) {
  return std::all_of(line.begin(), line.end(),
                     [](char c) { return is_python_whitespace(static_cast<unsigned char>(c)); });
}

}  // namespace

TrainingText::TrainingText(const VocabOptions& options, size_t max_bytes) : inputs_(options.inputs) {
  if (inputs_.empty()) fail("no input files to learn a vocabulary from");
  check_readable(inputs_);
  if (options.max_lines > 0 || max_bytes > 0) {
    draw_sample(static_cast<size_t>(options.max_lines), max_bytes, options.seed);
  }
}

// The lines with the smallest of random keys ("bottom-k", Cohen and Kaplan 2007): a heap, the largest first.
void TrainingText::draw_sample(size_t max_lines, size_t max_bytes, uint64_t seed) {
  size_t bytes = 0;
  const auto is_full = [&] {
    return (max_lines > 0 && sample_.size() > max_lines) || (max_bytes > 0 && bytes > max_bytes);
  };
  bool was_full = false;
  std::string line;
  while (read(line)) {
    const uint64_t key = mix_key(seed, kSampleStream, num_lines_);
    if (was_full && !(key < sample_.front().key)) continue;
    bytes += line.size();
    sample_.push_back({key, num_lines_, line});
    std::push_heap(sample_.begin(), sample_.end());
    for (; is_full() && sample_.size() > 1; was_full = true) {
      std::pop_heap(sample_.begin(), sample_.end());
      bytes -= sample_.back().text.size();
      sample_.pop_back();
    }
  }
  std::sort(sample_.begin(), sample_.end(),
            [](const SampledLine& a, const SampledLine& b) { return a.number < b.number; });
  sampled_ = true;
}

bool TrainingText::next(std::string& line) {
  if (!sampled_) return read(line);
  if (next_in_sample_ == sample_.size()) return false;
  line = sample_[next_in_sample_++].text;
  return true;
}

std::vector<std::string> TrainingText::next_blocks(size_t count, size_t bytes) {
  std::vector<std::string> blocks;
  std::string line;
  while (blocks.size() < count && next(line)) {
    std::string& block = blocks.emplace_back();
    block.reserve(bytes);
    do {
      block += line;
      block += '\n';
    } while (block.size() < bytes && next(line));
  }
  return blocks;
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
    require_utf8(line, inputs_[next_input_ - 1], reader_->line_number());
    if (is_blank(line)) continue;
    ++num_lines_;
    return true;
  }
}

}  // namespace rpp
