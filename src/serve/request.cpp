#include "serve/request.h"

#include <algorithm>

#include "serve/json_fields.h"
#include "serve/request_error.h"

namespace rpp {
namespace {

void check_count(const char* name, size_t count, size_t max_texts) {
  if (count == 0) {
    throw RequestError(400, Refusal::empty, fmt::format("`{}` is empty: send at least one text", name));
  }
  if (count > max_texts) {
    refuse(413, "`{}` has {} texts, at most {} are taken: send several requests", name, count, max_texts);
  }
}

std::string text_of(const nlohmann::json& value, const char* name) {
  if (value.is_string()) return value.get<std::string>();
  const bool is_ids = value.is_number() || (value.is_array() && !value.empty() && value[0].is_number());
  if (is_ids) {
    refuse(422,
           "`{}` has token ids, texts are needed (LangChain's OpenAIEmbeddings sends texts with "
           "check_embedding_ctx_length=False)",
           name);
  }
  refuse(422, "`{}` must be a string or a list of strings, it has {}", name, json_type(value));
}

std::vector<std::string> read_list(const nlohmann::json& list, const char* name, size_t max_texts) {
  check_count(name, list.size(), max_texts);
  std::vector<std::string> texts;
  for (const nlohmann::json& text : list) texts.push_back(text_of(text, name));
  return texts;
}

// A string or a list of strings.
std::vector<std::string> read_texts(JsonFields& fields, const char* name, size_t max_texts) {
  const nlohmann::json& value = fields.required(name);
  if (value.is_array()) return read_list(value, name, max_texts);
  return {text_of(value, name)};
}

std::optional<bool> read_truncate(JsonFields& fields) {
  const std::string direction = fields.text("truncation_direction").value_or("right");
  if (direction != "right" && direction != "Right") {
    refuse(422, "`truncation_direction` must be \"right\": texts are truncated at their end");
  }
  return fields.flag("truncate");
}

// ["a text"], or ["a text", "its second text"].
TextLine read_line(const nlohmann::json& list) {
  if (list.empty() || list.size() > 2) {
    refuse(422, "a list in `inputs` must be [text] or [text, second text], one has {} elements", list.size());
  }
  TextLine line{.text = text_of(list[0], "inputs"), .text_pair = std::nullopt};
  if (list.size() == 2) line.text_pair = text_of(list[1], "inputs");
  return line;
}

}  // namespace

EmbeddingRequest parse_openai_embeddings(std::string_view body, size_t max_texts) {
  JsonFields fields(body);
  EmbeddingRequest request{.texts = read_texts(fields, "input", max_texts)};
  fields.text("model");
  fields.text("user");
  const std::string format = fields.text("encoding_format").value_or("float");
  if (format != "float" && format != "base64") {
    refuse(422, "`encoding_format` must be \"float\" or \"base64\"");
  }
  request.base64 = format == "base64";
  request.options = {.dimensions = fields.positive("dimensions").value_or(0), .normalize = true};
  fields.refuse_unknown();
  return request;
}

EmbeddingRequest parse_embed(std::string_view body, size_t max_texts) {
  JsonFields fields(body);
  EmbeddingRequest request{.texts = read_texts(fields, "inputs", max_texts)};
  request.truncate = read_truncate(fields);
  request.options = {.prompt = fields.text("prompt_name").value_or(""),
                     .dimensions = fields.positive("dimensions").value_or(0),
                     .normalize = fields.flag("normalize").value_or(true)};
  fields.refuse_unknown();
  return request;
}

RerankRequest parse_rerank(std::string_view body, size_t max_texts) {
  JsonFields fields(body);
  RerankRequest request{.query = fields.required_text("query")};
  const nlohmann::json& texts = fields.required("texts");
  if (!texts.is_array()) refuse(422, "`texts` must be a list of strings, it is {}", json_type(texts));
  request.texts = read_list(texts, "texts", max_texts);
  request.truncate = read_truncate(fields);
  request.raw_scores = fields.flag("raw_scores").value_or(false);
  request.return_text = fields.flag("return_text").value_or(false);
  fields.refuse_unknown();
  return request;
}

PredictRequest parse_predict(std::string_view body, size_t max_texts) {
  JsonFields fields(body);
  PredictRequest request;
  const nlohmann::json& inputs = fields.required("inputs");
  request.is_batch = inputs.is_array() && std::ranges::any_of(inputs, &nlohmann::json::is_array);
  if (request.is_batch) {
    check_count("inputs", inputs.size(), max_texts);
    for (const nlohmann::json& line : inputs) {
      if (!line.is_array()) refuse(422, "`inputs` has lists and {}: all must be lists", json_type(line));
      request.lines.push_back(read_line(line));
    }
  } else if (inputs.is_array()) {
    check_count("inputs", inputs.size(), std::max<size_t>(max_texts, 2));
    request.lines.push_back(read_line(inputs));
  } else {
    request.lines.push_back({.text = text_of(inputs, "inputs"), .text_pair = std::nullopt});
  }
  request.truncate = read_truncate(fields);
  request.raw_scores = fields.flag("raw_scores").value_or(false);
  fields.refuse_unknown();
  return request;
}

TokenizeRequest parse_tokenize(std::string_view body, size_t max_texts) {
  JsonFields fields(body);
  TokenizeRequest request{.texts = read_texts(fields, "inputs", max_texts)};
  request.add_special_tokens = fields.flag("add_special_tokens").value_or(true);
  request.prompt = fields.text("prompt_name").value_or("");
  fields.refuse_unknown();
  return request;
}

}  // namespace rpp
