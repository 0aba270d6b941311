// The values of all ranks, one rank after the other: each has computed its share of them.
#pragma once

#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "dist/communicator.h"

namespace rpp {

// On every rank. The bits stay as they are.
template <typename T>
std::vector<T> gather_values(Communicator& ranks, std::vector<T> own) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (ranks.is_alone()) return own;
  std::string all;
  for (const auto& bytes : ranks.gather({reinterpret_cast<const char*>(own.data()), own.size() * sizeof(T)}))
    all += bytes;
  std::vector<T> values(all.size() / sizeof(T));
  std::memcpy(values.data(), all.data(), all.size());
  return values;
}

}  // namespace rpp
