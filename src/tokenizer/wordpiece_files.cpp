#include "tokenizer/wordpiece_files.h"

#include <optional>

#include "core/json.h"
#include "rpp/error.h"
#include "tokenizer_json.h"
#include "tokenizer_settings.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

std::optional<bool> read_switch(const json& config, const char* key, const path& file) {
  const auto value = config.find(key);
  if (value == config.end() || value->is_null()) return std::nullopt;
  RPP_CHECK(value->is_boolean(), "{}: {} must be true or false, not {}", file, key, value->dump());
  return value->get<bool>();
}

// transformers allows parts of BERT's tokenization to be disabled; ids would silently differ, so such a file
// is refused.
void refuse_other_options(const json& config, LetterCase letter_case, const path& file) {
  const bool lower = letter_case == LetterCase::lower;
  RPP_CHECK(read_switch(config, "tokenize_chinese_chars", file).value_or(true),
            "{}: tokenize_chinese_chars false is not supported: ideographs are always separate words", file);
  RPP_CHECK(read_switch(config, "strip_accents", file).value_or(lower) == lower,
            "{}: strip_accents must be null or equal to do_lower_case ({})", file, lower);
}

std::optional<json> parse_config(const WordPieceFiles& files) {
  if (!files.config) return std::nullopt;
  return parse_json_object(*files.config, files.config_file.string(), "write it again or remove it");
}

std::optional<LetterCase> letter_case_in(const std::optional<json>& config, const path& file) {
  const auto lower = config ? read_switch(*config, "do_lower_case", file) : std::nullopt;
  if (!lower) return std::nullopt;
  return *lower ? LetterCase::lower : LetterCase::keep;
}

}  // namespace

std::optional<LetterCase> stated_letter_case(const WordPieceFiles& files) {
  return letter_case_in(parse_config(files), files.config_file);
}

std::unique_ptr<WordPieceTokenizer> make_wordpiece(const WordPieceFiles& files) {
  const path& file = files.vocabulary_file;
  const std::optional<json> config = parse_config(files);
  const std::optional<LetterCase> stated = letter_case_in(config, files.config_file);
  std::unique_ptr<WordPieceTokenizer> tokenizer;
  if (file.extension() == ".json") {
    WordPieceJson read = parse_tokenizer_json(files.vocabulary, file);
    RPP_CHECK(stated.value_or(read.letter_case) == read.letter_case,
              "{} and {} disagree on lower-casing: save the tokenizer again", file, files.config_file);
    tokenizer = std::make_unique<WordPieceTokenizer>(std::move(read.vocabulary), read.letter_case);
  } else {
    Vocabulary vocabulary = parse_vocabulary(files.vocabulary, file);
    const LetterCase letter_case = stated ? *stated : letter_case_of(vocabulary);
    tokenizer = std::make_unique<WordPieceTokenizer>(std::move(vocabulary), letter_case);
  }
  if (!config) return tokenizer;
  refuse_other_options(*config, tokenizer->letter_case(), files.config_file);
  check_tokenizer_config(*config, files.config_file, TokenizerKind::wordpiece, *tokenizer);
  return tokenizer;
}

}  // namespace rpp
