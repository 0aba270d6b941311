#include "rpp/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/rng.h"
#include "exported_model.h"
#include "message_of.h"
#include "runtime/kernels.h"

namespace rpp {
namespace {

using testing::HasSubstr;
using Arithmetic = RuntimeOptions::Arithmetic;
using Matrices = RuntimeOptions::Matrices;

constexpr double kTolerance = 1e-5;

std::vector<float> copy(std::span<const float> values) {
  return {values.begin(), values.end()};
}

class GoldenSession : public testing::Test {
 protected:
  TokenBatch batch() const {
    return {.input_ids = ids_, .token_type_ids = types_, .cu_seqlens = cu_seqlens_};
  }

  // The hidden states of one sequence of the batch, encoded alone.
  std::vector<float> hidden_alone(Session& session, size_t sequence) const {
    const auto begin = static_cast<size_t>(cu_seqlens_[sequence]);
    const auto length = static_cast<size_t>(cu_seqlens_[sequence + 1]) - begin;
    const std::vector<int32_t> bounds = {0, static_cast<int32_t>(length)};
    session.encode({.input_ids = std::span(ids_).subspan(begin, length),
                    .token_type_ids = std::span(types_).subspan(begin, length),
                    .cu_seqlens = bounds});
    return copy(session.hidden());
  }

