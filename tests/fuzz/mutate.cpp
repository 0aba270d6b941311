#include "mutate.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "rpp/core/xxh3.h"

namespace rpp {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kLengthBytes = 8, kChecksumBytes = 8;
constexpr const char* kConfig = "file:config.json";

size_t any_place(std::string_view bytes, Rng& rng) {
  return rng.below(bytes.size() + 1);
}

// Where the data begins, if the header's length is still within the file.
std::optional<size_t> data_begin(std::string_view bytes) {
  uint64_t length = 0;
  if (bytes.size() < kLengthBytes) return {};
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > bytes.size() - kLengthBytes) return {};
  return kLengthBytes + length;
}

void set_header(std::string& bytes, size_t old_begin, const std::string& header) {
  const uint64_t length = header.size();
  bytes.replace(kLengthBytes, old_begin - kLengthBytes, header);
  std::memcpy(bytes.data(), &length, kLengthBytes);
}

void fit_checksum(std::string& bytes) {
  if (bytes.size() < kChecksumBytes) return;
  const size_t num_hashed = bytes.size() - kChecksumBytes;
  const uint64_t checksum = xxh3_64(std::as_bytes(std::span(bytes).first(num_hashed)));
  std::memcpy(bytes.data() + num_hashed, &checksum, kChecksumBytes);
}

void flip_bit(std::string& bytes, Rng& rng) {
  if (bytes.empty()) return;
  char& byte = bytes[rng.below(bytes.size())];
  byte = static_cast<char>(byte ^ (1 << rng.below(8)));
}

void truncate(std::string& bytes, Rng& rng) {
  bytes.resize(any_place(bytes, rng));
}

// A stretch of one file over, or into, a stretch of this one.
void splice(std::string& bytes, const std::string& other, Rng& rng) {
  const size_t from = any_place(other, rng), to = any_place(bytes, rng);
  const std::string_view stretch = std::string_view(other).substr(from, 1 + rng.below(64));
  bytes.replace(to, rng.below(2) == 0 ? 0 : stretch.size(), stretch);
}

void edit_length(std::string& bytes, Rng& rng) {
  if (bytes.size() < kLengthBytes) return;
  uint64_t length = 0;
  std::memcpy(&length, bytes.data(), kLengthBytes);
  const uint64_t lengths[] = {0,
                              length - 1,
                              length + 1,
                              length + 8,
                              bytes.size(),
                              100'000'000,
                              uint64_t{1} << 63,
                              ~uint64_t{0} - rng.below(16)};
  std::memcpy(bytes.data(), &lengths[rng.below(std::size(lengths))], kLengthBytes);
}

// Values that readers of JSON stumble over.
std::string odd_value(Rng& rng) {
  static const std::string deep(100'000, '['), deeper = std::string(100'000, '[') + std::string(100'000, ']');
  static const std::vector<std::string> values = {"0",
                                                  "1",
                                                  "2",
                                                  "3",
                                                  "5",
                                                  "7",
                                                  "8",
                                                  "16",
                                                  "64",
                                                  "255",
                                                  "-1",
                                                  "2147483647",
                                                  "2147483648",
                                                  "4294967296",
                                                  "9223372036854775807",
                                                  "9223372036854775808",
                                                  "18446744073709551615",
                                                  "18446744073709551616",
                                                  "1e400",
                                                  "1e-320",
                                                  "0.5",
                                                  "null",
                                                  "true",
                                                  "{}",
                                                  "[]",
                                                  "[1]",
                                                  "[4,4]",
                                                  "[0,0]",
                                                  "[-1,-2]",
                                                  "[4294967296,4294967296]",
                                                  "[1,1,1]",
                                                  "\"\"",
                                                  "\"bitmask\"",
                                                  "\"gaps\"",
                                                  "\"dense\"",
                                                  "\"F32\"",
                                                  "\"I8\"",
                                                  "\"F64\"",
                                                  "\"\\u0000\"",
                                                  "\"\xff\"",
                                                  deep,
                                                  deeper};
  return values[rng.below(values.size())];
}

struct Token {
  size_t begin = 0, length = 0;
};

// Numbers and the names between quotes, plain or escaped: lists of tensors are JSON in a string.
std::vector<Token> json_tokens(std::string_view text) {
  constexpr std::string_view kWord = "0123456789+-.eE_abcdefghijklmnopqrstuvwxyzABCDFGHIJKLMNOPQRSTUVWXYZ:";
  std::vector<Token> tokens;
  for (size_t at = 0; (at = text.find_first_of(kWord, at)) != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_not_of(kWord, at), text.size());
    tokens.push_back({.begin = at, .length = end - at});
    at = end;
  }
  return tokens;
}

// Another token of the text, which may have a meaning there, or an odd value; quotes around it go half the
// time.
void edit_json(std::string& text, Rng& rng) {
  const auto tokens = json_tokens(text);
  if (tokens.empty()) return;
  Token token = tokens[rng.below(tokens.size())];
  const Token other = tokens[rng.below(tokens.size())];
  const std::string value = rng.below(3) == 0 ? text.substr(other.begin, other.length) : odd_value(rng);
  const bool quoted =
      token.begin > 0 && text[token.begin - 1] == '"' && token.begin + token.length < text.size();
  if (quoted && rng.below(2) == 0) token = {.begin = token.begin - 1, .length = token.length + 2};
  text.replace(token.begin, token.length, value);
}

void edit_header(std::string& bytes, Rng& rng) {
  const auto begin = data_begin(bytes);
  if (!begin) return;
  std::string header = bytes.substr(kLengthBytes, *begin - kLengthBytes);
  edit_json(header, rng);
  set_header(bytes, *begin, header);
}

// config.json lies in the data: what comes behind it moves.
void edit_config(std::string& bytes, Rng& rng) {
  const auto begin = data_begin(bytes);
  if (!begin) return;
  Json header = Json::parse(bytes.substr(kLengthBytes, *begin - kLengthBytes));
  if (!header.contains(kConfig)) return;
  const auto [first, end] = header[kConfig]["data_offsets"].get<std::pair<size_t, size_t>>();
  std::string config = bytes.substr(*begin + first, end - first);
  edit_json(config, rng);
  bytes.replace(*begin + first, end - first, config);
  for (auto& [name, entry] : header.items()) {
    if (name == "__metadata__") continue;
    for (Json& offset : entry["data_offsets"]) {
      if (offset >= end) offset = offset.get<size_t>() - end + first + config.size();
    }
  }
  header[kConfig]["shape"] = {config.size()};
  set_header(bytes, *begin, header.dump());
}

void change(std::string& bytes, const std::vector<std::string>& files, Rng& rng) {
  switch (rng.below(10)) {
    case 0:
      return truncate(bytes, rng);
    case 1:
      return edit_length(bytes, rng);
    case 2:
    case 3:
      return splice(bytes, files[rng.below(files.size())], rng);
    case 4:
    case 5:
    case 6:
      return edit_header(bytes, rng);
    default:
      return flip_bit(bytes, rng);
  }
}

}  // namespace

std::string mutate(const std::vector<std::string>& files, Rng& rng) {
  std::string bytes = files[rng.below(files.size())];
  if (rng.below(2) == 0) edit_config(bytes, rng);
  for (uint64_t left = rng.below(4); left > 0; --left) change(bytes, files, rng);
  if (rng.below(8) != 0) fit_checksum(bytes);
  return bytes;
}

}  // namespace rpp
