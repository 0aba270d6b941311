#include "vocab_training/vocab_trainer.h"

#include <sentencepiece_trainer.h>

#include "core/nearest.h"
#include "core/parallel_for.h"
#include "rpp/error.h"
#include "trainers.h"

namespace rpp {
namespace {

class LineIterator final : public sentencepiece::SentenceIterator {
 public:
  explicit LineIterator(LineSource next_line) : next_line_(std::move(next_line)) { Next(); }
  bool done() const override { return done_; }
  void Next() override { done_ = !next_line_(line_); }
  const std::string& value() const override { return line_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  LineSource next_line_;
  std::string line_;
  bool done_ = false;
};

// sentencepiece puts "file(line) [condition]" before its message.
std::string trainer_message(const sentencepiece::util::Status& status) {
  const std::string message = status.message();
  const size_t end_of_condition = message.rfind("] ");
  return end_of_condition == std::string::npos ? message : message.substr(end_of_condition + 2);
}

}  // namespace

std::string run_sentencepiece_trainer(TrainerArguments arguments, const VocabOptions& options,
                                      LineSource next_line) {
  const int num_threads = options.num_threads > 0 ? options.num_threads : default_num_threads();
  arguments.merge(TrainerArguments{{"vocab_size", std::to_string(options.size)},
                                   {"hard_vocab_limit", "false"},
                                   {"num_threads", std::to_string(num_threads)},
                                   {"max_sentence_length", "1048576"},
                                   {"shuffle_input_sentence", "false"},
                                   {"minloglevel", "3"}});
  LineIterator lines(std::move(next_line));
  if (lines.done()) fail_without_text(options);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(arguments, &lines, &model);
  RPP_CHECK(status.ok(),
            "cannot learn a vocabulary of {} pieces from this text ({}): change the size or lower "
            "character_coverage",
            options.size, trainer_message(status));
  return model;
}

void fail_without_text(const VocabOptions& options) {
  std::string names;
  for (const auto& input : options.inputs) names += (names.empty() ? "" : ", ") + input.string();
  fail("no text to learn a vocabulary from in {}", names);
}

VocabType parse_vocab_type(std::string_view name) {
  if (name == "wordpiece") return VocabType::wordpiece;
  if (name == "unigram") return VocabType::unigram;
  if (name == "bpe") return VocabType::bpe;
  const std::vector<std::string> known = {"wordpiece", "unigram", "bpe"};
  const std::string close = close_name(name, known);
  fail_usage("unknown vocabulary type \"{}\": expected wordpiece, unigram or bpe{}", name,
             close.empty() ? close : fmt::format("; did you mean {}?", close));
}

VocabReport train_vocabulary(const VocabOptions& options) {
  RPP_CHECK(options.character_coverage > 0 && options.character_coverage <= 1,
            "character_coverage is {}, but must be above 0 and at most 1", options.character_coverage);
  RPP_CHECK(options.size > 0, "the size of a vocabulary is {}, but must be positive", options.size);
  return options.type == VocabType::wordpiece ? train_wordpiece(options) : train_spiece(options);
}

}  // namespace rpp
