#include "tokenizer_files/load_tokenizer.h"

#include <fmt/ranges.h>

#include "bert_format/model_files.h"
#include "bert_format/model_path.h"
#include "core/atomic_file.h"
#include "program/log.h"
#include "rpp/error.h"
#include "sentencepiece/make_sentencepiece.h"
#include "sentencepiece/sentencepiece_tokenizer.h"
#include "tokenizer/byte_bpe_files.h"
#include "tokenizer/wordpiece_files.h"

namespace rpp {
namespace {

using std::filesystem::path;

std::unique_ptr<Tokenizer> logged(LoadedWordPiece loaded) {
  if (!loaded.note.empty()) log::info("{}", loaded.note);
  return std::move(loaded.tokenizer);
}

// Of the tokenizer in `directory`; `storage` holds the texts.
TokenizerTexts read_texts(const path& directory, std::map<std::string, std::string>& storage) {
  TokenizerTexts texts;
  const auto add = [&](const char* name) {
    if (!std::filesystem::is_regular_file(directory / name)) return;
    texts[name] = storage[name] = read_file(directory / name);
  };
  for (const char* name : kTokenizerFiles) add(name);
  add(kConfigFile);
  return texts;
}

std::unique_ptr<Tokenizer> load_directory(const path& directory) {
  std::map<std::string, std::string> storage;
  const TokenizerTexts files = read_texts(directory, storage);
  if (has_sentencepiece(files)) return make_sentencepiece(directory, files);
  if (has_byte_bpe(files)) return make_byte_bpe(files, directory);
  if (files.contains(kVocabFile) || files.contains(kTokenizerJsonFile)) {
    return logged(make_wordpiece({.texts = files, .folder = directory}));
  }
  fail(
      "{} holds no vocabulary: expected vocab.txt, a sentencepiece model ({}), vocab.json with merges.txt, "
      "or "
      "tokenizer.json",
      directory, fmt::join(kSentencePieceFiles, ", "));
}

// A file under a name of its own.
std::unique_ptr<Tokenizer> load_named(const path& file, TokenizerTexts files) {
  if (file.extension() == ".model") return std::make_unique<SentencePieceTokenizer>(file);
  const std::string text = read_file(file);
  if (file.extension() != ".json" || !is_bpe_json(text)) return logged(load_wordpiece(file));
  files[kTokenizerJsonFile] = text;
  return make_byte_bpe(files, file.parent_path());
}

// The vocabulary of this file, with the settings beside it.
std::unique_ptr<Tokenizer> load_file(const path& file) {
  const path directory = file.parent_path();
  std::string name = file.filename().string();
  if (name == kBpeMergesFile) name = kBpeVocabFile;
  std::map<std::string, std::string> storage;
  TokenizerTexts files = read_texts(directory, storage);
  if (!files.contains(name)) return load_named(file, std::move(files));
  for (const char* other : kVocabularyFiles) {
    if (name != other) files.erase(other);
  }
  if (has_sentencepiece(files)) return make_sentencepiece(directory, files);
  return has_byte_bpe(files) ? make_byte_bpe(files, directory) : logged(load_wordpiece(file));
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const path& path) {
  RPP_CHECK(std::filesystem::exists(path), "no tokenizer at {}: give a model directory or a vocab.txt.{}",
            path, hub_advice(path));
  if (path.extension() == ".rpp" || path.extension() == ".safetensors") require_model_directory(path);
  return std::filesystem::is_directory(path) ? load_directory(path) : load_file(path);
}

}  // namespace rpp
