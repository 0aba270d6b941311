// Questions answered by spans of their contexts: rpp-predict with a model of SQuAD.
#pragma once

#include <memory>

#include "rpp/train/predict.h"

namespace rpp {

// Throws UsageError for a max_seq_length too short for a window.
std::unique_ptr<Answerer> make_span_answerer(const OpenModel& model, const Tokenizer& tokenizer,
                                             int64_t max_seq_length);

}  // namespace rpp
