// What clients send, as structs: the JSON of OpenAI's /v1/embeddings and of text-embeddings-inference.
//
// Every function takes the body of a request and throws RequestError: 400 for bytes that are not UTF-8 or not
// a JSON object, and for an empty list of texts; 422 for unknown keys, which are named, and for values of
// another type or out of range; 413 for too many texts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/answerer.h"

namespace rpp {

struct EmbeddingRequest {
  std::vector<std::string> texts;
  EmbedOptions options;
  std::optional<bool> truncate;  // nothing: as the service is set up
  bool base64 = false;           // little-endian float32
};

// input, model, encoding_format, dimensions, user. Embeddings have length 1, as OpenAI's.
EmbeddingRequest parse_openai_embeddings(std::string_view body, size_t max_texts);

// inputs, normalize, truncate, truncation_direction, prompt_name, dimensions.
EmbeddingRequest parse_embed(std::string_view body, size_t max_texts);

struct RerankRequest {
  std::string query;
  std::vector<std::string> texts;
  std::optional<bool> truncate;
  bool raw_scores = false;  // logits
  bool return_text = false;
};

// query, texts, truncate, truncation_direction, raw_scores, return_text.
RerankRequest parse_rerank(std::string_view body, size_t max_texts);

struct PredictRequest {
  std::vector<TextLine> lines;
  bool is_batch = false;  // a list of answers; else one answer
  std::optional<bool> truncate;
  bool raw_scores = false;
};

// inputs, truncate, truncation_direction, raw_scores. The inputs are a text, [text], [text, second text], or
// a list of such lists, which is a batch.
PredictRequest parse_predict(std::string_view body, size_t max_texts);

struct TokenizeRequest {
  std::vector<std::string> texts;
  bool add_special_tokens = true;
  std::string prompt;  // by its name
};

// inputs, add_special_tokens, prompt_name.
TokenizeRequest parse_tokenize(std::string_view body, size_t max_texts);

}  // namespace rpp
