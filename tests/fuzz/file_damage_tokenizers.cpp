#include "file_damage_tokenizers.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "text_readers.h"

namespace rpp {

using nlohmann::ordered_json;

std::string wordpiece_json(const std::string& vocabulary) {
  ordered_json pieces = ordered_json::object();
  std::istringstream lines(vocabulary);
  for (std::string piece; std::getline(lines, piece);) pieces.emplace(piece, pieces.size());
  const ordered_json json = {{"version", "1.0"},
                             {"added_tokens", {{{"id", 4}, {"content", "[MASK]"}, {"special", true}}}},
                             {"normalizer",
                              {{"type", "BertNormalizer"},
                               {"clean_text", true},
                               {"handle_chinese_chars", true},
                               {"strip_accents", nullptr},
                               {"lowercase", true}}},
                             {"pre_tokenizer", {{"type", "BertPreTokenizer"}}},
                             {"post_processor",
                              {{"type", "BertProcessing"},
                               {"sep", ordered_json::array({"[SEP]", 3})},
                               {"cls", ordered_json::array({"[CLS]", 2})}}},
                             {"model",
                              {{"type", "WordPiece"},
                               {"unk_token", "[UNK]"},
                               {"continuing_subword_prefix", "##"},
                               {"max_input_chars_per_word", 100},
                               {"vocab", pieces}}}};
  return json.dump(2);
}

std::string byte_bpe_json() {
  const ordered_json byte_level = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}};
  const ordered_json json = {
      {"added_tokens", {{{"id", 4}, {"content", "<mask>"}, {"lstrip", true}, {"special", true}}}},
      {"pre_tokenizer", byte_level},
      {"post_processor", {{"type", "RobertaProcessing"}, {"sep", {"</s>", 2}}, {"cls", {"<s>", 0}}}},
      {"model",
       {{"type", "BPE"},
        {"ignore_merges", false},
        {"merges", {"\u0120 a", "h e"}},
        {"vocab", ordered_json::parse(byte_bpe_vocab())}}}};
  return json.dump(2);
}

// With the steps of ALBERT before the model.
std::string unigram_json() {
  ordered_json pieces = ordered_json::array();
  for (const auto& [piece, score] : {std::pair{"[PAD]", 0.0},
                                     {"[UNK]", 0},
                                     {"[CLS]", 0},
                                     {"[SEP]", 0},
                                     {"[MASK]", 0},
                                     {"\u2581a", -1},
                                     {"b", -2},
                                     {"\u2581", -3}}) {
    pieces.push_back(ordered_json::array({piece, score}));
  }
  ordered_json metaspace = {{"type", "Metaspace"}, {"replacement", "\u2581"}, {"prepend_scheme", "always"}};
  const ordered_json json = {
      {"added_tokens", {{{"id", 4}, {"content", "[MASK]"}, {"special", true}}}},
      {"normalizer",
       {{"type", "Sequence"},
        {"normalizers", {{{"type", "NFKD"}}, {{"type", "StripAccents"}}, {{"type", "Lowercase"}}}}}},
      {"pre_tokenizer", std::move(metaspace)},
      {"post_processor", {{"type", "BertProcessing"}, {"sep", {"[SEP]", 3}}, {"cls", {"[CLS]", 2}}}},
      {"model", {{"type", "Unigram"}, {"unk_id", 1}, {"vocab", pieces}}}};
  return json.dump(2);
}

}  // namespace rpp
