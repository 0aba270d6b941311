// The layout of a shard, shared by its writer and its reader:
//   ShardHeader | document offsets u64[documents + 1], in sentences | sentence offsets u64[sentences + 1], in
//   tokens | token ids u16[tokens], or i32[tokens] if the vocabulary has 65536 entries or more.
//   Little-endian.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>

namespace rpp {

inline constexpr const char* kShardFormat = "rpp-shards";
inline constexpr int64_t kShardVersion = 1;
inline constexpr const char* kManifestName = "manifest.json";
inline constexpr std::array<char, 8> kShardMagic = {'R', 'P', 'P', 'S', 'H', 'A', 'R', 'D'};

struct ShardHeader {
  std::array<char, 8> magic = kShardMagic;
  uint32_t version = kShardVersion;
  uint32_t bytes_per_id = 2;
  uint64_t documents = 0, sentences = 0, tokens = 0;

  uint64_t file_bytes() const {
    return sizeof(ShardHeader) + 8 * (documents + 1) + 8 * (sentences + 1) + bytes_per_id * tokens;
  }
};
static_assert(sizeof(ShardHeader) == 40);

inline std::string shard_name(size_t index) {
  return fmt::format("shard-{:05}.bin", index);
}
inline uint32_t bytes_per_id(int64_t vocab_size) {
  return vocab_size < 65536 ? 2 : 4;
}

}  // namespace rpp
