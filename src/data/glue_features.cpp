#include "rpp/data/glue_features.h"

#include <numeric>

#include "rpp/core/error.h"
#include "rpp/core/parallel_for.h"
#include "rpp/core/rng.h"

namespace rpp {
namespace {

constexpr uint64_t kEpochStream =
    0x65706f6368;  // keeps these draws apart from other streams of the same seed

// As TruncationStrategy::LongestFirst of the tokenizers library: both to half, or the longer to what the
// shorter leaves.
void truncate_longest_first(std::vector<int32_t>& first, std::vector<int32_t>& second, size_t max_tokens) {
  if (first.size() + second.size() <= max_tokens) return;
  auto& shorter = first.size() > second.size() ? second : first;
  auto& longer = first.size() > second.size() ? first : second;
  if (shorter.size() > max_tokens / 2) shorter.resize(max_tokens / 2);
  longer.resize(max_tokens - shorter.size());
}

}  // namespace

EncodedExample encode_example(const GlueExample& example, const Tokenizer& tokenizer, int64_t max_seq_length,
                              bool is_pair) {
  std::vector<int32_t> first = tokenizer.encode(example.text_a);
  std::vector<int32_t> second = is_pair ? tokenizer.encode(example.text_b) : std::vector<int32_t>{};
  truncate_longest_first(first, second, static_cast<size_t>(max_seq_length - (is_pair ? 3 : 2)));

  const SpecialTokens& special = tokenizer.special();
  EncodedExample encoded{
      .ids = {special.cls}, .type_ids = {}, .label = example.label, .score = example.score};
  encoded.ids.insert(encoded.ids.end(), first.begin(), first.end());
  encoded.ids.push_back(special.sep);
  encoded.type_ids.assign(encoded.ids.size(), 0);
  if (!is_pair) return encoded;
  encoded.ids.insert(encoded.ids.end(), second.begin(), second.end());
  encoded.ids.push_back(special.sep);
  encoded.type_ids.resize(encoded.ids.size(), 1);
  return encoded;
}

std::vector<EncodedExample> encode_glue(std::span<const GlueExample> examples, const Tokenizer& tokenizer,
                                        int64_t max_seq_length, int num_threads) {
  if (max_seq_length < 8) fail_usage("max_seq_length is {}, it must be at least 8", max_seq_length);
  // A pair with an empty second text stays a pair, as in transformers: the task decides, not the row.
  bool is_pair = false;
  for (const GlueExample& example : examples) is_pair = is_pair || !example.text_b.empty();

  std::vector<EncodedExample> encoded(examples.size());
  parallel_for(static_cast<int64_t>(examples.size()), num_threads, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      encoded[i] = encode_example(examples[i], tokenizer, max_seq_length, is_pair);
    }
  });
  return encoded;
}

PackedBatch make_batch(std::span<const EncodedExample> examples, std::span<const int64_t> indices,
                       bool regression) {
  PackedBatch batch;
  for (const int64_t index : indices) {
    const EncodedExample& example = examples[static_cast<size_t>(index)];
    batch.input_ids.insert(batch.input_ids.end(), example.ids.begin(), example.ids.end());
    batch.token_type_ids.insert(batch.token_type_ids.end(), example.type_ids.begin(), example.type_ids.end());
    for (size_t i = 0; i < example.ids.size(); ++i) batch.position_ids.push_back(static_cast<int32_t>(i));
    batch.cu_seqlens.push_back(static_cast<int32_t>(batch.input_ids.size()));
    if (regression) {
      batch.scores.push_back(example.score);
    } else {
      batch.labels.push_back(example.label);
    }
  }
  return batch;
}

std::vector<int64_t> epoch_order(int64_t count, uint64_t seed, int64_t epoch) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  Rng rng(mix_key(seed, kEpochStream, epoch));
  rng.shuffle(std::span(order));
  return order;
}

}  // namespace rpp
