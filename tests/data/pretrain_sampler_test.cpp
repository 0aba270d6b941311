#include "data/pretrain_sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "data/fake_tokenizer.h"
#include "program/log.h"

namespace rpp {
namespace {

using Ids = std::vector<int32_t>;

// One sequence of a batch, with mask positions relative to its start.
struct Sample {
  Ids ids, type_ids, position_ids, mlm_positions, mlm_labels;
  int32_t label = -1;
  bool operator==(const Sample&) const = default;
};

std::vector<Sample> samples_of(const PackedBatch& batch) {
  std::vector<Sample> samples;
  const auto part = [](const Ids& ids, int32_t begin, int32_t end) {
    return Ids(ids.begin() + begin, ids.begin() + end);
  };
  for (size_t s = 0; s + 1 < batch.cu_seqlens.size(); ++s) {
    const int32_t begin = batch.cu_seqlens[s], end = batch.cu_seqlens[s + 1];
    Sample sample{.ids = part(batch.input_ids, begin, end),
                  .type_ids = part(batch.token_type_ids, begin, end),
                  .position_ids = part(batch.position_ids, begin, end)};
    for (size_t i = 0; i < batch.mlm_positions.size(); ++i) {
      if (batch.mlm_positions[i] < begin || batch.mlm_positions[i] >= end) continue;
      sample.mlm_positions.push_back(batch.mlm_positions[i] - begin);
      sample.mlm_labels.push_back(batch.mlm_labels[i]);
    }
    if (!batch.labels.empty()) sample.label = batch.labels[s];
    samples.push_back(sample);
  }
  return samples;
}

Ids unmasked(const Sample& sample) {
  Ids ids = sample.ids;
  for (size_t i = 0; i < sample.mlm_positions.size(); ++i) {
    ids[static_cast<size_t>(sample.mlm_positions[i])] = sample.mlm_labels[i];
  }
  return ids;
}

// The documents whose words (see corpus_text) occur among these ids.
std::set<int64_t> documents_of(const Ids& ids) {
  std::set<int64_t> documents;
  for (const int32_t id : ids) documents.insert((id - 5) / 20);
  return documents;
}

double tolerance(double draws, double chance) {
  return 5 * std::sqrt(draws * chance * (1 - chance));
}

class Sampler : public testing::Test {
 protected:
  ShardSet make_shards(std::string_view text) const {
    build_shards({.inputs = {dir_.write("corpus.txt", text)}, .output_dir = dir_ / "shards"}, tokenizer_);
    return ShardSet({dir_ / "shards"}, fake_fingerprint());
  }
  // Every id of the document, sentence by sentence.
  static Ids document_ids(const ShardSet& shards, int64_t document) {
    Ids ids;
    for (int64_t i = 0; i < shards.num_sentences(document); ++i) shards.sentence(document, i).append_to(ids);
    return ids;
  }

