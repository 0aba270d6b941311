// The fuzz target for the requests of rpp-serve. The first byte of an input selects the parser for the rest;
// any body is refused with RequestError, or read.
#include <algorithm>
#include <array>

#include "core/atomic_file.h"
#include "fuzz_target.h"
#include "mutate.h"
#include "serve/request.h"
#include "serve/request_error.h"

namespace rpp {
namespace {

constexpr size_t kMaxTexts = 100;

struct RequestParser {
  char letter;
  const char* name;
  void (*parse)(std::string_view body);
};

constexpr std::array kParsers = {
    RequestParser{'o', "embeddings of OpenAI",
                  [](std::string_view body) { parse_openai_embeddings(body, kMaxTexts); }},
    RequestParser{'e', "embed", [](std::string_view body) { parse_embed(body, kMaxTexts); }},
    RequestParser{'r', "rerank", [](std::string_view body) { parse_rerank(body, kMaxTexts); }},
    RequestParser{'p', "predict", [](std::string_view body) { parse_predict(body, kMaxTexts); }},
    RequestParser{'t', "tokenize", [](std::string_view body) { parse_tokenize(body, kMaxTexts); }}};

std::vector<std::string> outcomes() {
  std::vector<std::string> names = {"not JSON", "refused"};
  for (const RequestParser& parser : kParsers)
    names.push_back(fmt::format("{}: {} read", parser.letter, parser.name));
  return names;
}

size_t read(const std::filesystem::path& input) {
  const std::string bytes = read_file(input);
  const auto parser = std::ranges::find(kParsers, bytes.empty() ? '\0' : bytes[0], &RequestParser::letter);
  if (parser == kParsers.end()) return 0;
  try {
    parser->parse(std::string_view(bytes).substr(1));
  } catch (const RequestError& error) {
    return error.status() == 400 ? 0 : 1;
  }
  return static_cast<size_t>(2 + (parser - kParsers.begin()));
}

}  // namespace

const FuzzTarget& fuzz_target() {
  static const FuzzTarget target = {.name = "request_fuzz",
                                    .description = "Feeds damaged requests to the parsers of rpp-serve.",
                                    .outcomes = outcomes(),
                                    .read = read,
                                    .mutate = mutate_text};
  return target;
}

}  // namespace rpp
