#include "data/pretrain_sampler.h"

#include <algorithm>

#include "program/log.h"
#include "rpp/error.h"

namespace rpp {
namespace {

// Separate the draws of training, evaluation and other users of the seed.
constexpr uint64_t kTrainStream = 0x747261696e;
constexpr uint64_t kEvalStream = 0x6576616c;
constexpr int kMaxStarts = 100;

std::vector<int32_t> join(std::span<const SentenceIds> sentences) {
  std::vector<int32_t> ids;
  for (const SentenceIds& sentence : sentences) sentence.append_to(ids);
  return ids;
}

void append_segment(std::span<const int32_t> ids, int32_t sep, int32_t type, PackedBatch& batch) {
  batch.input_ids.insert(batch.input_ids.end(), ids.begin(), ids.end());
  batch.input_ids.push_back(sep);
  batch.token_type_ids.resize(batch.input_ids.size(), type);
}

// What remains of a text after removing tokens at its front and back.
struct Window {
  size_t begin, end;
  size_t size() const { return end - begin; }
  void apply_to(std::vector<int32_t>& ids) const {
    ids.resize(end);
    ids.erase(ids.begin(), ids.begin() + static_cast<int64_t>(begin));
  }
};

}  // namespace

void truncate_pair(std::vector<int32_t>& first, std::vector<int32_t>& second, int64_t max_tokens, Rng& rng) {
  Window a{0, first.size()}, b{0, second.size()};
  while (a.size() + b.size() > static_cast<size_t>(max_tokens)) {
    Window& longer = a.size() > b.size() ? a : b;
    if (rng.uniform() < 0.5) {
      ++longer.begin;
    } else {
      --longer.end;
    }
  }
  a.apply_to(first);
  b.apply_to(second);
}

PretrainSampler::PretrainSampler(const ShardSet& shards, const Tokenizer& tokenizer, const DataConfig& config,
                                 uint64_t seed)
    : shards_(&shards),
      tokenizer_(&tokenizer),
      config_(config),
      mask_options_{.rate = config.mask_prob,
                    .whole_word = config.whole_word_mask,
                    .max_predictions = config.max_predictions},
      vocabulary_(tokenizer),
      seed_(seed) {
  if (shards.num_sentences() == 0) fail("the shards hold no sentences");
  if (shards.vocab_size() != tokenizer.size()) {
    fail("the shards are of a vocabulary of {}, the tokenizer has {}: build them again with this tokenizer",
         shards.vocab_size(), tokenizer.size());
  }
  if (config.next_sentence && shards.num_documents() < 2) {
    fail(
        "next_sentence needs two documents or more, the shards hold {}: a negative comes from another "
        "document; set data.next_sentence=false, or put a blank line after each document of the text",
        shards.num_documents());
  }
  const std::string complaint = next_sentence_complaint(shards.num_sentences(), shards.num_lone_sentences());
  if (config.next_sentence && !complaint.empty()) log::warn("the shards: {}", complaint);
}

PackedBatch PretrainSampler::batch(int64_t step, int64_t first_sample, int64_t count) const {
  PackedBatch batch;
  for (int64_t sample = first_sample; sample < first_sample + count; ++sample) {
    append_sample(Rng(mix_key(seed_, kTrainStream, step, sample)), batch);
  }
  return batch;
}

PackedBatch PretrainSampler::eval_batch(int64_t first_sample, int64_t count) const {
  PackedBatch batch;
  for (int64_t sample = first_sample; sample < first_sample + count; ++sample) {
    append_sample(Rng(mix_key(seed_, kEvalStream, sample)), batch);
  }
  return batch;
}

BatchShape PretrainSampler::shape(int64_t count) const {
  const int64_t length = config_.max_seq_length;
  return {.sequences = count,
          .max_seq_length = length,
          .predictions = count * prediction_count(length, mask_options_)};
}

void PretrainSampler::append_sample(Rng rng, PackedBatch& batch) const {
  const Pair pair = config_.next_sentence ? draw_pair(rng) : draw_single(rng);
  const SpecialTokens& special = tokenizer_->special();
  const size_t begin = batch.input_ids.size();
  batch.input_ids.push_back(special.cls);
  append_segment(pair.first, special.sep, 0, batch);
  if (config_.next_sentence) {
    if (special.two_separators) append_segment({}, special.sep, 0, batch);
    append_segment(pair.second, special.sep, special.second_type(), batch);
    batch.labels.push_back(pair.random_next ? 1 : 0);
  }
  const std::span<int32_t> ids = std::span(batch.input_ids).subspan(begin);
  for (size_t i = 0; i < ids.size(); ++i) batch.position_ids.push_back(static_cast<int32_t>(i));
  batch.cu_seqlens.push_back(static_cast<int32_t>(batch.input_ids.size()));

  const MaskedTokens masked = mask_tokens(ids, mask_options_, vocabulary_, rng);
  for (const int32_t position : masked.positions) {
    batch.mlm_positions.push_back(static_cast<int32_t>(begin) + position);
  }
  batch.mlm_labels.insert(batch.mlm_labels.end(), masked.labels.begin(), masked.labels.end());
}

PretrainSampler::Start PretrainSampler::draw_start(Rng& rng) const {
  const auto number = static_cast<int64_t>(rng.below(static_cast<uint64_t>(shards_->num_sentences())));
  const auto [document, index] = shards_->locate(number);
  return {number, document, index};
}

int64_t PretrainSampler::draw_target_length(Rng& rng, int64_t max_tokens) const {
  if (rng.uniform() >= config_.short_seq_prob) return max_tokens;
  return 2 + static_cast<int64_t>(rng.below(static_cast<uint64_t>(max_tokens - 1)));
}

std::vector<SentenceIds> PretrainSampler::collect(int64_t document, int64_t index, int64_t num_tokens,
                                                  size_t num_sentences) const {
  std::vector<SentenceIds> sentences;
  const int64_t end = shards_->num_sentences(document);
  for (int64_t tokens = 0; index < end && (tokens < num_tokens || sentences.size() < num_sentences);
       ++index) {
    sentences.push_back(shards_->sentence(document, index));
    tokens += sentences.back().size();
  }
  return sentences;
}

PretrainSampler::Pair PretrainSampler::draw_pair(Rng& rng) const {
  const int64_t max_tokens = config_.max_seq_length - tokenizer_->special().num_in_pair();
  const int64_t target = draw_target_length(rng, max_tokens);
  Pair pair;
  pair.random_next = rng.uniform() < 0.5;

  // The chunk has two sentences if its document has, so that either label is possible for any start.
  Start start = draw_start(rng);
  for (int i = 0; i < kMaxStarts && shards_->num_sentences(start.document) < 2; ++i) start = draw_start(rng);
  const int64_t index =
      std::max<int64_t>(0, std::min(start.index, shards_->num_sentences(start.document) - 2));
  const std::vector<SentenceIds> chunk = collect(start.document, index, target, 2);
  if (chunk.size() < 2) pair.random_next = true;

  const size_t num_first = chunk.size() < 2 ? 1 : 1 + rng.below(chunk.size() - 1);
  pair.first = join(std::span(chunk).first(num_first));
  pair.first_document = pair.second_document = start.document;
  if (pair.random_next) {
    pair.second =
        draw_from_another_document(start, target - static_cast<int64_t>(pair.first.size()), pair, rng);
  } else {
    pair.second = join(std::span(chunk).subspan(num_first));
  }
  truncate_pair(pair.first, pair.second, max_tokens, rng);
  return pair;
}

std::vector<int32_t> PretrainSampler::draw_from_another_document(const Start& start, int64_t num_tokens,
                                                                 Pair& pair, Rng& rng) const {
  // The index of a sentence among all other documents: those of this one are skipped.
  const int64_t own_begin = start.number - start.index;
  const int64_t own_count = shards_->num_sentences(start.document);
  auto number = static_cast<int64_t>(rng.below(static_cast<uint64_t>(shards_->num_sentences() - own_count)));
  if (number >= own_begin) number += own_count;
  const auto [document, index] = shards_->locate(number);
  pair.second_document = document;
  return join(collect(document, index, num_tokens, 1));
}

PretrainSampler::Pair PretrainSampler::draw_single(Rng& rng) const {
  const int64_t target =
      draw_target_length(rng, config_.max_seq_length - tokenizer_->special().num_in_single());
  const Start start = draw_start(rng);
  Pair pair;
  pair.first = join(collect(start.document, start.index, target, 1));
  pair.first_document = pair.second_document = start.document;
  truncate_pair(pair.first, pair.second, target, rng);
  return pair;
}

}  // namespace rpp
