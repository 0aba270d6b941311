#include "tokenizer_files/load_tokenizer.h"

#include <fmt/ranges.h>

#include "bert_format/model_files.h"
#include "bert_format/model_path.h"
#include "core/atomic_file.h"
#include "program/log.h"
#include "rpp/error.h"
#include "sentencepiece/make_sentencepiece.h"
#include "sentencepiece/sentencepiece_tokenizer.h"
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
  if (files.contains(kVocabFile) || files.contains(kTokenizerJsonFile)) {
    return logged(make_wordpiece({.texts = files, .folder = directory}));
  }
  fail("{} holds no vocabulary: expected vocab.txt, a sentencepiece model ({}) or tokenizer.json", directory,
       fmt::join(kSentencePieceFiles, ", "));
}

// The vocabulary of this file, with the settings beside it.
std::unique_ptr<Tokenizer> load_file(const path& file) {
  const path directory = file.parent_path();
  const std::string name = file.filename().string();
  std::map<std::string, std::string> storage;
  TokenizerTexts files = read_texts(directory, storage);
  if (!files.contains(name)) {  // under a name of its own
    if (file.extension() == ".model") return std::make_unique<SentencePieceTokenizer>(file);
    return logged(load_wordpiece(file));
  }
  for (const char* other : kVocabularyFiles) {
    if (name != other) files.erase(other);
  }
  return has_sentencepiece(files) ? make_sentencepiece(directory, files) : logged(load_wordpiece(file));
}

}  // namespace

std::unique_ptr<Tokenizer> load_tokenizer(const path& path) {
  RPP_CHECK(std::filesystem::exists(path), "no tokenizer at {}: give a model directory or a vocab.txt.{}",
            path, hub_advice(path));
  if (path.extension() == ".rpp" || path.extension() == ".safetensors") require_model_directory(path);
  return std::filesystem::is_directory(path) ? load_directory(path) : load_file(path);
}

}  // namespace rpp
