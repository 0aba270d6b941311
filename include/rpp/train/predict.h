// Answers of a fine-tuned model to lines of text, in their order, in bounded memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rpp/train/inspect.h"

namespace rpp {

struct PredictOptions {
  int64_t max_seq_length = 0;  // tokens, 0: model_max_length of its tokenizer, at most the model's positions
  bool strict = false;         // a longer line is an error instead of being cut
  std::string pair_separator = "\t";
  int64_t batch_tokens = 4096;  // in one pass
  int64_t num_threads = 0;      // 0: the machine's cores
  Precision precision = Precision::fp32;
};

struct TextLine {
  std::string text;
  std::optional<std::string> text_pair;  // behind the separator, may be empty
};

// From the best to the worst: (label, probability), of a regression its one score, of a question (text of the
// context, probability).
struct Answer {
  std::vector<std::pair<std::string, double>> scores;
  std::optional<std::pair<int64_t, int64_t>>
      span;  // of the best text: [begin, end) of text_pair, code points
};

// One kind of fine-tuned model. Lines are added, which encodes them, and then answered together.
class Answerer {
 public:
  virtual ~Answerer() = default;
  virtual std::string_view answer_name() const = 0;  // of the first of `scores`: "label", "answer"
  struct Added {
    int64_t tokens = 0;      // that the line takes in a pass
    int64_t cut_tokens = 0;  // that it has lost
  };
  // Throws Error for a line that this kind of model has no answer to; it need not name the line.
  virtual Added add(const TextLine& line) = 0;
  // Of the lines added since the last call, in their order.
  virtual std::vector<Answer> answer_added() = 0;
};

// By the head that the model's file holds. A model of SQuAD answers pairs of question and context; the labels
// of a classifier are those of config.json (class_names). `model` and `tokenizer` must outlive it. Throws
// Error for a model without a head for answers, for problem_type multi_label_classification, for names that
// are not as many as the classifier's rows, and for a max_seq_length that the model lacks.
std::unique_ptr<Answerer> make_answerer(const OpenModel& model, const Tokenizer& tokenizer,
                                        int64_t max_seq_length);

// Takes the lines of one source and reports each with its answer. An empty line is answered as an empty text.
class LinePredictor {
 public:
  using Report = std::function<void(const TextLine&, const Answer&)>;

  // `source` is named in messages. Throws Error as open_model, load_tokenizer and make_answerer do.
  LinePredictor(const std::filesystem::path& model, std::string source, PredictOptions options,
                Report report);

  // Reports when a pass is full. Throws Error with source and line for invalid UTF-8, a second separator, and
  // with `strict` a line that is too long; the lines before it are reported first.
  void add(std::string line);
  void flush();   // reports what has not been reported
  void finish();  // the same, and throws Error when there was no line at all

  std::string_view answer_name() const { return answerer_->answer_name(); }
  int64_t num_lines() const { return num_lines_; }
  int64_t num_cut() const { return num_cut_; }  // lines that lost tokens
  int64_t max_seq_length() const { return options_.max_seq_length; }

 private:
  TextLine parse(const std::string& line) const;
  void queue(const std::string& line);

  std::string source_;
  PredictOptions options_;
  Report report_;
  OpenModel model_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Answerer> answerer_;
  std::vector<TextLine> queued_;
  int64_t queued_tokens_ = 0, num_lines_ = 0, num_cut_ = 0;
};

}  // namespace rpp
