#include "bert_format/model_files.h"
#include "rpp/tokenizer.h"

#include "bert_format/model_path.h"
#include "core/atomic_file.h"
#include "core/json.h"
#include "program/log.h"
#include "rpp/error.h"
#include "sentencepiece/load_tokenizer.h"
#include "sentencepiece/sentencepiece_tokenizer.h"
#include "tokenizer/tokenizer_settings.h"
#include "tokenizer/wordpiece_files.h"

namespace rpp {
namespace {

using std::filesystem::path;

std::unique_ptr<Tokenizer> load_wordpiece(const path& file) {
  const path config_file = file.parent_path() / kTokenizerConfigFile;
  const std::string vocabulary = read_file(file);
  std::optional<std::string> config;
  if (std::filesystem::exists(config_file)) config = read_file(config_file);
  const WordPieceFiles files = {
      .vocabulary = vocabulary, .config = config, .vocabulary_file = file, .config_file = config_file};
  auto tokenizer = make_wordpiece(files);
  check_files_beside(file.parent_path(), TokenizerKind::wordpiece, *tokenizer);
  const bool is_guess = file.extension() != ".json" && !stated_letter_case(files);
  if (is_guess && tokenizer->letter_case() == LetterCase::keep) {
    log::info("{}: its pieces have capitals and no file says do_lower_case: text keeps its case",
              file.string());
  }
  return tokenizer;
}

std::unique_ptr<Tokenizer> load_sentencepiece(const path& file) {
  auto tokenizer = std::make_unique<SentencePieceTokenizer>(file);
  const path config_file = file.parent_path() / kTokenizerConfigFile;
  if (std::filesystem::exists(config_file)) {
    check_tokenizer_config(
        parse_json_object(read_file(config_file), config_file.string(), "write it again or remove it"),
        config_file, TokenizerKind::sentencepiece, *tokenizer);
  }
  check_files_beside(file.parent_path(), TokenizerKind::sentencepiece, *tokenizer);
  return tokenizer;
}

std::unique_ptr<Tokenizer> load_directory(const path& directory) {
  if (std::filesystem::exists(directory / kVocabFile)) return load_wordpiece(directory / kVocabFile);
  for (const char* name : kSentencePieceFiles) {
    if (std::filesystem::exists(directory / name)) {
      return load_sentencepiece(directory / name);
    }
  }
  if (std::filesystem::exists(directory / kTokenizerJsonFile))
    return load_wordpiece(directory / kTokenizerJsonFile);
  fail("{} holds no vocabulary: expected vocab.txt, spiece.model, tokenizer.model or tokenizer.json",
       directory);
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const path& path) {
  RPP_CHECK(std::filesystem::exists(path), "no tokenizer at {}: give a model directory or a vocab.txt.{}",
            path, hub_advice(path));
  if (path.extension() == ".rpp" || path.extension() == ".safetensors") require_model_directory(path);
  if (std::filesystem::is_directory(path)) return load_directory(path);
  if (path.extension() == ".model") return load_sentencepiece(path);
  return load_wordpiece(path);
}

}  // namespace rpp
