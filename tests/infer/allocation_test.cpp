// A session allocates while it grows to the largest batch, and never again.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "exported_model.h"

// A sanitizer brings its own operator new.
#ifndef __SANITIZE_ADDRESS__

namespace {

std::atomic<int64_t> num_allocations = 0;

void* allocate(size_t bytes, size_t alignment) {
  ++num_allocations;
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

TEST(Allocations, ASessionThatIsWarmHasNone) {
  const Golden golden;
  const auto ids = golden.integers("input_ids"), cu_seqlens = golden.integers("cu_seqlens");
  const TokenBatch all = {.input_ids = ids, .token_type_ids = {}, .cu_seqlens = cu_seqlens};
  const TokenBatch first = {.input_ids = std::span(ids).first(static_cast<size_t>(cu_seqlens[1])),
                            .token_type_ids = {},
                            .cu_seqlens = std::span(cu_seqlens).first(2)};
  const std::vector<int32_t> positions = {0, 3, 5};
  for (const int threads : {1, 2}) {
    Session session(exported(golden_dir()), threads);
    use(session, all, positions);
    const int64_t before = num_allocations;
    use(session, first, positions);
    use(session, all, positions);
    EXPECT_EQ(num_allocations, before) << threads << " threads";
    EXPECT_GT(before, 0);  // they are counted
  }
}

}  // namespace
}  // namespace rpp

#endif
