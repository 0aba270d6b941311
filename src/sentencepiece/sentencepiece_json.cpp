#include "sentencepiece_json.h"

#include <openssl/evp.h>
#include <sentencepiece_processor.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>

#include <string_view>

#include "rpp/error.h"
#include "sentencepiece_model.h"
#include "tokenizer/marks.h"

namespace rpp {
namespace {

using nlohmann::ordered_json;
using sentencepiece::SentencePieceProcessor;

std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // and a terminating zero
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(length));
  return text;
}

ordered_json normalizer(const SentencePieceOptions& options) {
  ordered_json steps = ordered_json::array();
  if (!options.charsmap.empty()) {
    steps.push_back({{"type", "Precompiled"}, {"precompiled_charsmap", base64(options.charsmap)}});
  }
  steps.push_back({{"type", "Strip"}, {"strip_left", true}, {"strip_right", true}});
  steps.push_back({{"type", "Replace"}, {"pattern", {{"Regex", " {2,}"}}}, {"content", " "}});
  return {{"type", "Sequence"}, {"normalizers", steps}};
}

ordered_json metaspace(const SentencePieceOptions& options) {
  return {{"type", "Metaspace"},
          {"replacement", kWordStart},
          {"prepend_scheme", options.add_dummy_prefix ? "always" : "never"},
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

// [CLS] A [SEP], or [CLS] A [SEP] B [SEP] with the second segment marked.
ordered_json post_processor(const SentencePieceProcessor& processor, const SpecialSpellings& special) {
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
  pair.push_back(text("B", 1));
  pair.push_back(token(special.sep, 1));
  return {{"type", "TemplateProcessing"}, {"single", single}, {"pair", pair}, {"special_tokens", known}};
}

}  // namespace

std::string tokenizer_json(const std::string& model, const SentencePieceProcessor& processor,
                           const SpecialSpellings& special) {
  const SentencePieceOptions options = read_sentencepiece_options(model);
  const ordered_json file = {{"version", "1.0"},
                             {"truncation", nullptr},
                             {"padding", nullptr},
                             {"added_tokens", added_tokens(processor, special)},
                             {"normalizer", normalizer(options)},
                             {"pre_tokenizer", metaspace(options)},
                             {"post_processor", post_processor(processor, special)},
                             {"decoder", metaspace(options)},
                             {"model", options.is_bpe ? bpe(processor) : unigram(processor)}};
  return file.dump() + '\n';
}

std::string tokenizer_config_json(const SpecialSpellings& special) {
  const ordered_json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                               {"pad_token", special.pad},
                               {"unk_token", special.unk},
                               {"cls_token", special.cls},
                               {"sep_token", special.sep},
                               {"mask_token", special.mask}};
  return config.dump(2) + '\n';
}

}  // namespace rpp
