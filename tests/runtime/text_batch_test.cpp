#include "runtime/text_batch.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

TextBatch texts_of(const std::vector<int64_t>& lengths) {
  TextBatch texts;
  for (size_t i = 0; i < lengths.size(); ++i) {
    texts.input_ids.resize(texts.input_ids.size() + static_cast<size_t>(lengths[i]), static_cast<int32_t>(i));
    texts.end_sequence();
  }
  return texts;
}

TEST(TextBatch, PassesAreFullAndCoverAllSequences) {
  const TextBatch texts = texts_of({4000, 90, 6, 1, 5000, 3});
  std::vector<size_t> firsts;
  std::vector<std::vector<int32_t>> bounds;
  for_each_pass(texts, [&](size_t first, const TokenBatch& batch) {
    firsts.push_back(first);
    bounds.emplace_back(batch.cu_seqlens.begin(), batch.cu_seqlens.end());
    EXPECT_EQ(batch.input_ids.front(), static_cast<int32_t>(first));
    EXPECT_EQ(batch.input_ids.size(), static_cast<size_t>(batch.cu_seqlens.back()));
  });
  EXPECT_EQ(firsts, (std::vector<size_t>{0, 3, 4, 5}));
  EXPECT_EQ(bounds, (std::vector<std::vector<int32_t>>{{0, 4000, 4090, 4096}, {0, 1}, {0, 5000}, {0, 3}}));
}

TEST(TextBatch, NoSequencesNeedNoPass) {
  for_each_pass(TextBatch{}, [](size_t, const TokenBatch&) { FAIL(); });
}

TEST(TextBatch, AnUnfinishedSequenceIsDroppedByTheNext) {
  TextBatch texts = texts_of({3});
  texts.token_type_ids.assign(3, 1);
  texts.input_ids.insert(texts.input_ids.end(), {7, 7});
  texts.token_type_ids.push_back(1);
  texts.begin_sequence();
  EXPECT_EQ(texts.input_ids.size(), 3U);
  EXPECT_EQ(texts.token_type_ids.size(), 3U);
  texts.input_ids.push_back(5);
  EXPECT_EQ(texts.end_sequence(), 1);
}

}  // namespace
}  // namespace rpp
