// The bodies of answers: JSON of OpenAI's and of text-embeddings-inference's protocols.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rpp/tokenizer.h"
#include "serve/request_error.h"

namespace rpp {

using Rows = std::vector<std::vector<float>>;
using LabelScores = std::vector<std::pair<std::string, double>>;  // best first

// The shortest digits that give the same float32.
std::string embeddings_json(const Rows& rows);
struct OpenAiAnswer {
  std::string_view model;
  bool base64 = false;
  int64_t num_tokens = 0;
};
std::string openai_embeddings_json(const Rows& rows, const OpenAiAnswer& answer);

// [{"label": ..., "score": ...}, ...]
std::string labels_json(const LabelScores& scores);

struct RankedText {
  size_t index = 0;
  double score = 0;
  const std::string* text = nullptr;  // to be returned, or nullptr
};
std::string ranks_json(std::span<const RankedText> ranked);

// What each token is and where it is from, in code points of `text`.
struct TokenizedText {
  std::string text;
  bool has_special_tokens = false;  // [CLS] and [SEP] around it
};
std::string tokens_json(const EncodedText& encoded, const TokenizedText& text, const Tokenizer& tokenizer);

// In the shape that clients of the path expect.
std::string error_json(std::string_view path, int status, Refusal refusal, const std::string& message);

}  // namespace rpp
