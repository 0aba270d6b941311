#include "tokenizer/squad_features.h"

#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"
#include "data/squad_batch.h"

namespace rpp {
namespace {

using Ids = std::vector<int32_t>;

// "w0 w1 ... ": word n has id 5 + 2n and starts at byte_of(n).
std::string numbered_words(int64_t count) {
  std::string text;
  for (int64_t i = 0; i < count; ++i) text += fmt::format("{}w{}", i == 0 ? "" : " ", i);
  return text;
}

SquadAnswer answer_in(const std::string& context, const std::string& text) {
  return {.text = text, .begin = static_cast<int64_t>(context.find(text))};
}

SquadData one_question(int64_t context_words, const std::string& question, const std::string& answer = "") {
  SquadData data{.contexts = {numbered_words(context_words)}, .questions = {{.id = "a", .text = question}}};
  if (!answer.empty()) data.questions[0].answers = {answer_in(data.contexts[0], answer)};
  return data;
}

// Room for ten context tokens beside a question of one token.
constexpr SquadFeatureOptions kOptions = {.max_seq_length = 14, .doc_stride = 4, .max_query_length = 3};

std::vector<std::pair<int32_t, int32_t>> ranges(const SquadFeatures& features) {
  std::vector<std::pair<int32_t, int32_t>> ranges;
  for (const SquadWindow& window : features.windows) {
    ranges.emplace_back(window.first_token, window.first_token + window.num_tokens);
  }
  return ranges;
}

std::vector<std::pair<int32_t, int32_t>> labels(const SquadFeatures& features) {
  std::vector<std::pair<int32_t, int32_t>> labels;
  for (const SquadWindow& window : features.windows) {
    labels.emplace_back(window.start_position, window.end_position);
  }
  return labels;
}

using Pairs = std::vector<std::pair<int32_t, int32_t>>;

TEST(SquadFeatures, ASequenceIsClsQuestionSepContextSep) {
  const SquadFeatures features = make_squad_features(one_question(3, "w50", "w1"), FakeTokenizer(), kOptions);
  const std::vector<int64_t> indices = {0};
  const PackedBatch batch = make_squad_batch(features, indices);
  EXPECT_EQ(batch.input_ids, (Ids{2, 105, 3, 5, 7, 9, 3}));
  EXPECT_EQ(batch.token_type_ids, (Ids{0, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(batch.position_ids, (Ids{0, 1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(batch.cu_seqlens, (Ids{0, 7}));
  EXPECT_EQ(batch.start_positions, (Ids{4}));
  EXPECT_EQ(batch.end_positions, (Ids{4}));
}

TEST(SquadFeatures, WindowsOverlapByTheStrideAndTheLastEndsWithTheContext) {
  const auto windows_of = [](int64_t words) {
    return ranges(make_squad_features(one_question(words, "w50"), FakeTokenizer(), kOptions));
  };
  EXPECT_EQ(windows_of(10), (Pairs{{0, 10}}));
  EXPECT_EQ(windows_of(11), (Pairs{{0, 10}, {6, 11}}));
  EXPECT_EQ(windows_of(16), (Pairs{{0, 10}, {6, 16}}));
  EXPECT_EQ(windows_of(17), (Pairs{{0, 10}, {6, 16}, {12, 17}}));
}

TEST(SquadFeatures, AContextWithoutTokensHasOneWindow) {
  SquadData data = one_question(1, "w50");
  data.contexts[0] = "   ";
  EXPECT_EQ(ranges(make_squad_features(data, FakeTokenizer(), kOptions)), (Pairs{{0, 0}}));
}

TEST(SquadFeatures, ALongQuestionIsTruncatedAndLeavesLessContext) {
  const SquadFeatures features =
      make_squad_features(one_question(10, "w50 w51 w52 w53 w54"), FakeTokenizer(), kOptions);
  EXPECT_EQ(features.questions[0], (Ids{105, 107, 109}));
  EXPECT_EQ(ranges(features), (Pairs{{0, 8}, {4, 10}}));
  EXPECT_EQ(features.num_cut_questions, 1);
  EXPECT_EQ(make_squad_features(one_question(10, "w50 w51 w52"), FakeTokenizer(), kOptions).num_cut_questions,
            0);
}

TEST(SquadFeatures, AWindowWithoutTheWholeAnswerIsLabelledCls) {
  // Tokens of the windows: 0-9, 6-15, 12-16; the context starts at position 3.
  const auto labels_of = [](const std::string& answer) {
    return labels(make_squad_features(one_question(17, "w50", answer), FakeTokenizer(), kOptions));
  };
  EXPECT_EQ(labels_of("w2 w3"), (Pairs{{5, 6}, {0, 0}, {0, 0}}));
  EXPECT_EQ(labels_of("w8"), (Pairs{{11, 11}, {5, 5}, {0, 0}}));
  EXPECT_EQ(labels_of("w9 w10"), (Pairs{{0, 0}, {6, 7}, {0, 0}}));
  EXPECT_EQ(labels_of("w15 w16"), (Pairs{{0, 0}, {0, 0}, {6, 7}}));
  EXPECT_EQ(labels_of("w5 w6 w7 w8 w9 w10"), (Pairs{{0, 0}, {0, 0}, {0, 0}}));
  EXPECT_EQ(labels_of(""), (Pairs{{0, 0}, {0, 0}, {0, 0}}));
}

TEST(SquadFeatures, AnAnswerInsideATokenIsLabelledWithThatToken) {
  SquadData data = one_question(12, "w50");
  data.questions[0].answers = {answer_in(data.contexts[0], "1 w2 w")};  // from "w1" to "w3"
  EXPECT_EQ(labels(make_squad_features(data, FakeTokenizer(), kOptions))[0], (std::pair(4, 6)));
}

TEST(SquadFeatures, TheFirstCorrectlyPlacedAnswerIsTheLabel) {
  SquadData data = one_question(5, "w50", "w3");
  data.questions[0].answers.insert(data.questions[0].answers.begin(), {.text = "w9", .begin = -1});
  data.questions[0].answers.push_back(answer_in(data.contexts[0], "w1"));
  EXPECT_EQ(labels(make_squad_features(data, FakeTokenizer(), kOptions)), (Pairs{{6, 6}}));
}

TEST(SquadFeatures, QuestionsShareTheTokensOfTheirContext) {
  SquadData data = one_question(4, "w50");
  data.contexts.push_back("w7");
  data.questions.push_back({.id = "b", .text = "w51", .context = 1});
  data.questions.push_back({.id = "c", .text = "w52", .context = 0});
  const SquadFeatures features = make_squad_features(data, FakeTokenizer(), kOptions);
  EXPECT_EQ(features.contexts.size(), 2U);
  const std::vector<int64_t> indices = {2, 1};
  EXPECT_EQ(make_squad_batch(features, indices).input_ids,
            (Ids{2, 109, 3, 5, 7, 9, 11, 3, 2, 107, 3, 19, 3}));
}

TEST(SquadFeatures, DoNotDependOnTheNumberOfThreads) {
  SquadData data;
  for (int64_t i = 0; i < 60; ++i) {
    data.contexts.push_back(numbered_words(1 + i));
    data.questions.push_back({.id = std::to_string(i), .text = "w50", .context = i});
    data.questions.back().answers = {answer_in(data.contexts.back(), "w0")};
  }
  auto options = kOptions;
  options.num_threads = 1;
  const SquadFeatures one = make_squad_features(data, FakeTokenizer(), options);
  options.num_threads = 3;
  const SquadFeatures three = make_squad_features(data, FakeTokenizer(), options);
  EXPECT_EQ(ranges(one), ranges(three));
  EXPECT_EQ(labels(one), labels(three));
  EXPECT_EQ(one.first_window, three.first_window);
}

TEST(SquadFeatures, WindowsThatWouldNotAdvanceAreRefused) {
  EXPECT_EQ(
      message_of([] {
        make_squad_features(one_question(3, "w50"), FakeTokenizer(),
                            {.max_seq_length = 128, .doc_stride = 128, .max_query_length = 64});
      }),
      "max_seq_length 128 leaves 61 tokens of context beside a question of squad.max_query_length 64, which "
      "must be more than squad.doc_stride 128: raise max_seq_length (BERT's is 384)");
  const auto error_of = [](int64_t stride) {
    return message_of([=] {
      make_squad_features(one_question(3, "w50"), FakeTokenizer(),
                          {.max_seq_length = 128, .doc_stride = stride, .max_query_length = 64});
    });
  };
  EXPECT_NE(error_of(61), "no error");  // windows of 61 tokens
  EXPECT_EQ(error_of(60), "no error");
}

TEST(MaxContext, IsTheWindowWithTheLargestMinimumContext) {
  const SquadWindow windows[] = {{.first_token = 0, .num_tokens = 10}, {.first_token = 6, .num_tokens = 10}};
  EXPECT_TRUE(is_max_context(windows, 0, 7));  // 2 tokens to the right, against 1 to the left
  EXPECT_FALSE(is_max_context(windows, 1, 7));
  EXPECT_TRUE(is_max_context(windows, 1, 8));  // 1 to the right, against 2 to the left
  EXPECT_FALSE(is_max_context(windows, 0, 12));
  EXPECT_TRUE(is_max_context(windows, 1, 12));
}

TEST(MaxContext, TiesGoToTheLongerWindowThenTheFirst) {
  const SquadWindow equal[] = {{.first_token = 0, .num_tokens = 5}, {.first_token = 2, .num_tokens = 5}};
  EXPECT_TRUE(is_max_context(equal, 0, 3));
  EXPECT_FALSE(is_max_context(equal, 1, 3));
  const SquadWindow longer[] = {{.first_token = 0, .num_tokens = 4}, {.first_token = 1, .num_tokens = 5}};
  EXPECT_TRUE(is_max_context(longer, 1, 2));  // the minimum is one token in both
}

// Searching all windows for each token would take hours on a long context.
TEST(MaxContext, HandlesAHundredThousandWindows) {
  constexpr int32_t kTokens = 100'000, kSize = 3;
  std::vector<SquadWindow> windows;
  for (int32_t i = 0; i + kSize <= kTokens; ++i) windows.push_back({.first_token = i, .num_tokens = kSize});
  int64_t found = 0;
  for (int32_t i = 0; i + kSize <= kTokens; ++i) {
    for (int32_t token = i; token < i + kSize; ++token) {
      found += is_max_context(windows, static_cast<size_t>(i), token);
    }
  }
  EXPECT_EQ(found, kTokens);
}

}  // namespace
}  // namespace rpp
