#include "serve/answers.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/base64.h"
#include "tokenizer/code_points.h"

namespace rpp {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

// nlohmann::json would print floats as doubles, with twice as many digits.
void append_row(std::string& text, std::span<const float> row) {
  text += '[';
  for (size_t i = 0; i < row.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{}{}", i == 0 ? "" : ",", row[i]);
  }
  text += ']';
}

std::string base64_of(std::span<const float> row) {
  static_assert(std::endian::native == std::endian::little);
  return to_base64({reinterpret_cast<const char*>(row.data()), row.size_bytes()});
}

std::string_view error_type(Refusal refusal) {
  switch (refusal) {
    case Refusal::empty:
      return "Empty";
    case Refusal::tokenizer:
      return "Tokenizer";
    case Refusal::overloaded:
      return "Overloaded";
    case Refusal::backend:
      return "Backend";
    case Refusal::unhealthy:
      return "Unhealthy";
    default:
      return "Validation";
  }
}

std::string_view openai_error_type(int status) {
  if (status == 401) return "authentication_error";
  if (status == 429) return "rate_limit_error";
  return status >= 500 || status == 424 ? "server_error" : "invalid_request_error";
}

Json special_token(int32_t id, const Tokenizer& tokenizer) {
  return {
      {"id", id}, {"text", tokenizer.piece(id)}, {"special", true}, {"start", nullptr}, {"stop", nullptr}};
}

}  // namespace

std::string embeddings_json(const Rows& rows) {
  std::string text = "[";
  for (const auto& row : rows) {
    if (text.size() > 1) text += ',';
    append_row(text, row);
  }
  return text += ']';
}

std::string openai_embeddings_json(const Rows& rows, const OpenAiAnswer& answer) {
  std::string text = R"({"object":"list","data":[)";
  for (size_t i = 0; i < rows.size(); ++i) {
    fmt::format_to(std::back_inserter(text), R"({}{{"object":"embedding","index":{},"embedding":)",
                   i == 0 ? "" : ",", i);
    if (answer.base64) {
      text += '"' + base64_of(rows[i]) + '"';
    } else {
      append_row(text, rows[i]);
    }
    text += '}';
  }
  fmt::format_to(std::back_inserter(text),
                 R"(],"model":{},"usage":{{"prompt_tokens":{},"total_tokens":{}}}}})", dump(answer.model),
                 answer.num_tokens, answer.num_tokens);
  return text;
}

std::string labels_json(const LabelScores& scores) {
  Json list = Json::array();
  for (const auto& [label, score] : scores) list.push_back({{"label", label}, {"score", score}});
  return dump(list);
}

std::string ranks_json(std::span<const RankedText> ranked) {
  Json list = Json::array();
  for (const RankedText& one : ranked) {
    list.push_back({{"index", one.index}, {"score", one.score}});
    if (one.text != nullptr) list.back()["text"] = *one.text;
  }
  return dump(list);
}

std::string tokens_json(const EncodedText& encoded, const TokenizedText& text, const Tokenizer& tokenizer) {
  Json list = Json::array();
  CodePoints points(text.text);
  if (text.has_special_tokens) list.push_back(special_token(tokenizer.special().cls, tokenizer));
  for (size_t i = 0; i < encoded.ids.size(); ++i) {
    const TextSpan span = encoded.spans[i];
    const size_t start = points.before(span.begin);
    list.push_back({{"id", encoded.ids[i]},
                    {"text", span.of(text.text)},
                    {"special", false},
                    {"start", start},
                    {"stop", points.before(span.end)}});
  }
  if (text.has_special_tokens) list.push_back(special_token(tokenizer.special().sep, tokenizer));
  return dump(list);
}

std::string error_json(std::string_view path, int status, Refusal refusal, const std::string& message) {
  if (!path.starts_with("/v1/")) return dump({{"error", message}, {"error_type", error_type(refusal)}});
  return dump(
      {{"error",
        {{"message", message}, {"type", openai_error_type(status)}, {"param", nullptr}, {"code", nullptr}}}});
}

}  // namespace rpp
