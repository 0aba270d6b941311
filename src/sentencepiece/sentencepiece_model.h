// A sentencepiece model as its file stores it: the protocol buffer of sentencepiece_model.proto, whose own
// classes the library does not install.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rpp {

// The numbers are those of the file.
enum class PieceType { normal = 1, unknown = 2, control = 3, user_defined = 4, unused = 5, byte = 6 };

struct ModelPiece {
  std::string_view text;
  float score = 0;
  PieceType type = PieceType::normal;
};

// Views of the model's bytes.
struct SentencePieceModel {
  std::vector<ModelPiece> pieces;  // the index is the id
  bool is_bpe = false;
  bool add_dummy_prefix = true;
  std::string_view charsmap;               // the normaliser's rules, as compiled by sentencepiece
  std::vector<std::string_view> settings;  // the fields other than pieces, with their tags
};

// `model`: bytes that sentencepiece has loaded; what it skips is skipped.
SentencePieceModel parse_sentencepiece_model(std::string_view model);

// The bytes of a model with these pieces and the settings of another.
std::string serialize_sentencepiece_model(std::span<const ModelPiece> pieces,
                                          std::span<const std::string_view> settings);

// Whether a setting is a text with the pieces that the model must make of it.
bool is_self_test(std::string_view setting);

// The settings of a unigram model that normalises by `charsmap`, marks the start of a text and removes
// repeated blanks.
std::string unigram_settings(std::string_view charsmap);

// Throws Error naming the file for damage that sentencepiece accepts: pieces that are not UTF-8, scores that
// are not finite, normaliser rules that point outside the model, which sentencepiece would follow.
void check_sentencepiece_model(const std::filesystem::path& file, const SentencePieceModel& model);

}  // namespace rpp
