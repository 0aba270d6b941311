#include "tasks/sentence_pooling.h"

#include <optional>

#include "model/bert.h"
#include "ops/torch.h"
#include "rpp/error.h"

namespace rpp {

void check_trainable(const SentenceEmbedding& embedding, const std::string& model) {
  const auto known = [](Pooling pooling) {
    return pooling == Pooling::cls || pooling == Pooling::mean || pooling == Pooling::mean_sqrt_length;
  };
  if (embedding.poolings.size() != 1 || !known(embedding.poolings.front())) {
    fail_usage("{}: task embed trains models that pool by cls or mean, not by others or by several", model);
  }
  if (!embedding.dense.empty())
    fail_usage("{}: task embed does not train models with a Dense module behind the pooling", model);
  if (!embedding.prompt.empty()) fail_usage("{}: task embed does not train models with a prompt", model);
}

torch::Tensor sentence_vectors(const SentenceEmbedding& embedding, const torch::Tensor& hidden,
                               const SequenceLayout& layout) {
  const auto states = hidden.to(torch::kFloat32);
  torch::Tensor pooled;
  if (embedding.poolings.front() == Pooling::cls) {
    pooled = states.index_select(0, first_tokens(layout));
  } else {
    // The sum: the number of tokens does not change the direction.
    const auto offsets = layout.cu_seqlens.to(torch::kInt64);
    const auto lengths = offsets.slice(0, 1) - offsets.slice(0, 0, -1);
    const auto sequence =
        torch::repeat_interleave(lengths, std::optional<int64_t>(states.size(0)));  // [tokens]
    pooled = torch::zeros({layout.num_sequences(), states.size(1)}, states.options())
                 .index_add(0, sequence, states);
  }
  return pooled / pooled.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace rpp
