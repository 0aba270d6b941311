// Tags words of texts with a classifier of tokens.
#pragma once

#include <memory>

#include "rpp/answerer.h"

namespace rpp {

// Of a model with token_labels.
std::unique_ptr<Answerer> make_token_tagger(std::shared_ptr<const RuntimeModel> model,
                                            const Tokenizer& tokenizer, int64_t max_seq_length,
                                            Aggregation aggregation, int num_threads);

}  // namespace rpp
