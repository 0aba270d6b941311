#include "data/corpus_stats.h"

#include <algorithm>

#include "core/progress.h"
#include "data/pretrain_sampler.h"
#include "rpp/error.h"

namespace rpp {
namespace {

constexpr int64_t kPairsPerBatch = 1000;

double share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void count_sentence(const SentenceIds& sentence, int32_t unknown_id, CorpusStats& stats) {
  const int64_t bucket = std::min(sentence.size() / kLengthBucketWidth, kNumLengthBuckets - 1);
  ++stats.length_histogram[static_cast<size_t>(bucket)];
  stats.longest_sentence = std::max(stats.longest_sentence, sentence.size());
  for (int64_t i = 0; i < sentence.size(); ++i) stats.unknown += sentence[i] == unknown_id;
}

// In batches, as the offsets of a packed batch have 32 bits.
void count_pairs(const PretrainSampler& sampler, int64_t num_pairs, CorpusStats& stats) {
  int64_t num_tokens = 0, num_predictions = 0;
  for (int64_t first = 0; first < num_pairs; first += kPairsPerBatch) {
    const PackedBatch batch = sampler.batch(0, first, std::min(kPairsPerBatch, num_pairs - first));
    stats.sampled_pairs += batch.num_sequences();
    stats.random_pairs += std::count(batch.labels.begin(), batch.labels.end(), 1);
    num_tokens += batch.num_tokens();
    num_predictions += static_cast<int64_t>(batch.mlm_positions.size());
  }
  stats.masked_share = share(num_predictions, num_tokens);
  stats.mean_pair_length = share(num_tokens, stats.sampled_pairs);
}

}  // namespace

CorpusStats corpus_stats(const ShardSet& shards, const Tokenizer& tokenizer, const DataConfig& config,
                         int64_t num_pairs, uint64_t seed) {
  CorpusStats stats;
  stats.documents = shards.num_documents();
  stats.sentences = shards.num_sentences();
  stats.tokens = shards.num_tokens();
  for (int64_t document = 0; document < stats.documents; ++document) {
    const int64_t count = shards.num_sentences(document);
    for (int64_t i = 0; i < count; ++i) {
      count_sentence(shards.sentence(document, i), tokenizer.special().unk, stats);
    }
  }
  count_pairs(PretrainSampler(shards, tokenizer, config, seed), num_pairs, stats);
  return stats;
}

std::string format_stats(const CorpusStats& stats) {
  std::string text =
      fmt::format("{:<20}{:>15}\n{:<20}{:>15}\n{:<20}{:>15}\n", "documents", format_count(stats.documents),
                  "sentences", format_count(stats.sentences), "tokens", format_count(stats.tokens));
  text += fmt::format("{:<20}{:>15}  ({:.4f} % of the tokens)\n", "unknown", format_count(stats.unknown),
                      100 * share(stats.unknown, stats.tokens));
  text += fmt::format("{:<20}{:>15}  tokens\n\n", "longest sentence", format_count(stats.longest_sentence));
  text += "sentence length (tokens)   sentences   share\n";
  for (int64_t bucket = 0; bucket < kNumLengthBuckets; ++bucket) {
    const int64_t begin = bucket * kLengthBucketWidth;
    const bool last = bucket == kNumLengthBuckets - 1;
    const std::string range = last ? fmt::format("{} or more", begin)
                                   : fmt::format("{} to {}", begin, begin + kLengthBucketWidth - 1);
    const int64_t count = stats.length_histogram[static_cast<size_t>(bucket)];
    text += fmt::format("{:>24}{:>12}{:>6.1f} %\n", range, format_count(count),
                        100 * share(count, stats.sentences));
  }
  text += fmt::format(
      "\n{} sampled pairs: {:.1f} % random next sentences, {:.1f} tokens each, {:.1f} % of them masked\n",
      format_count(stats.sampled_pairs), 100 * share(stats.random_pairs, stats.sampled_pairs),
      stats.mean_pair_length, 100 * stats.masked_share);
  return text;
}

}  // namespace rpp
