// Inference with a RuntimeModel: encode() a batch, then request the outputs of the model's heads.
//
// A session owns the scratch memory, which grows to the largest batch and is reused: later calls do not
// allocate. It is used by one thread at a time; for more threads, make a session for each. A token's outputs
// depend neither on the rest of the batch nor on the number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "rpp/runtime_model.h"

namespace rpp {

// Concatenated sequences without padding.
struct TokenBatch {
  std::span<const int32_t> input_ids;       // [tokens]
  std::span<const int32_t> token_type_ids;  // [tokens]; empty: all 0
  std::span<const int32_t> cu_seqlens;  // [sequences + 1]: sequence i has the tokens cu_seqlens[i] to [i + 1]
};

class Session {
 public:
  // num_threads: 0 means all that the process may use (core/usable_cpus.h), at most kMaxThreads; fewer if the
  // system starts fewer. Throws UsageError for more.
  explicit Session(std::shared_ptr<const RuntimeModel> model, int num_threads = 1);
  ~Session();
  Session(Session&&) noexcept;

  const RuntimeModel& model() const;

  // Throws Error for ids outside the model's tables, sequences that are empty or longer than its positions,
  // and cu_seqlens that do not run from 0 to the number of tokens. Nothing is encoded in that case.
  void encode(const TokenBatch& batch);

  // Outputs for the batch encoded last; valid until the next call of the same function. Each throws Error
  // when the model has no such head, those of logits also for a non-finite value. The formulas are those of
  // transformers' modeling_bert.py.
  std::span<const float> hidden();        // [tokens, hidden], the last layer
  std::span<const float> pooled();        // [sequences, hidden]: tanh (or ReLU, GELU) of W h + b, first token
  std::span<const float> mean_pooled();   // [sequences, hidden]: mean over the tokens, a sentence embedding
  std::span<const float> logits();        // [sequences, labels]; the score of a regression
  std::span<const float> token_logits();  // [tokens, token_labels]
  std::span<const float> span_logits();   // [tokens, 2]: as start, as end
  std::span<const float> mlm_logits(std::span<const int32_t> positions);  // [positions, vocab]

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The values; throws Error for a non-finite one, naming the model and the output.
std::span<const float> require_finite(std::span<const float> values, const Session& session,
                                      std::string_view what);

}  // namespace rpp
