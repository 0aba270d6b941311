#include "make_sentencepiece.h"

#include <algorithm>
#include <optional>

#include "bert_format/model_files.h"
#include "core/json.h"
#include "normalizer_json.h"
#include "rpp/error.h"
#include "sentencepiece/sentencepiece_tokenizer.h"
#include "sentencepiece_model.h"
#include "tokenizer/tokenizer_json_parts.h"
#include "tokenizer/tokenizer_settings.h"
#include "unigram_json.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

std::optional<std::string_view> text_in(const TokenizerTexts& files, std::string_view name) {
  const auto found = files.find(name);
  return found == files.end() ? std::nullopt : std::optional(found->second);
}

// Without "Fast"; empty if no file names one.
std::string tokenizer_class(const TokenizerTexts& files, const path& directory) {
  for (const char* name : {kTokenizerConfigFile, kConfigFile}) {
    const auto config = object_in(files, directory, name);
    if (!config) continue;
    const json value = config->value("tokenizer_class", json());
    if (!value.is_string()) continue;
    std::string text = value.get<std::string>();
    if (text.ends_with("Fast")) text.resize(text.size() - 4);
    return text;
  }
  return "";
}

// transformers reads tokenizer.json.
void check_same(const path& file, const SentencePieceModel& model, const path& json_file,
                const SentencePieceModel& in_json) {
  const auto same = [](const ModelPiece& a, const ModelPiece& b) {
    return a.text == b.text && a.score == b.score;
  };
  const auto [here, there] = std::ranges::mismatch(model.pieces, in_json.pieces, same);
  RPP_CHECK(here == model.pieces.end() && there == in_json.pieces.end(),
            "{} and {} differ from piece {} on: remove the one that is not of this model", file, json_file,
            here - model.pieces.begin());
  RPP_CHECK(model.charsmap == in_json.charsmap,
            "{} and {} normalise differently: remove the one that is not of this model", file, json_file);
}

// By the pieces of a tokenizer.json, which come first, the class, the name of the model.
PieceIds piece_ids(std::string_view name, const TokenizerTexts& files, const path& directory,
                   const std::optional<SentencePieceSource>& in_json) {
  if (in_json) return in_json->ids;
  const auto config = object_in(files, directory, kConfigFile);
  const std::string stated = tokenizer_class(files, directory);
  const bool is_camembert = stated.empty() && config && config->value("model_type", json()) == "camembert";
  if (is_camembert || stated == kCamembertTokenizer) return PieceIds::camembert;
  return name == kXlmRobertaFile || stated == kXlmRobertaTokenizer ? PieceIds::xlm_roberta : PieceIds::plain;
}

// transformers' class makes its own rules and sequences, whatever tokenizer.json says.
void make_albert(SentencePieceSource& source, const TokenizerTexts& files, const path& directory) {
  const path file = directory / kTokenizerConfigFile;
  const json config = object_in(files, directory, kTokenizerConfigFile).value_or(json::object());
  source.rules = albert_rules(!json_switch(config, "keep_accents", false, file),
                              json_switch(config, "do_lower_case", true, file));
  source.cls = source.sep = "";
  source.special_in_text = true;
  source.two_separators = false;
}

// As the files have it, without what the class changes.
SentencePieceSource source_in_files(const path& directory, const TokenizerTexts& files) {
  const path json_file = directory / kTokenizerJsonFile;
  const auto json_text = text_in(files, kTokenizerJsonFile);
  std::optional<SentencePieceSource> in_json;
  if (json_text && is_unigram_json(*json_text)) in_json = parse_unigram_json(*json_text, json_file);
  const auto name =
      std::ranges::find_if(kSentencePieceFiles, [&](auto file) { return files.contains(file); });
  if (name == kSentencePieceFiles.end()) {
    RPP_CHECK(in_json, "{} holds no sentencepiece model", directory);
    return *std::move(in_json);
  }
  SentencePieceSource source = sentencepiece_source(directory / *name, std::string(*text_in(files, *name)),
                                                    piece_ids(*name, files, directory, in_json));
  if (!in_json) return source;
  check_same(source.file, parse_sentencepiece_model(source.model), json_file,
             parse_sentencepiece_model(in_json->model));
  source.cls = in_json->cls, source.sep = in_json->sep;
  source.rules = in_json->rules;
  source.special_in_text = true;
  source.two_separators = in_json->two_separators;
  return source;
}

SentencePieceSource source_of(const path& directory, const TokenizerTexts& files) {
  SentencePieceSource source = source_in_files(directory, files);
  if (tokenizer_class(files, directory) == kAlbertTokenizer) make_albert(source, files, directory);
  return source;
}

}  // namespace

std::unique_ptr<Tokenizer> make_sentencepiece(const path& directory, const TokenizerTexts& files) {
  auto tokenizer = std::make_unique<SentencePieceTokenizer>(source_of(directory, files));
  check_files_beside(files, directory, *tokenizer,
                     [&](std::string_view text) { return tokenizer->control_piece(text); });
  return tokenizer;
}

}  // namespace rpp
