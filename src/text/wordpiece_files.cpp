#include "rpp/text/wordpiece_files.h"

#include <optional>

#include "rpp/core/error.h"
#include "rpp/core/json.h"
#include "tokenizer_json.h"

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

LetterCase read_letter_case(const WordPieceFiles& files, LetterCase without_it) {
  if (!files.config) return without_it;
  const path& file = files.config_file;
  const json config = parse_json_object(*files.config, file.string(), "write it again or remove it");
  const bool lower = read_switch(config, "do_lower_case", file).value_or(without_it == LetterCase::lower);
  const LetterCase letter_case = lower ? LetterCase::lower : LetterCase::keep;
  refuse_other_options(config, letter_case, file);
  return letter_case;
}

}  // namespace

std::unique_ptr<WordPieceTokenizer> make_wordpiece(const WordPieceFiles& files) {
  const path& file = files.vocabulary_file;
  if (file.extension() != ".json") {
    const LetterCase letter_case = read_letter_case(files, LetterCase::lower);
    return std::make_unique<WordPieceTokenizer>(parse_vocabulary(files.vocabulary, file), letter_case);
  }
  WordPieceJson read = parse_tokenizer_json(files.vocabulary, file);
  RPP_CHECK(read_letter_case(files, read.letter_case) == read.letter_case,
            "{} and {} disagree on lower-casing: save the tokenizer again", file, files.config_file);
  return std::make_unique<WordPieceTokenizer>(std::move(read.vocabulary), read.letter_case);
}

}  // namespace rpp
