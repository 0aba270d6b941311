// Checks that a session allocates only while it grows to the largest batch.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <new>

#include "data/fake_tokenizer.h"
#include "exported_model.h"
#include "rpp/rpp.h"

// A sanitizer replaces operator new itself.
#ifndef __SANITIZE_ADDRESS__

namespace {

std::atomic<int64_t> num_allocations = 0;
std::atomic<int64_t> failing_allocation = 0;  // number of the allocation that fails; 0: none

void* allocate(size_t bytes, size_t alignment) {
  if (++num_allocations == failing_allocation) throw std::bad_alloc();
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

void* operator new(size_t bytes) {
  return allocate(bytes, alignof(std::max_align_t));
}
void* operator new(size_t bytes, std::align_val_t alignment) {
  return allocate(bytes, static_cast<size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace rpp {
namespace {

void use(Session& session, const TokenBatch& batch, const std::vector<int32_t>& positions) {
  session.encode(batch);
  session.hidden();
  session.pooled();
  session.mean_pooled();
  session.mlm_logits(positions);
}

TEST(Allocations, AWarmSessionDoesNotAllocate) {
  const Golden golden;
  const auto ids = golden.integers("input_ids"), cu_seqlens = golden.integers("cu_seqlens");
  const TokenBatch all = {.input_ids = ids, .token_type_ids = {}, .cu_seqlens = cu_seqlens};
  const TokenBatch first = {.input_ids = std::span(ids).first(static_cast<size_t>(cu_seqlens[1])),
                            .token_type_ids = {},
                            .cu_seqlens = std::span(cu_seqlens).first(2)};
  const std::vector<int32_t> positions = {0, 3, 5};
  for (const auto arithmetic : {RuntimeOptions::Arithmetic::fp32, RuntimeOptions::Arithmetic::int8}) {
    for (const int threads : {1, 2}) {
      Session session(exported(golden_dir(), {.arithmetic = arithmetic}), threads);
      use(session, all, positions);
      const int64_t before = num_allocations;
      use(session, first, positions);
      use(session, all, positions);
      EXPECT_EQ(num_allocations, before) << threads << " threads";
      EXPECT_GT(before, 0);  // allocations are counted
    }
  }
}

// A model of whole words with the heads in tests/golden/bert/HEADS.
class OutOfMemory : public testing::Test {
 protected:
  OutOfMemory() : dir_(testing::UnitTest::GetInstance()->current_test_info()->name()) {}
  ~OutOfMemory() override { rpp_close(session_), rpp_free(model_); }

  void open(const std::string& heads) {
    std::filesystem::copy(golden_dir() / heads, dir_ / "model");
    dir_.write("model/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nw0\nw1\nw2\n");
    ASSERT_EQ(rpp_load((dir_ / "model").c_str(), nullptr, &model_), RPP_OK) << rpp_last_error();
    const rpp_session_options one_thread = {.size = sizeof one_thread, .num_threads = 1};
    ASSERT_EQ(rpp_open(model_, &one_thread, &session_), RPP_OK) << rpp_last_error();
  }

  // Fails each allocation of `failing` in turn. After each failure `next` must still give the correct answer.
  template <typename Answer>
  void expect_the_next_answer(const std::function<rpp_status()>& failing,
                              const std::function<Answer()>& next) {
    const Answer expected = next();
    int64_t num_failed = 0;
    for (auto status = RPP_OUT_OF_MEMORY; status != RPP_OK; ++num_failed) {
      failing_allocation = num_allocations + 1 + num_failed;
      status = failing();
      failing_allocation = 0;
      ASSERT_TRUE(status == RPP_OK || status == RPP_OUT_OF_MEMORY) << rpp_last_error();
      ASSERT_EQ(next(), expected) << "after allocation " << num_failed;
    }
    EXPECT_GT(num_failed, 1);
  }

  TestDir dir_;
  rpp_model* model_ = nullptr;
  rpp_session* session_ = nullptr;
};

TEST_F(OutOfMemory, TheNextQuestionIsAnsweredCorrectly) {
  open("span");
  rpp_answer unused = {};
  using Span = std::array<double, 3>;
  expect_the_next_answer<Span>([&] { return rpp_ask(session_, "w2 w1", "w0 w0 w1 w2 w2 w1", &unused); },
                               [&] {
                                 rpp_answer answer = {};
                                 EXPECT_EQ(rpp_ask(session_, "w0", "w1 w2", &answer), RPP_OK);
                                 return Span{double(answer.begin), double(answer.end), answer.probability};
                               });
}

TEST_F(OutOfMemory, TheNextMaskIsFilledCorrectly) {
  open("");
  rpp_filling unused = {};
  expect_the_next_answer<double>([&] { return rpp_fill(session_, "w2 w2 [MASK] w1", 1, &unused); },
                                 [&] {
                                   rpp_filling filling = {};
                                   EXPECT_EQ(rpp_fill(session_, "w0 [MASK]", 1, &filling), RPP_OK);
                                   return filling.probability;
                                 });
}

TEST_F(OutOfMemory, TheNextTextsAreScoredAndEmbeddedCorrectly) {
  open("classifier");
  const char* before[] = {"w2 w1 w2", "w1"};
  const char* text[] = {"w0 w1"};
  std::vector<float> unused(64);
  expect_the_next_answer<std::vector<float>>(
      [&] { return rpp_score(session_, before, before, 2, unused.data()); },
      [&] {
        std::vector<float> scores(3);
        EXPECT_EQ(rpp_score(session_, text, nullptr, 1, scores.data()), RPP_OK);
        return scores;
      });
  expect_the_next_answer<std::vector<float>>(
      [&] { return rpp_embed(session_, before, 2, nullptr, unused.data()); },
      [&] {
        std::vector<float> vector(32);
        EXPECT_EQ(rpp_embed(session_, text, 1, nullptr, vector.data()), RPP_OK);
        return vector;
      });
}

TEST_F(OutOfMemory, AFailedOpenSetsTheSessionToNull) {
  open("classifier");
  const rpp_session_options one_thread = {.size = sizeof one_thread, .num_threads = 1};
  rpp_session* session = nullptr;
  expect_the_next_answer<int>(
      [&] {
        const auto status = rpp_open(model_, &one_thread, &session);
        EXPECT_EQ(session == nullptr, status != RPP_OK);
        rpp_close(session);
        return status;
      },
      [] { return 0; });
}

}  // namespace
}  // namespace rpp

#endif
