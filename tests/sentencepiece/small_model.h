// A unigram model of a few pieces, as XLM-R's file has them, and the tokenizer.json of the same tokenizer.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sentencepiece/sentencepiece_model.h"

namespace rpp {

// "\u2581" marks the start of a word.
inline std::vector<ModelPiece> small_pieces() {
  return {{.text = "<unk>", .type = PieceType::unknown},
          {.text = "<s>", .type = PieceType::control},
          {.text = "</s>", .type = PieceType::control},
          {.text = "\u2581the", .score = -1},
          {.text = "\u2581gar", .score = -2},
          {.text = "den", .score = -2.5F},
          {.text = "\u2581", .score = -3},
          {.text = "s", .score = -3.5F},
          {.text = "<", .score = -6},
          {.text = ">", .score = -6.5F}};
}

inline std::string small_model() {
  const std::string settings = unigram_settings("");
  return serialize_sentencepiece_model(small_pieces(), std::vector<std::string_view>{settings});
}

// As transformers saves an XLMRobertaTokenizer made of that model.
inline nlohmann::json small_tokenizer_json() {
  using nlohmann::json;
  json vocab = json::array();
  const auto add_piece = [&](std::string_view text, float score) {
    vocab.push_back(json::array({text, score}));
  };
  for (const char* special : {"<s>", "<pad>", "</s>", "<unk>"}) add_piece(special, 0);
  const auto pieces = small_pieces();
  for (size_t i = 3; i < pieces.size(); ++i) add_piece(pieces[i].text, pieces[i].score);
  add_piece("<mask>", 0);
  json added = json::array();
  for (const auto& [content, id] :
       {std::pair{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}, {"<mask>", 11}})
    added.push_back({{"id", id}, {"content", content}, {"special", true}});
  const auto special = [](const char* id) { return json{{"SpecialToken", {{"id", id}, {"type_id", 0}}}}; };
  const auto text = [](const char* id) { return json{{"Sequence", {{"id", id}, {"type_id", 0}}}}; };
  return {
      {"added_tokens", added},
      {"normalizer", {{"type", "Precompiled"}, {"precompiled_charsmap", nullptr}}},
      {"pre_tokenizer",
       {{"type", "Sequence"},
        {"pretokenizers",
         json::array({{{"type", "WhitespaceSplit"}},
                      {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "always"}}})}}},
      {"post_processor",
       {{"type", "TemplateProcessing"},
        {"single", json::array({special("<s>"), text("A"), special("</s>")})},
        {"pair", json::array({special("<s>"), text("A"), special("</s>"), special("</s>"), text("B"),
                              special("</s>")})},
        {"special_tokens", {{"<s>", {{"ids", {0}}}}, {"</s>", {{"ids", {2}}}}}}}},
      {"model", {{"type", "Unigram"}, {"unk_id", 3}, {"vocab", vocab}, {"byte_fallback", false}}}};
}

}  // namespace rpp
