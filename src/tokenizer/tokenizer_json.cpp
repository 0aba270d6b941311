#include "tokenizer_json.h"

#include "core/json.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

// The member of an object, or null.
json member(const json& object, const char* key) {
  return object.is_object() ? object.value(key, json()) : json();
}

// The vocabulary of {"piece": id, ...}.
std::vector<std::string> pieces_by_id(const json& vocab, const path& file) {
  std::vector<std::string> pieces(vocab.size());
  std::vector<bool> taken(vocab.size());
  for (const auto& [piece, value] : vocab.items()) {
    const size_t id = value.is_number_unsigned() ? value.get<size_t>() : vocab.size();
    RPP_CHECK(id < vocab.size() && !taken[id],
              "{}: the ids of the vocabulary are not 0 to {}, each once: see \"{}\"", file, vocab.size() - 1,
              piece);
    taken[id] = true;
    pieces[id] = piece;
  }
  return pieces;
}

void refuse_other_tokenizers(const json& parsed, const path& file) {
  const json model = member(parsed, "model");
  RPP_CHECK(member(model, "type") == "WordPiece" && member(model, "vocab").is_object(),
            "{} holds no WordPiece model: expected vocab.txt or a sentencepiece model beside it", file);
  RPP_CHECK(member(model, "continuing_subword_prefix") == "##", "{}: only \"##\" may mark continuing pieces",
            file);
  const json normalizer = member(parsed, "normalizer");
  RPP_CHECK(member(normalizer, "type") == "BertNormalizer" && member(normalizer, "lowercase").is_boolean(),
            "{}: only the BertNormalizer is supported", file);
  const json strip_accents = member(normalizer, "strip_accents");
  RPP_CHECK(strip_accents.is_null() || strip_accents == normalizer["lowercase"],
            "{}: strip_accents must be null or equal to lowercase", file);
  RPP_CHECK(member(normalizer, "handle_chinese_chars") != false,
            "{}: handle_chinese_chars false is not supported", file);
}

}  // namespace

WordPieceJson parse_tokenizer_json(std::string_view text, const path& file) {
  const json parsed = parse_json_object(text, file.string(), "save the tokenizer again");
  refuse_other_tokenizers(parsed, file);
  Vocabulary vocabulary(pieces_by_id(parsed["model"]["vocab"], file), file.string());
  for (const json& token : member(parsed, "added_tokens")) {
    const json content = member(token, "content");
    RPP_CHECK(content.is_string() && vocabulary.find(content.get<std::string>()),
              "{}: the added token {} is not in the vocabulary, which is not supported", file,
              content.dump());
  }
  const bool lower = parsed["normalizer"]["lowercase"].get<bool>();
  return {std::move(vocabulary), lower ? LetterCase::lower : LetterCase::keep};
}

}  // namespace rpp
