#include "bert_format/model_file.h"
#include "bert_format/model_files.h"
#include "rpp/answerer.h"
#include "rpp/error.h"
#include "tokenizer/file_texts.h"
#include "tokenizer/wordpiece_files.h"
#ifdef RPP_SENTENCEPIECE
#include "sentencepiece/make_sentencepiece.h"
#endif

namespace rpp {
namespace {

std::unique_ptr<Tokenizer> make_sentencepiece_of(const ModelFile& file) {
#ifdef RPP_SENTENCEPIECE
  return make_sentencepiece(file.path(), file.contents().files);
#else
  fail(
      "{} has a sentencepiece vocabulary, which this library was built without: build it with "
      "-DRPP_SENTENCEPIECE=ON",
      file.path());
#endif
}

}  // namespace

std::unique_ptr<Tokenizer> make_tokenizer(const ModelFile& file) {
  const FileTexts& files = file.contents().files;
  if (has_sentencepiece(files)) return make_sentencepiece_of(file);
  const auto config = files.find(kTokenizerConfigFile);
  for (const char* name : {kVocabFile, kTokenizerJsonFile}) {
    const auto vocabulary = files.find(name);
    if (vocabulary == files.end()) continue;
    WordPieceFiles texts{.vocabulary = vocabulary->second,
                         .vocabulary_file = file.path() / name,
                         .config_file = file.path() / kTokenizerConfigFile};
    if (config != files.end()) texts.config = config->second;
    return make_wordpiece(texts);
  }
  fail(
      "{} holds no vocabulary: export a model directory with vocab.txt, a sentencepiece model or "
      "tokenizer.json",
      file.path());
}

}  // namespace rpp
