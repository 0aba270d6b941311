#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "sentencepiece/sentencepiece_tokenizer.h"
#include "trainers.h"
#include "training_text.h"

namespace rpp {
namespace {

// sentencepiece keeps its text in memory, about 26 bytes per byte for a unigram model: 1.3 GB.
constexpr size_t kMaxBytes = size_t{48} << 20;

}  // namespace

VocabReport train_spiece(const VocabOptions& options) {
  TrainingText text(options, kMaxBytes);
  const std::string model = run_sentencepiece_trainer(
      {{"model_type", options.type == VocabType::unigram ? "unigram" : "bpe"},
       {"normalization_rule_name", options.letter_case == LetterCase::lower ? "nmt_nfkc_cf" : "nmt_nfkc"},
       {"character_coverage", std::to_string(options.character_coverage)},
       {"pad_id", "0"},
       {"unk_id", "1"},
       {"bos_id", "2"},
       {"eos_id", "3"},
       {"pad_piece", std::string(kSpecialPieces[0])},
       {"unk_piece", std::string(kSpecialPieces[1])},
       {"bos_piece", std::string(kSpecialPieces[2])},
       {"eos_piece", std::string(kSpecialPieces[3])},
       {"control_symbols", std::string(kSpecialPieces[4])}},
      options, [&](std::string& line) { return text.next(line); });
  std::filesystem::create_directories(options.output);
  const auto file = options.output / kSentencePieceFiles[0];
  write_file_atomically(file, model);
  const SentencePieceTokenizer tokenizer(file);
  tokenizer.save(options.output);
  return {.size = tokenizer.size(),
          .num_lines = text.num_lines(),
          .num_lines_used = text.num_used(),
          .file = file};
}

}  // namespace rpp
