// Answers questions by spans of their contexts, with a SQuAD model.
#pragma once

#include <memory>

#include "rpp/answerer.h"
#include "runtime/text_batch.h"

namespace rpp {

// Windows are computed in passes of at most `pass_tokens`, or of one longer window. Throws UsageError for a
// max_seq_length too short for a window.
std::unique_ptr<Answerer> make_span_answerer(std::shared_ptr<const RuntimeModel> model,
                                             const Tokenizer& tokenizer, int64_t max_seq_length,
                                             int num_threads, int64_t pass_tokens = kPassTokens);

}  // namespace rpp
