// A small WordPiece vocabulary with what tokenizers treat differently.
#pragma once

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace rpp {

inline constexpr const char* kWordPieces =
    "[PAD] [UNK] [CLS] [SEP] [MASK] a ##a b ##b A ##A \u00e9 ##\u00e9 e ##e E \u00c9 ##\u00c9 \u4e2d \u56fd "
    "##\u56fd \u4e2d\u56fd [ ] mask sep SEP ##\u0301 \u03bf \u03c3 \u03c2 ##\u03c3 ##\u03c2 ##\u03bf \u03a3 "
    "##\u03a3 x ##x price list ##\ue000 \U0001f600 ##\u200d , - ##\001 \u05d0 ##\u05d1 ##\u05b0 w9 ####b the";

inline std::string wordpiece_vocab() {
  std::istringstream pieces(kWordPieces);
  std::string text;
  for (std::string piece; pieces >> piece;) text += piece + '\n';
  return text;
}

// A tokenizer.json as of BERT, uncased, without added tokens.
inline nlohmann::json wordpiece_json() {
  nlohmann::json vocab = nlohmann::json::object();
  std::istringstream pieces(kWordPieces);
  for (std::string piece; pieces >> piece;) vocab[piece] = vocab.size();
  return {{"normalizer", {{"type", "BertNormalizer"}, {"lowercase", true}}},
          {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
          {"post_processor", {{"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}}},
          {"model",
           {{"type", "WordPiece"},
            {"unk_token", "[UNK]"},
            {"continuing_subword_prefix", "##"},
            {"max_input_chars_per_word", 100},
            {"vocab", std::move(vocab)}}}};
}

}  // namespace rpp
