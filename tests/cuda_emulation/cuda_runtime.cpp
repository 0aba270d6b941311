#include "cuda_runtime.h"

#include <ucontext.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace cuda_emulation {
namespace {

constexpr unsigned kWarp = 32;
constexpr unsigned kAllLanes = 0xFFFFFFFFU;
constexpr size_t kStackBytes = 128 << 10;

// A barrier: threads wait here until `needed` of them have arrived.
struct Barrier {
  unsigned needed = 0;
  unsigned arrived = 0;
  uint64_t passed = 0;  // number of times that all have arrived
  const char* purpose = nullptr;
};

struct Warp {
  Barrier barrier;
  uint32_t shown[2][kWarp] = {};  // double-buffered: the previous values are still being read
  uint64_t exchanges[kWarp] = {};
};

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack;
  dim3 index;
  bool ended = false;
  const Barrier* waits_at = nullptr;
  uint64_t waits_for = 0;  // value of Barrier::passed

  bool can_run() const { return !ended && (waits_at == nullptr || waits_at->passed >= waits_for); }
};

struct Block {
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  Barrier barrier;
  ucontext_t scheduler;
  Fiber* running = nullptr;
  const std::function<void()>* thread = nullptr;
  std::string fault;
};

Block* block = nullptr;
std::vector<float> shared;
std::vector<cudaLaunchConfig_t> launches;

std::string name_of(const Fiber& fiber) {
  return "thread " + std::to_string(fiber.index.x) + " of block " + std::to_string(blockIdx.x) + "," +
         std::to_string(blockIdx.y);
}

// Switches from a fiber back to the scheduler.
void yield() {
  swapcontext(&block->running->context, &block->scheduler);
}

// Not declared [[noreturn]], or a sanitizer would look for the end of the fiber's stack.
void stop_with(const std::string& fault) {
  block->fault = fault;
  for (;;) yield();
}

void enter_thread() {
  (*block->thread)();
  block->running->ended = true;
  yield();
}

void arrive(Barrier& barrier, const char* purpose) {
  Fiber& self = *block->running;
  if (barrier.arrived > 0 && std::strcmp(barrier.purpose, purpose) != 0) {
    stop_with(name_of(self) + " waits at " + purpose + ", another of its warp at " + barrier.purpose);
  }
  barrier.purpose = purpose;
  self.waits_at = &barrier;
  self.waits_for = barrier.passed + 1;
  if (++barrier.arrived == barrier.needed) {
    barrier.arrived = 0;
    ++barrier.passed;
  }
  yield();
  self.waits_at = nullptr;
}

Warp& own_warp(unsigned mask, const char* purpose) {
  if (mask != kAllLanes || blockDim.x % kWarp != 0) {
    stop_with(name_of(*block->running) + " calls " + purpose + " for less than a whole warp");
  }
  return block->warps[threadIdx.x / kWarp];
}

void prepare(Fiber& fiber, unsigned x) {
  fiber.index = {.x = x, .y = 0, .z = 0};
  fiber.ended = false;
  fiber.waits_at = nullptr;
  getcontext(&fiber.context);
  fiber.context.uc_stack = {.ss_sp = fiber.stack.get(), .ss_flags = 0, .ss_size = kStackBytes};
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, enter_thread, 0);
}

void resume(Fiber& fiber) {
  block->running = &fiber;
  threadIdx = fiber.index;
  swapcontext(&block->scheduler, &fiber.context);
  if (!block->fault.empty()) throw std::logic_error(block->fault);
}

// Runs each runnable thread once; returns whether there was any.
bool resume_all(bool descending) {
  bool any = false;
  for (size_t i = 0; i < block->fibers.size(); ++i) {
    Fiber& fiber = block->fibers[descending ? block->fibers.size() - 1 - i : i];
    if (!fiber.can_run()) continue;
    any = true;
    resume(fiber);
  }
  return any;
}

void run_block(bool descending) {
  std::fill(shared.begin(), shared.end(), std::numeric_limits<float>::quiet_NaN());
  block->barrier = {.needed = blockDim.x};
  for (auto& warp : block->warps) warp = {.barrier = {.needed = kWarp}};
  for (size_t i = 0; i < block->fibers.size(); ++i) prepare(block->fibers[i], static_cast<unsigned>(i));
  while (resume_all(descending)) {
  }
  for (const Fiber& fiber : block->fibers) {
    if (fiber.ended) continue;
    throw std::logic_error(name_of(fiber) + " waits for ever at " + fiber.waits_at->purpose + ": " +
                           std::to_string(fiber.waits_at->arrived) + " of " +
                           std::to_string(fiber.waits_at->needed) + " threads have come");
  }
}

}  // namespace

cudaError_t run(const cudaLaunchConfig_t& config, const std::function<void()>& thread) {
  launches.push_back(config);
  const unsigned threads = config.blockDim.x;
  if (config.gridDim.x == 0 || config.gridDim.y == 0 || threads == 0 || threads > 1024 ||
      config.gridDim.y > 65535 || config.blockDim.y * config.blockDim.z != 1 ||
      config.dynamicSmemBytes > (48 << 10)) {
    return cudaErrorInvalidConfiguration;
  }
  gridDim = config.gridDim;
  blockDim = config.blockDim;
  shared.assign((config.dynamicSmemBytes + sizeof(float) - 1) / sizeof(float), 0.0F);
  Block own;
  own.thread = &thread;
  own.fibers.resize(threads);
  own.warps.resize((threads + kWarp - 1) / kWarp);
  for (Fiber& fiber : own.fibers) fiber.stack = std::make_unique_for_overwrite<char[]>(kStackBytes);
  block = &own;
  for (unsigned y = 0; y < config.gridDim.y; ++y) {
    for (unsigned x = 0; x < config.gridDim.x; ++x) {
      blockIdx = {.x = x, .y = y, .z = 0};
      run_block((x + y) % 2 != 0);
    }
  }
  return cudaSuccess;
}

std::vector<cudaLaunchConfig_t> take_launches() {
  return std::exchange(launches, {});
}

void* shared_memory() {
  return shared.data();
}

void wait_for_block() {
  arrive(block->barrier, "__syncthreads");
}

void wait_for_warp(unsigned mask, const char* purpose) {
  arrive(own_warp(mask, purpose).barrier, purpose);
}

uint32_t exchange(unsigned mask, uint32_t bits, unsigned from_lane, const char* purpose) {
  Warp& warp = own_warp(mask, purpose);
  auto& shown = warp.shown[warp.exchanges[lane()]++ % 2];
  shown[lane()] = bits;
  arrive(warp.barrier, purpose);
  return shown[from_lane];
}

}  // namespace cuda_emulation