  const TestDir dir_{testing::UnitTest::GetInstance()->current_test_info()->name()};
  const FakeTokenizer tokenizer_;
};

TEST_F(Sampler, HalfOfThePairsAreRandom) {
  const ShardSet shards = make_shards(corpus_text(10, 20));
  const PackedBatch batch = PretrainSampler(shards, tokenizer_, {}, 1).batch(0, 0, 4000);
  EXPECT_NEAR(std::count(batch.labels.begin(), batch.labels.end(), 1), 2000, tolerance(4000, 0.5));
}

// Includes pairs that start at the last sentence of their document.
TEST_F(Sampler, HalfOfThePairsAreRandomForShortDocumentsToo) {
  const ShardSet shards = make_shards(corpus_text(10, 2));
  const PackedBatch batch = PretrainSampler(shards, tokenizer_, {}, 1).batch(0, 0, 4000);
  EXPECT_NEAR(std::count(batch.labels.begin(), batch.labels.end(), 1), 2000, tolerance(4000, 0.5));
}

TEST_F(Sampler, NegativesComeFromAnotherDocumentAndPositivesFollowInTheirs) {
  const ShardSet shards = make_shards(corpus_text(5, 12));
  const PretrainSampler sampler(shards, tokenizer_, {.max_seq_length = 512}, 1);  // no pair is truncated
  Rng rng(1);
  for (int i = 0; i < 2000; ++i) {
    const PretrainSampler::Pair pair = sampler.draw_pair(rng);
    EXPECT_EQ(documents_of(pair.first), std::set{pair.first_document});
    EXPECT_EQ(documents_of(pair.second), std::set{pair.second_document});
    EXPECT_EQ(pair.random_next, pair.first_document != pair.second_document);
    if (pair.random_next) continue;
    Ids both = pair.first;
    both.insert(both.end(), pair.second.begin(), pair.second.end());
    const Ids document = document_ids(shards, pair.first_document);
    EXPECT_NE(std::search(document.begin(), document.end(), both.begin(), both.end()), document.end());
  }
}

TEST_F(Sampler, WithTwoDocumentsNegativesComeFromTheOther) {
  const ShardSet shards = make_shards(corpus_text(1, 200) + "w10 w11\nw12\n");
  const PretrainSampler sampler(shards, tokenizer_, {}, 1);
  Rng rng(2);
  for (int i = 0; i < 1000; ++i) {
    const PretrainSampler::Pair pair = sampler.draw_pair(rng);
    EXPECT_EQ(pair.second_document, pair.random_next ? 1 - pair.first_document : pair.first_document);
  }
}

TEST_F(Sampler, DocumentsOfOneSentenceGiveNegativesOnly) {
  const ShardSet shards = make_shards("w0 w1\n\nw10 w11\n\nw20 w21\n");
  const PackedBatch batch = PretrainSampler(shards, tokenizer_, {}, 1).batch(0, 0, 100);
  EXPECT_EQ(std::count(batch.labels.begin(), batch.labels.end(), 1), 100);
}

TEST_F(Sampler, ShardsOfAnotherVocabularyAreRefused) {
  const ShardSet shards = make_shards(corpus_text(3, 3));
  for (const int32_t size : {1004, 1006}) {
    EXPECT_EQ(
        message_of([&] { PretrainSampler(shards, FakeTokenizer(size), {}, 1); }),
        fmt::format("the shards are of a vocabulary of 1005, the tokenizer has {}: build them again with "
                    "this tokenizer",
                    size));
  }
}

TEST_F(Sampler, WarnsOfDocumentsOfOneSentenceWithNextSentencePrediction) {
  init_logging();
  const ShardSet shards = make_shards("w1\n\nw2\n\nw3\n");
  for (const bool next_sentence : {true, false}) {
    DataConfig config;
    config.next_sentence = next_sentence;
    testing::internal::CaptureStderr();
    PretrainSampler(shards, tokenizer_, config, 1);
    const std::string output = testing::internal::GetCapturedStderr();
    EXPECT_EQ(output.find("the shards: every document has one sentence") != std::string::npos, next_sentence);
  }
}

TEST_F(Sampler, OneDocumentIsRefusedUnlessNextSentencePredictionIsOff) {
  const ShardSet shards = make_shards("w0 w1\n");
  EXPECT_EQ(message_of([&] { PretrainSampler(shards, tokenizer_, {}, 1); }),
            "next_sentence needs two documents or more, the shards hold 1: a negative comes from another "
            "document; set data.next_sentence=false, or put a blank line after each document of the text");
  const PretrainSampler single(shards, tokenizer_, {.next_sentence = false}, 1);
  EXPECT_EQ(unmasked(samples_of(single.batch(0, 0, 1))[0]), (Ids{2, 5, 7, 3}));
}

TEST_F(Sampler, APairIsClsFirstSepSecondSepWithTypesAndPositions) {
  const ShardSet shards = make_shards("w0 w1 w2\nw3\n\nw10 w11 w12\nw13\n");
  const PretrainSampler sampler(shards, tokenizer_, {.short_seq_prob = 0}, 1);
  for (const Sample& sample : samples_of(sampler.batch(0, 0, 50))) {
    const Ids ids = unmasked(sample);
    const size_t size = ids.size();
    ASSERT_GE(size, 5U);
    const auto first_sep = static_cast<size_t>(std::find(ids.begin(), ids.end(), 3) - ids.begin());
    EXPECT_EQ(ids.front(), 2);
    EXPECT_EQ(ids.back(), 3);
    EXPECT_EQ(std::count(ids.begin(), ids.end(), 3), 2);
    for (size_t i = 0; i < size; ++i) {
      EXPECT_EQ(sample.type_ids[i], i <= first_sep ? 0 : 1);
      EXPECT_EQ(sample.position_ids[i], static_cast<int32_t>(i));
    }
  }
}

TEST_F(Sampler, LongPairsFillTheSequenceExactly) {
  const ShardSet shards = make_shards(corpus_text(3, 500));
  const PretrainSampler sampler(shards, tokenizer_, {.max_seq_length = 32, .short_seq_prob = 0}, 1);
  int full = 0;
  for (const Sample& sample : samples_of(sampler.batch(0, 0, 1000))) {
    ASSERT_LE(sample.ids.size(), 32U);
    full += sample.ids.size() == 32;
  }
  EXPECT_GT(full, 950);  // all but those at the end of a document
}

TEST_F(Sampler, ShortSeqProbIsTheShareOfShortSequences) {
  const ShardSet shards = make_shards(corpus_text(2, 2000));
  const auto num_short = [&](double short_seq_prob) {
    const DataConfig config{.max_seq_length = 128, .short_seq_prob = short_seq_prob};
    const auto samples = samples_of(PretrainSampler(shards, tokenizer_, config, 1).batch(0, 0, 2000));
    // A short target length is uniform in 2..125; the text ends with the sentence (at most 9 tokens) that
    // reaches it.
    return std::count_if(samples.begin(), samples.end(), [](const Sample& s) { return s.ids.size() < 115; });
  };
  const double chance_below = 103.0 / 124;
  EXPECT_LT(num_short(0), 60);
  EXPECT_NEAR(num_short(0.5), 2000 * 0.5 * chance_below, tolerance(2000, 0.4) + 60);
  EXPECT_GT(num_short(1), 2000 * chance_below - tolerance(2000, chance_below));
}

TEST_F(Sampler, SamplesDoNotDependOnTheMicroBatchSize) {
  const ShardSet shards = make_shards(corpus_text(10, 20));
  const PretrainSampler sampler(shards, tokenizer_, {}, 42);
  auto parts = samples_of(sampler.batch(7, 0, 3));
  for (const auto& [first, count] : {std::pair{3, 1}, std::pair{4, 4}}) {
    for (const Sample& sample : samples_of(sampler.batch(7, first, count))) parts.push_back(sample);
  }
  EXPECT_EQ(samples_of(sampler.batch(7, 0, 8)), parts);
}

TEST_F(Sampler, ABatchIsAFunctionOfSeedAndStep) {
  const ShardSet shards = make_shards(corpus_text(10, 20));
  const PretrainSampler sampler(shards, tokenizer_, {}, 42);
  const auto batch = samples_of(sampler.batch(7, 0, 8));
  EXPECT_EQ(samples_of(PretrainSampler(shards, tokenizer_, {}, 42).batch(7, 0, 8)), batch);
  EXPECT_NE(samples_of(PretrainSampler(shards, tokenizer_, {}, 43).batch(7, 0, 8)), batch);
  EXPECT_NE(samples_of(sampler.batch(8, 0, 8)), batch);
}

TEST_F(Sampler, EvaluationBatchesAreFixedAndDifferFromTraining) {
  const ShardSet shards = make_shards(corpus_text(10, 20));
  const PretrainSampler sampler(shards, tokenizer_, {}, 42);
  const auto first = samples_of(sampler.eval_batch(0, 4)), second = samples_of(sampler.eval_batch(4, 4));
  EXPECT_EQ(samples_of(sampler.eval_batch(0, 4)), first);
  EXPECT_NE(second, first);
  auto both = first;
  both.insert(both.end(), second.begin(), second.end());
  EXPECT_EQ(samples_of(sampler.eval_batch(0, 8)), both);
  EXPECT_NE(samples_of(sampler.batch(0, 0, 4)), first);
}

TEST_F(Sampler, FifteenPercentOfTheOrdinaryTokensAreMasked) {
  const ShardSet shards = make_shards(corpus_text(10, 200));
  const PretrainSampler sampler(shards, tokenizer_, {.max_predictions = 1000}, 42);
  for (const Sample& sample : samples_of(sampler.batch(0, 0, 200))) {
    const double num_ordinary = static_cast<double>(sample.ids.size()) - 3;
    EXPECT_EQ(static_cast<double>(sample.mlm_labels.size()), std::max(1.0, std::round(0.15 * num_ordinary)));
    for (const int32_t label : sample.mlm_labels) EXPECT_GE(label, 5);
  }
}

TEST_F(Sampler, WithoutNextSentencePredictionASampleIsOneUnlabelledText) {
  const ShardSet shards = make_shards(corpus_text(3, 50));
  const DataConfig config{.max_seq_length = 24, .next_sentence = false};
  const PackedBatch batch = PretrainSampler(shards, tokenizer_, config, 1).batch(0, 0, 100);
  EXPECT_TRUE(batch.labels.empty());
  for (const Sample& sample : samples_of(batch)) {
    const Ids ids = unmasked(sample);
    EXPECT_LE(ids.size(), 24U);
    EXPECT_EQ(documents_of(Ids(ids.begin() + 1, ids.end() - 1)).size(), 1U);
    EXPECT_EQ(std::count(sample.type_ids.begin(), sample.type_ids.end(), 0),
              static_cast<int64_t>(ids.size()));
  }
}

TEST(TruncatePair, TheLongerTextLosesTokensAtBothEnds) {
  Rng rng(1);
  int64_t cut_in_front = 0;
  for (int round = 0; round < 1000; ++round) {
    Ids first = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, second = {20, 21, 22};
    truncate_pair(first, second, 8, rng);
    ASSERT_EQ(first.size(), 5U);
    EXPECT_EQ(second, (Ids{20, 21, 22}));
    for (int32_t i = 0; i < 5; ++i) EXPECT_EQ(first[static_cast<size_t>(i)], first[0] + i);
    cut_in_front += first[0];
  }
  EXPECT_NEAR(static_cast<double>(cut_in_front), 2500, tolerance(5000, 0.5));
}

TEST(TruncatePair, TwoLongTextsGetHalfEach) {
  Rng rng(1);
  Ids first(100), second(70);
  truncate_pair(first, second, 21, rng);
  EXPECT_EQ(first.size(), 11U);
  EXPECT_EQ(second.size(), 10U);
}

}  // namespace
}  // namespace rpp
