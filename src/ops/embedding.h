// The sum of BERT's three embeddings.
#pragma once

#include <torch/types.h>

namespace rpp {

// Ids are [tokens], int64 or int32; tables are [rows, hidden] fp32. Returns [tokens, hidden] fp32. Throws
// Error naming the first id outside its table (on CUDA a device assertion fails instead).
//
// The backward pass adds rows directly to a table's .grad if there is one, which avoids a dense temporary of
// the vocabulary's size; torch::autograd::grad() with a table whose .grad is set is not supported.
torch::Tensor bert_embedding(const torch::Tensor& input_ids, const torch::Tensor& token_type_ids,
                             const torch::Tensor& position_ids, const torch::Tensor& word_table,
                             const torch::Tensor& position_table, const torch::Tensor& token_type_table);

}  // namespace rpp