  Golden golden_;
  std::vector<int32_t> ids_ = golden_.integers("input_ids"), types_ = golden_.integers("token_type_ids"),
                       cu_seqlens_ = golden_.integers("cu_seqlens");
};

TEST_F(GoldenSession, HiddenStatesEqualTransformersWithEveryKernel) {
  for (const Kernels* kernels : supported_kernels()) {
    for (const auto matrices : {Matrices::dense, Matrices::sparse}) {
      Session session(exported(golden_dir(), {.matrices = matrices, .kernels = std::string(kernels->name)}));
      session.encode(batch());
      EXPECT_LT(largest_difference(session.hidden(), golden_.floats("hidden.2")), kTolerance)
          << kernels->name;
    }
  }
}

TEST_F(GoldenSession, SparseAndDenseMatricesAreBitIdentical) {
  for (const Kernels* kernels : supported_kernels()) {
    const auto hidden_of = [&](Matrices matrices) {
      Session session(exported(golden_dir(), {.matrices = matrices, .kernels = std::string(kernels->name)}));
      session.encode(batch());
      return copy(session.hidden());
    };
    EXPECT_EQ(hidden_of(Matrices::sparse), hidden_of(Matrices::dense)) << kernels->name;
  }
}

// The states are of LayerNorm: of the order of 1.
TEST_F(GoldenSession, HiddenStatesInInt8AreCloseToTransformers) {
  for (const Kernels* kernels : supported_kernels()) {
    Session session(
        exported(golden_dir(), {.arithmetic = Arithmetic::int8, .kernels = std::string(kernels->name)}));
    session.encode(batch());
    EXPECT_LT(largest_difference(session.hidden(), golden_.floats("hidden.2")), 0.1) << kernels->name;
    EXPECT_GT(largest_difference(session.hidden(), golden_.floats("hidden.2")), 1e-4) << kernels->name;
  }
}

TEST_F(GoldenSession, InInt8SparseAndDenseMatricesAreBitIdentical) {
  for (const Kernels* kernels : supported_kernels()) {
    const auto hidden_of = [&](Matrices matrices) {
      Session session(exported(
          golden_dir(),
          {.matrices = matrices, .arithmetic = Arithmetic::int8, .kernels = std::string(kernels->name)}));
      session.encode(batch());
      return copy(session.hidden());
    };
    EXPECT_EQ(hidden_of(Matrices::sparse), hidden_of(Matrices::dense)) << kernels->name;
  }
}

TEST_F(GoldenSession, InInt8AnswersDependNeitherOnTheBatchNorOnTheThreads) {
  const auto model = exported(golden_dir(), {.arithmetic = Arithmetic::int8});
  Session together(model), threads(model, 3), alone(model);
  together.encode(batch());
  threads.encode(batch());
  const auto hidden = copy(together.hidden());
  EXPECT_EQ(hidden, copy(threads.hidden()));
  for (size_t sequence = 0; sequence + 1 < cu_seqlens_.size(); ++sequence) {
    const auto of_one = hidden_alone(alone, sequence);
    const auto first = hidden.begin() + cu_seqlens_[sequence] * model->sizes().hidden;
    EXPECT_TRUE(std::equal(of_one.begin(), of_one.end(), first)) << sequence;
  }
}

TEST_F(GoldenSession, HeadOutputsEqualTransformers) {
  Session session(exported(golden_dir()));
  session.encode(batch());
  EXPECT_LT(largest_difference(session.pooled(), golden_.floats("pooler_output")), kTolerance);
  const auto positions = golden_.integers("mlm_positions");
  EXPECT_LT(largest_difference(session.mlm_logits(positions), golden_.floats("mlm_logits")), kTolerance);
}

TEST_F(GoldenSession, ClassifierLogitsEqualTransformers) {
  Session session(exported(golden_dir() / "classifier"));
  session.encode(batch());
  EXPECT_EQ(session.model().sizes().labels, 3);
  EXPECT_LT(largest_difference(session.logits(), golden_.floats("class_logits")), kTolerance);
}

TEST_F(GoldenSession, QuestionAnsweringLogitsEqualTransformers) {
  Session session(exported(golden_dir() / "span"));
  session.encode(batch());
  const auto starts = golden_.floats("start_logits"), ends = golden_.floats("end_logits");
  std::vector<float> wanted;  // [tokens, 2]
  for (size_t token = 0; token < starts.size(); ++token) {
    wanted.insert(wanted.end(), {starts[token], ends[token]});
  }
  EXPECT_LT(largest_difference(session.span_logits(), wanted), kTolerance);
}

TEST_F(GoldenSession, MeanPoolingIsTheMeanOverTheTokens) {
  Session session(exported(golden_dir()));
  session.encode(batch());
  const auto hidden = copy(session.hidden());
  const auto means = session.mean_pooled();
  ASSERT_EQ(means.size(), 3U * 32U);
  double sum = 0.0;
  for (int32_t token = cu_seqlens_[1]; token < cu_seqlens_[2]; ++token) {
    sum += hidden[static_cast<size_t>(token) * 32 + 5];
  }
  EXPECT_NEAR(means[32 + 5], sum / (cu_seqlens_[2] - cu_seqlens_[1]), 1e-6);
}

TEST_F(GoldenSession, OutputsDoNotDependOnTheBatch) {
  Session session(exported(golden_dir()));
  session.encode(batch());
  const auto together = copy(session.hidden());
  for (size_t sequence = 0; sequence < 3; ++sequence) {
    const auto alone = hidden_alone(session, sequence);
    const auto* same = together.data() + cu_seqlens_[sequence] * 32;
    EXPECT_TRUE(std::equal(alone.begin(), alone.end(), same)) << sequence;
  }
}

TEST_F(GoldenSession, OutputsDoNotDependOnTheNumberOfThreads) {
  const auto model = exported(golden_dir());
  Session one(model, 1);
  one.encode(batch());
  for (const int threads : {2, 3, 7}) {
    Session many(model, threads);
    many.encode(batch());
    EXPECT_EQ(copy(many.hidden()), copy(one.hidden())) << threads;
    EXPECT_EQ(copy(many.pooled()), copy(one.pooled())) << threads;
  }
}

// Sequences cross tiles of 64 tokens; with 41 copies, 1,025 tokens, one or two threads encode several
// portions.
TEST_F(GoldenSession, ALongBatchGivesTheSameOutputs) {
  for (const int threads : {1, 2, 5}) {
    Session session(exported(golden_dir()), threads);
    session.encode(batch());
    const auto once = copy(session.hidden()), pooled_once = copy(session.pooled());
    for (const int copies : {9, 41}) {
      std::vector<int32_t> ids, types, cu_seqlens = {0};
      for (int i = 0; i < copies; ++i) {
        ids.insert(ids.end(), ids_.begin(), ids_.end());
        types.insert(types.end(), types_.begin(), types_.end());
        for (size_t j = 1; j < cu_seqlens_.size(); ++j)
          cu_seqlens.push_back(i * cu_seqlens_.back() + cu_seqlens_[j]);
      }
      session.encode({.input_ids = ids, .token_type_ids = types, .cu_seqlens = cu_seqlens});
      const auto often = copy(session.hidden()), pooled_often = copy(session.pooled());
      ASSERT_EQ(often.size(), static_cast<size_t>(copies) * once.size());
      for (size_t i = 0; i < often.size(); ++i)
        ASSERT_EQ(often[i], once[i % once.size()]) << threads << ": " << i;
      for (size_t i = 0; i < pooled_often.size(); ++i)
        ASSERT_EQ(pooled_often[i], pooled_once[i % pooled_once.size()]);
    }
  }
}

TEST_F(GoldenSession, MissingTokenTypesMeanTypeZero) {
  Session session(exported(golden_dir()));
  const std::vector<int32_t> zeros(ids_.size(), 0);
  session.encode({.input_ids = ids_, .token_type_ids = zeros, .cu_seqlens = cu_seqlens_});
  const auto with = copy(session.hidden());
  session.encode({.input_ids = ids_, .token_type_ids = {}, .cu_seqlens = cu_seqlens_});
  EXPECT_EQ(copy(session.hidden()), with);
}

TEST_F(GoldenSession, SmallerTypesStayWithinTolerance) {
  Session exact(exported(golden_dir()));
  exact.encode(batch());
  const auto wanted = copy(exact.hidden());
  Session session(exported(golden_dir(), {}, {.values = Dtype::bf16, .embeddings = Dtype::i8}));
  session.encode(batch());
  const double difference = largest_difference(session.hidden(), wanted);
  EXPECT_LT(difference, 0.1);
  EXPECT_GT(difference, 1e-5);  // token types have an effect
}

TEST_F(GoldenSession, AnEmptyBatchGivesNoOutputs) {
  Session session(exported(golden_dir()));
  session.encode({.input_ids = {}, .token_type_ids = {}, .cu_seqlens = std::vector<int32_t>{0}});
  EXPECT_TRUE(session.hidden().empty());
  EXPECT_TRUE(session.pooled().empty());
}

TEST_F(GoldenSession, InvalidBatchesAreRefused) {
  Session session(exported(golden_dir()));
  const auto error_of = [&](std::vector<int32_t> ids, std::vector<int32_t> cu_seqlens) {
    return message_of(
        [&] { session.encode({.input_ids = ids, .token_type_ids = {}, .cu_seqlens = cu_seqlens}); });
  };
  EXPECT_THAT(error_of({5, 100}, {0, 2}), HasSubstr("the id 100 is not in the vocabulary of 100"));
  EXPECT_THAT(error_of({5, -1}, {0, 2}), HasSubstr("the id -1 is not"));
  EXPECT_THAT(error_of({5, 6}, {0, 1}), HasSubstr("cu_seqlens must run from 0 to the number of tokens, 2"));
  EXPECT_THAT(error_of({5, 6}, {1, 2}), HasSubstr("cu_seqlens must run from 0 to the number of tokens, 2"));
  EXPECT_THAT(error_of({5, 6}, {0, 2, 2}), HasSubstr("sequence 1 has 0 tokens"));
  EXPECT_THAT(error_of({5, 6}, {0, 3, 2}), HasSubstr("sequence 1 has -1 tokens"));
  EXPECT_THAT(error_of(std::vector<int32_t>(25, 5), {0, 25}),
              HasSubstr("25 tokens, the model takes 1 to 24"));
  const std::vector<int32_t> wrong_types(ids_.size(), 2);
  EXPECT_THAT(message_of([&] {
                session.encode({.input_ids = ids_, .token_type_ids = wrong_types, .cu_seqlens = cu_seqlens_});
              }),
              HasSubstr("the model has no token type 2"));
}

TEST_F(GoldenSession, AMissingHeadIsNamed) {
  Session session(exported(golden_dir()));
  session.encode(batch());
  EXPECT_THAT(message_of([&] { session.logits(); }), HasSubstr("has no classifier"));
  EXPECT_THAT(message_of([&] { session.span_logits(); }), HasSubstr("has no head for answers"));
  EXPECT_THAT(message_of([&] { session.mlm_logits(std::vector<int32_t>{25}); }),
              HasSubstr("there is no token 25 in a batch of 25"));
}

}  // namespace
}  // namespace rpp
