// Runs the fuzz target under Clang's libFuzzer: half of the mutations are libFuzzer's, half the target's.
#include <algorithm>
#include <cstdint>

#include "fuzz_target.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  rpp::read_input({reinterpret_cast<const char*>(data), size});
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  const rpp::FuzzTarget& target = rpp::fuzz_target();
  rpp::Rng rng(seed);
  if (rng.below(2) == 0) size = LLVMFuzzerMutate(data, size, max_size);
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (rng.below(2) == 0) target.mutate(bytes, {bytes}, rng);
  if (target.repair != nullptr && rng.below(8) != 0) target.repair(bytes);
  size = std::min(bytes.size(), max_size);
  std::copy_n(bytes.begin(), size, data);
  return size;
}
