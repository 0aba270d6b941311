#include "sentencepiece_json.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "normalizer_json.h"
#include "rpp/error.h"
#include "sentencepiece_model.h"
#include "tokenizer/marks.h"
#include "tokenizer/tokenizer_settings.h"

namespace rpp {
namespace {

using nlohmann::ordered_json;
using sentencepiece::SentencePieceProcessor;

ordered_json metaspace(const SentencePieceModel& model) {
  return {{"type", "Metaspace"},
          {"replacement", kWordStart},
          {"prepend_scheme", model.add_dummy_prefix ? "always" : "never"},
          {"split", true}};
}

ordered_json unigram(const SentencePieceProcessor& processor) {
  ordered_json pieces = ordered_json::array();
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    pieces.push_back({processor.IdToPiece(id), processor.GetScore(id)});
  }
  return {{"type", "Unigram"}, {"unk_id", processor.unk_id()}, {"vocab", pieces}, {"byte_fallback", false}};
}

// sentencepiece joins the neighbours whose union has the best score, whatever they are; so each split of a
// piece into two others is a merge, ordered by the score of the piece.
ordered_json merges(const SentencePieceProcessor& processor) {
  std::vector<int> by_score;
  for (int id = 0; id < processor.GetPieceSize(); ++id) {
    if (!processor.IsControl(id) && !processor.IsUnknown(id)) by_score.push_back(id);
  }
  std::stable_sort(by_score.begin(), by_score.end(),
                   [&](int a, int b) { return processor.GetScore(a) > processor.GetScore(b); });
  const auto is_piece = [&](const std::string& text) {
    return !processor.IsUnknown(processor.PieceToId(text)) && !processor.IsControl(processor.PieceToId(text));
  };
  ordered_json pairs = ordered_json::array();
  for (const int id : by_score) {
    const std::string& piece = processor.IdToPiece(id);
    for (size_t cut = 1; cut < piece.size(); ++cut) {
      const bool within_character = (static_cast<unsigned char>(piece[cut]) & 0xC0) == 0x80;
      if (within_character) continue;
      const std::string left = piece.substr(0, cut);
      const std::string right = piece.substr(cut);
      if (is_piece(left) && is_piece(right)) pairs.push_back({left, right});
    }
  }
  return pairs;
}

ordered_json bpe(const SentencePieceProcessor& processor) {
  ordered_json vocab = ordered_json::object();
  for (int id = 0; id < processor.GetPieceSize(); ++id) vocab[processor.IdToPiece(id)] = id;
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", processor.IdToPiece(processor.unk_id())},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", true},
          {"byte_fallback", false},
          {"vocab", std::move(vocab)},
          {"merges", merges(processor)}};
}

ordered_json added_tokens(const SentencePieceProcessor& processor, const SpecialSpellings& special) {
  ordered_json tokens = ordered_json::array();
  for (const std::string& piece : {special.pad, special.unk, special.cls, special.sep, special.mask}) {
    tokens.push_back({{"id", processor.PieceToId(piece)},
                      {"content", piece},
                      {"single_word", false},
                      {"lstrip", false},
                      {"rstrip", false},
                      {"normalized", false},
                      {"special", true}});
  }
  return tokens;
}

// [CLS] A [SEP], or [CLS] A [SEP] B [SEP] with the second segment marked; RoBERTa's pairs: SpecialTokens.
ordered_json post_processor(const SentencePieceProcessor& processor, const SpecialSpellings& special) {
  const int second = special.two_separators ? 0 : 1;
  const auto token = [](const std::string& piece, int segment) {
    return ordered_json{{"SpecialToken", {{"id", piece}, {"type_id", segment}}}};
  };
  const auto text = [](const char* which, int segment) {
    return ordered_json{{"Sequence", {{"id", which}, {"type_id", segment}}}};
  };
  ordered_json known = ordered_json::object();
  for (const std::string& piece : {special.cls, special.sep}) {
    known[piece] = {{"id", piece},
                    {"ids", ordered_json::array({processor.PieceToId(piece)})},
                    {"tokens", ordered_json::array({piece})}};
  }
  ordered_json single = {token(special.cls, 0), text("A", 0), token(special.sep, 0)};
  ordered_json pair = single;
  if (special.two_separators) pair.push_back(token(special.sep, 0));
  pair.push_back(text("B", second));
  pair.push_back(token(special.sep, second));
  return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", known}};
}

}  // namespace

std::string tokenizer_json(const SentencePieceModel& model, const TextRules& rules,
                           const SentencePieceProcessor& processor, const SpecialSpellings& special) {
  const ordered_json file = {{"version", "1.0"},
                             {"truncation", nullptr},
                             {"padding", nullptr},
                             {"added_tokens", added_tokens(processor, special)},
                             {"normalizer", normalizer_json(rules, model.charsmap)},
                             {"pre_tokenizer", metaspace(model)},
                             {"post_processor", post_processor(processor, special)},
                             {"decoder", metaspace(model)},
                             {"model", model.is_bpe ? bpe(processor) : unigram(processor)}};
  return file.dump() + '\n';
}

std::string tokenizer_config_json(const TextRules& rules, const SpecialSpellings& special) {
  const bool albert = is_albert(rules) && !special.two_separators;
  ordered_json config = {
      {"tokenizer_class", albert ? kAlbertTokenizer
                          : special.two_separators
                              ? (special.is_camembert ? kCamembertTokenizer : kXlmRobertaTokenizer)
                              : "PreTrainedTokenizerFast"},
      {"pad_token", special.pad},
      {"unk_token", special.unk},
      {"cls_token", special.cls},
      {"sep_token", special.sep},
      {"mask_token", special.mask}};
  if (albert) config.update({{"do_lower_case", rules.lower_case}, {"keep_accents", !rules.strip_accents}});
  return config.dump(2) + '\n';
}

}  // namespace rpp
