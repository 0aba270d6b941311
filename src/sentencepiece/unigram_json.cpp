#include "unigram_json.h"

#include <span>
#include <string>
#include <vector>

#include "core/json.h"
#include "normalizer_json.h"
#include "rpp/error.h"
#include "sentencepiece_model.h"
#include "tokenizer/marks.h"
#include "tokenizer/tokenizer_json_parts.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

// The member of an object, or null.
const json& member(const json& object, const char* key) {
  static const json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

// The steps of a Sequence, or the one step; none for null.
std::vector<const json*> steps_of(const json& part, const char* list) {
  if (part.is_null()) return {};
  if (member(part, "type") != "Sequence") return {&part};
  std::vector<const json*> steps;
  for (const json& step : member(part, list)) steps.push_back(&step);
  return steps;
}

// Words are separated at blanks and their starts marked, also that of the first.
bool marks_words(const json& step) {
  const bool prepends = step.contains("prepend_scheme") ? step["prepend_scheme"] == "always"
                                                        : member(step, "add_prefix_space") == true;
  return member(step, "type") == "Metaspace" && member(step, "replacement") == kWordStart && prepends &&
         member(step, "split") != false;
}

void check_pre_tokenizer(const json& parsed, const path& file) {
  auto steps = steps_of(member(parsed, "pre_tokenizer"), "pretokenizers");
  if (!steps.empty() && member(*steps.front(), "type") == "WhitespaceSplit") steps.erase(steps.begin());
  RPP_CHECK(steps.size() == 1 && marks_words(*steps.front()),
            "{}: the pre_tokenizer {} is not supported: a Metaspace that marks every word is, also after a "
            "WhitespaceSplit",
            file, member(parsed, "pre_tokenizer").dump());
}

// The pieces of the vocabulary; views of `parsed`.
std::vector<ModelPiece> pieces_of(const json& parsed, const path& file) {
  const json& model = member(parsed, "model");
  RPP_CHECK(member(model, "byte_fallback") != true, "{}: byte_fallback true is not supported", file);
  std::vector<ModelPiece> pieces;
  pieces.reserve(member(model, "vocab").size());
  for (const json& entry : member(model, "vocab")) {
    RPP_CHECK(entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_number(),
              "{}: entry {} of the vocabulary is {}, not a piece and its score", file, pieces.size(),
              entry.dump());
    pieces.push_back({.text = entry[0].get_ref<const std::string&>(), .score = entry[1].get<float>()});
  }
  const json& unknown = member(model, "unk_id");
  RPP_CHECK(unknown.is_number_unsigned() && unknown.get<size_t>() < pieces.size(),
            "{}: unk_id is {}, it must be the id of a piece", file, unknown.dump());
  pieces[unknown.get<size_t>()].type = PieceType::unknown;
  return pieces;
}

// Added tokens are never made of a text's characters.
void mark_added(const json& parsed, std::vector<ModelPiece>& pieces, const path& file) {
  for (const json& token : member(parsed, "added_tokens")) {
    const json &id = member(token, "id"), &content = member(token, "content");
    const bool is_next = id == pieces.size() && content.is_string();
    if (is_next) pieces.push_back({.text = content.get_ref<const std::string&>()});
    RPP_CHECK(id.is_number_unsigned() && id.get<size_t>() < pieces.size() &&
                  content == pieces[id.get<size_t>()].text,
              "{}: the added token {} (id {}) is not the piece of that id", file, content.dump(), id.dump());
    ModelPiece& piece = pieces[id.get<size_t>()];
    if (piece.type == PieceType::normal) piece.type = PieceType::control;
  }
}

PostTokens sequences_of(const json& parsed, std::span<const ModelPiece> pieces, const path& file) {
  PostTokens sequences = post_tokens_of(member(parsed, "post_processor"), file);
  for (const auto& [name, id] : {sequences.cls, sequences.sep}) {
    const bool is_piece = id >= 0 && id < std::ssize(pieces) && pieces[static_cast<size_t>(id)].text == name;
    RPP_CHECK(is_piece, "{}: post_processor gives {} the id {}, the vocabulary another", file, name, id);
  }
  return sequences;
}

PieceIds ids_of(std::span<const ModelPiece> pieces) {
  const std::string_view first = pieces.size() > 1 && pieces[1].text == "<pad>" ? pieces[0].text : "";
  if (first == "<s>") return PieceIds::xlm_roberta;
  return first == "<s>NOTUSED" ? PieceIds::camembert : PieceIds::plain;
}

}  // namespace

SentencePieceSource parse_unigram_json(std::string_view text, const path& file) {
  const json parsed = parse_json_object(text, file.string(), "save the tokenizer again");
  const json& type = member(member(parsed, "model"), "type");
  RPP_CHECK(type == "Unigram" || type.is_null(), "{} holds no unigram model",
            file);  // old files have no type
  std::vector<ModelPiece> pieces = pieces_of(parsed, file);
  mark_added(parsed, pieces, file);
  check_pre_tokenizer(parsed, file);
  const PostTokens sequences = sequences_of(parsed, pieces, file);
  const JsonNormalizer normalizer = parse_normalizer(member(parsed, "normalizer"), file);
  const std::string settings = unigram_settings(normalizer.charsmap);
  return {.file = file,
          .model = serialize_sentencepiece_model(pieces, std::vector<std::string_view>{settings}),
          .ids = ids_of(pieces),
          .cls = sequences.cls.name,
          .sep = sequences.sep.name,
          .rules = normalizer.rules,
          .special_in_text = true,
          .two_separators = sequences.two_separators};
}

}  // namespace rpp
