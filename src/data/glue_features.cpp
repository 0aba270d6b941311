#include "data/glue_features.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/parallel_for.h"
#include "core/rng.h"
#include "rpp/error.h"
#include "tokenizer/sequence.h"

namespace rpp {
namespace {

constexpr uint64_t kEpochStream = 0x65706f6368;  // separates this stream from others of the same seed

}  // namespace

Texts texts_of(const GlueTask& task) {
  return task.columns.text_b.empty() ? Texts::single : Texts::pair;
}

EncodedExample encode_example(const GlueExample& example, Texts texts, const Tokenizer& tokenizer,
                              int64_t max_seq_length) {
  EncodedExample encoded{.ids = {},
                         .type_ids = {},
                         .label = example.label,
                         .score = example.score,
                         .label_set = example.label_set};
  const std::optional<std::string_view> second(example.text_b);
  encoded.was_cut = append_sequence(tokenizer, example.text_a, texts == Texts::pair ? second : std::nullopt,
                                    max_seq_length, encoded.ids, encoded.type_ids) > 0;
  return encoded;
}

int64_t num_cut(std::span<const EncodedExample> examples) {
  return std::ranges::count_if(examples, [](const EncodedExample& example) { return example.was_cut; });
}

std::vector<EncodedExample> encode_glue(std::span<const GlueExample> examples, Texts texts,
                                        const Tokenizer& tokenizer, int64_t max_seq_length, int num_threads) {
  if (max_seq_length < kMinSequenceLength) {
    fail_usage("max_seq_length is {}, it must be at least {}", max_seq_length, kMinSequenceLength);
  }
  std::vector<EncodedExample> encoded(examples.size());
  parallel_for(static_cast<int64_t>(examples.size()), num_threads, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      encoded[i] = encode_example(examples[i], texts, tokenizer, max_seq_length);
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

PackedBatch make_task_batch(std::span<const EncodedExample> examples, std::span<const int64_t> indices,
                            const GlueTask& task) {
  PackedBatch batch = make_batch(examples, indices, task.regression);
  if (!task.multi_label) return batch;
  batch.labels.clear();
  const size_t num_labels = task.label_names.size();
  batch.scores.resize(indices.size() * num_labels, 0.0F);
  for (size_t row = 0; row < indices.size(); ++row) {
    for (const int32_t label : examples[static_cast<size_t>(indices[row])].label_set) {
      batch.scores[row * num_labels + static_cast<size_t>(label)] = 1;
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
