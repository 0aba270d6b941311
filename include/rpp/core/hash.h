// Content hashes: SHA-256 where people compare it, XXH3 where only accidents are to be found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace rpp {

// SHA-256 fed piece by piece; hex() ends it.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  std::string hex();  // 64 lower-case digits; call once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::span<const std::byte> bytes);
std::string sha256_hex(std::string_view text);
std::string sha256_file(const std::filesystem::path& path);
uint64_t xxh3_64(std::span<const std::byte> bytes);

// XXH3-64 fed piece by piece.
class Xxh3 {
 public:
  Xxh3();
  ~Xxh3();
  void update(std::span<const std::byte> bytes);
  uint64_t value() const;  // of what was fed so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rpp
