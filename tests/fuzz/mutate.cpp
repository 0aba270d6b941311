#include "mutate.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace rpp {
namespace {

size_t any_place(std::string_view bytes, Rng& rng) {
  return rng.below(bytes.size() + 1);
}

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
                                                  "1e300",
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
                                                  "\"blocks\"",
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

// Numbers and quoted names, plain or escaped: tensor lists are JSON inside a string.
std::vector<Token> tokens_of(std::string_view text) {
  constexpr std::string_view kWord = "0123456789+-.eE_abcdefghijklmnopqrstuvwxyzABCDFGHIJKLMNOPQRSTUVWXYZ:";
  std::vector<Token> tokens;
  for (size_t at = 0; (at = text.find_first_of(kWord, at)) != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_not_of(kWord, at), text.size());
    tokens.push_back({.begin = at, .length = end - at});
    at = end;
  }
  return tokens;
}

}  // namespace

void flip_bit(std::string& bytes, Rng& rng) {
  if (bytes.empty()) return;
  char& byte = bytes[rng.below(bytes.size())];
  byte = static_cast<char>(byte ^ (1 << rng.below(8)));
}

void truncate(std::string& bytes, Rng& rng) {
  bytes.resize(any_place(bytes, rng));
}

void splice(std::string& bytes, const std::string& other, Rng& rng) {
  const size_t from = any_place(other, rng), to = any_place(bytes, rng);
  const std::string_view stretch = std::string_view(other).substr(from, 1 + rng.below(64));
  bytes.replace(to, rng.below(2) == 0 ? 0 : stretch.size(), stretch);
}

void edit_token(std::string& text, Rng& rng) {
  const auto tokens = tokens_of(text);
  if (tokens.empty()) return;
  Token token = tokens[rng.below(tokens.size())];
  const Token other = tokens[rng.below(tokens.size())];
  const std::string value = rng.below(3) == 0 ? text.substr(other.begin, other.length) : odd_value(rng);
  const bool quoted =
      token.begin > 0 && text[token.begin - 1] == '"' && token.begin + token.length < text.size();
  if (quoted && rng.below(2) == 0) token = {.begin = token.begin - 1, .length = token.length + 2};
  text.replace(token.begin, token.length, value);
}

void mutate_text(std::string& text, const std::vector<std::string>& others, Rng& rng) {
  for (uint64_t left = 1 + rng.below(4); left > 0; --left) {
    switch (rng.below(8)) {
      case 0:
        truncate(text, rng);
        break;
      case 1:
        flip_bit(text, rng);
        break;
      case 2:
        splice(text, others[rng.below(others.size())], rng);
        break;
      default:
        edit_token(text, rng);
    }
  }
}

}  // namespace rpp
