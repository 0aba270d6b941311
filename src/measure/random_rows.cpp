#include "measure/random_rows.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bert_format/model_config.h"
#include "core/rng.h"

namespace rpp {
namespace {

int32_t draw_id(const ModelConfig& model, Rng& rng) {
  return static_cast<int32_t>(rng.below(static_cast<uint64_t>(model.vocab_size)));
}

void append_predictions(const ModelConfig& model, const RandomRows& rows, int64_t first, int64_t length,
                        Rng& rng, PackedBatch& batch) {
  const auto wanted = std::llround(rows.mask_prob * static_cast<double>(length));
  std::vector<int32_t> positions(static_cast<size_t>(length));
  std::iota(positions.begin(), positions.end(), static_cast<int32_t>(first));
  rng.shuffle(std::span(positions));
  positions.resize(static_cast<size_t>(std::max<int64_t>(wanted, 1)));
  batch.mlm_positions.insert(batch.mlm_positions.end(), positions.begin(), positions.end());
  for (size_t i = 0; i < positions.size(); ++i) batch.mlm_labels.push_back(draw_id(model, rng));
}

}  // namespace

std::vector<int64_t> natural_lengths(int64_t sequences, int64_t longest, uint64_t seed) {
  Rng rng(seed);
  std::vector<int64_t> lengths;
  for (int64_t i = 0; i < sequences; ++i) {
    const int64_t shortest = std::min(longest, rng.below(10) == 0 ? int64_t{2} : longest * 9 / 10);
    lengths.push_back(shortest +
                      static_cast<int64_t>(rng.below(static_cast<uint64_t>(longest - shortest + 1))));
  }
  return lengths;
}

PackedBatch random_rows(const ModelConfig& model, const RandomRows& rows, uint64_t seed) {
  Rng rng(seed);
  PackedBatch batch;
  for (const int64_t length : rows.lengths) {
    const int64_t first = batch.num_tokens();
    for (int64_t i = 0; i < length; ++i) {
      batch.input_ids.push_back(draw_id(model, rng));
      batch.token_type_ids.push_back(i < length / 2 ? 0 : 1);
      batch.position_ids.push_back(static_cast<int32_t>(i));
    }
    append_predictions(model, rows, first, length, rng, batch);
    batch.labels.push_back(static_cast<int32_t>(batch.labels.size() % 2));
    batch.cu_seqlens.push_back(static_cast<int32_t>(batch.num_tokens()));
  }
  return batch;
}

}  // namespace rpp
