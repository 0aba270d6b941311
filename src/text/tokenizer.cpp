#include "rpp/text/tokenizer.h"

#include <nlohmann/json.hpp>

#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/text/sentencepiece_tokenizer.h"
#include "rpp/text/wordpiece.h"
#include "tokenizer_json.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr const char* kConfigFile = "tokenizer_config.json";

std::optional<bool> read_switch(const json& config, const char* key, const path& file) {
  const auto value = config.find(key);
  if (value == config.end() || value->is_null()) return std::nullopt;
  RPP_CHECK(value->is_boolean(), "{}: {} must be true or false, not {}", file, key, value->dump());
  return value->get<bool>();
}

// transformers lets a file switch off parts of BERT's tokenization; ids would silently differ, so such a file
// is refused.
void refuse_other_options(const json& config, LetterCase letter_case, const path& file) {
  const bool lower = letter_case == LetterCase::lower;
  RPP_CHECK(read_switch(config, "tokenize_chinese_chars", file).value_or(true),
            "{}: tokenize_chinese_chars false is not supported: ideographs are always words of their own",
            file);
  RPP_CHECK(read_switch(config, "strip_accents", file).value_or(lower) == lower,
            "{}: strip_accents must be null or equal to do_lower_case ({})", file, lower);
}

LetterCase read_letter_case(const path& file, LetterCase without_it) {
  if (!std::filesystem::exists(file)) return without_it;
  const json config = json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  RPP_CHECK(config.is_object(), "{} is not a JSON object: write it again or remove it", file);
  const bool lower = read_switch(config, "do_lower_case", file).value_or(without_it == LetterCase::lower);
  const LetterCase letter_case = lower ? LetterCase::lower : LetterCase::keep;
  refuse_other_options(config, letter_case, file);
  return letter_case;
}

std::unique_ptr<Tokenizer> load_wordpiece(const path& vocab_file) {
  const LetterCase letter_case = read_letter_case(vocab_file.parent_path() / kConfigFile, LetterCase::lower);
  return std::make_unique<WordPieceTokenizer>(load_vocabulary(vocab_file), letter_case);
}

std::unique_ptr<Tokenizer> load_json(const path& file) {
  WordPieceJson read = read_tokenizer_json(file);
  const path config = file.parent_path() / kConfigFile;
  RPP_CHECK(read_letter_case(config, read.letter_case) == read.letter_case,
            "{} and {} disagree on lower-casing: save the tokenizer again", file, config);
  return std::make_unique<WordPieceTokenizer>(std::move(read.vocabulary), read.letter_case);
}

std::unique_ptr<Tokenizer> load_directory(const path& directory) {
  if (std::filesystem::exists(directory / "vocab.txt")) return load_wordpiece(directory / "vocab.txt");
  for (const char* name : {"spiece.model", "tokenizer.model"}) {
    if (std::filesystem::exists(directory / name)) {
      return std::make_unique<SentencePieceTokenizer>(directory / name);
    }
  }
  if (std::filesystem::exists(directory / "tokenizer.json")) return load_json(directory / "tokenizer.json");
  fail("{} holds no vocabulary: expected vocab.txt, spiece.model, tokenizer.model or tokenizer.json",
       directory);
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const path& path) {
  RPP_CHECK(std::filesystem::exists(path), "no tokenizer at {}: give a model directory or a vocab.txt", path);
  if (std::filesystem::is_directory(path)) return load_directory(path);
  if (path.extension() == ".json") return load_json(path);
  if (path.extension() == ".model") return std::make_unique<SentencePieceTokenizer>(path);
  return load_wordpiece(path);
}

}  // namespace rpp
