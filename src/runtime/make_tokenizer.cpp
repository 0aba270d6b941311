#include "bert_format/model_file.h"
#include "rpp/answerer.h"
#include "rpp/error.h"
#include "tokenizer/byte_bpe_files.h"
#include "tokenizer/tokenizer_texts.h"
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
  const TokenizerTexts& texts = file.contents().files;
  if (has_sentencepiece(texts)) return make_sentencepiece_of(file);
  if (has_byte_bpe(texts)) return make_byte_bpe(texts, file.path());
  return make_wordpiece({.texts = texts, .folder = file.path()}).tokenizer;
}

}  // namespace rpp
