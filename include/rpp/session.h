// Answers of a RuntimeModel: encode() a batch, then ask for what the model's heads make of it.
//
// A session holds the scratch memory, which grows to the largest batch and is used again: later calls
// allocate nothing. It is used by one thread at a time; for more, make a session each. A token's numbers do
// not depend on the batch that it is in, nor on the number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "rpp/runtime_model.h"

namespace rpp {

// Sequences side by side, no padding.
struct TokenBatch {
  std::span<const int32_t> input_ids;       // [tokens]
  std::span<const int32_t> token_type_ids;  // [tokens]; empty: all 0
  std::span<const int32_t> cu_seqlens;  // [sequences + 1]: sequence i has the tokens cu_seqlens[i] to [i + 1]
};

class Session {
 public:
  // num_threads: 0 means as many as the process may use (core/usable_cpus.h), at most kMaxThreads; fewer
  // where the system starts no more. Throws UsageError for more.
  explicit Session(std::shared_ptr<const RuntimeModel> model, int num_threads = 1);
  ~Session();
  Session(Session&&) noexcept;

  const RuntimeModel& model() const;

  // Throws Error for ids outside the model's tables, sequences that are empty or longer than its positions,
  // cu_seqlens that do not run from 0 to the number of tokens. Nothing is encoded then.
  void encode(const TokenBatch& batch);

  // Of the batch encoded last; valid until the next call of the same function. Each throws Error when the
  // model has no such head, those of logits also for one that is not finite. The formulas are those of
  // transformers' modeling_bert.py.
  std::span<const float> hidden();       // [tokens, hidden], the last layer
  std::span<const float> pooled();       // [sequences, hidden]: tanh(W h + b) of the first token
  std::span<const float> mean_pooled();  // [sequences, hidden]: mean over the tokens, a sentence embedding
  std::span<const float> logits();       // [sequences, labels]; of a regression the score
  std::span<const float> span_logits();  // [tokens, 2]: as beginning, as end
  std::span<const float> mlm_logits(std::span<const int32_t> positions);  // [positions, vocab]

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The values; throws Error for one that is not finite, naming the model and what it is.
std::span<const float> require_finite(std::span<const float> values, const Session& session,
                                      std::string_view what);

}  // namespace rpp
