// Answers questions by spans of their contexts, with a SQuAD model.
#pragma once

#include <memory>

#include "rpp/answerer.h"

namespace rpp {

// Throws UsageError for a max_seq_length too short for a window.
std::unique_ptr<Answerer> make_span_answerer(std::shared_ptr<const RuntimeModel> model,
                                             const Tokenizer& tokenizer, int64_t max_seq_length,
                                             int num_threads);

}  // namespace rpp
