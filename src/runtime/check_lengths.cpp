#include "check_lengths.h"

#include <filesystem>

#include "bert_format/model_file.h"
#include "bert_format/model_files.h"
#include "rpp/error.h"
#include "tokenizer/sequence.h"

namespace rpp {
namespace {

// Where the model keeps its vocabulary; the model itself if it has none.
std::filesystem::path vocabulary_path(const ModelFile& file) {
  for (const char* name : kVocabularyFiles) {
    if (file.contents().files.contains(name)) return file.path() / name;
  }
  return file.path();
}

}  // namespace

void check_lengths(const RuntimeModel& model, const Tokenizer& tokenizer, int64_t max_seq_length) {
  const ModelSizes& sizes = model.sizes();
  if (max_seq_length < kMinSequenceLength) {
    fail_usage("max_seq_length is {}, it must be at least {}", max_seq_length, kMinSequenceLength);
  }
  if (max_seq_length > sizes.positions) {
    fail_usage("max_seq_length is {}, the model has {} positions", max_seq_length, sizes.positions);
  }
  RPP_CHECK(tokenizer.size() <= sizes.vocab,
            "the tokenizer has {} pieces, the model embeddings for {}: take the model's own, {}, as it was "
            "published",
            tokenizer.size(), sizes.vocab, vocabulary_path(model.file()));
}

}  // namespace rpp
