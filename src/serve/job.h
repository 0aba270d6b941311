// The texts of one request on their way through the encoder.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/embed.h"

namespace rpp {

// One text, or a pair, with [CLS] and [SEP].
struct EncodedSequence {
  std::vector<int32_t> input_ids, token_type_ids;  // [tokens]

  int64_t num_tokens() const { return static_cast<int64_t>(input_ids.size()); }
};

// Sequences in, a row of numbers for each out. A job is made by the thread of a request, which waits for it;
// its sequences may be computed by several threads.
class Job {
 public:
  // What the rows are: embeddings; nothing: the logits of the classifier.
  using Output = std::optional<EmbeddingChoice>;

  Job(Output output, std::vector<EncodedSequence> sequences);

  const Output& output() const { return output_; }
  std::span<const EncodedSequence> sequences() const { return sequences_; }
  int64_t num_tokens() const { return num_tokens_; }

  // Each sequence is finished once: with its row, or with the reason why it has none.
  void finish(size_t sequence, std::span<const float> row);
  void fail(size_t sequence, const std::string& why);

  // Waits until all are finished. Throws Error with the first reason of a sequence without a row.
  const std::vector<std::vector<float>>& wait();

 private:
  void count_finished();

  Output output_;
  std::vector<EncodedSequence> sequences_;
  int64_t num_tokens_ = 0;
  std::vector<std::vector<float>> rows_;  // [sequences, ...]
  std::mutex mutex_;
  std::condition_variable all_finished_;
  size_t num_unfinished_;
  std::string error_;
};

}  // namespace rpp
