// Answers of a fine-tuned model to lines of text, in their order, in bounded memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/infer/answerer.h"
#include "rpp/infer/text_columns.h"

namespace rpp {

struct PredictOptions {
  int64_t max_seq_length = 0;  // 0: tokens_read of the model
  bool strict = false;         // a longer line is an error instead of being cut
  std::string pair_separator = "\t";
  TextColumnNames columns;      // of a table whose rows are read; without a name a line is its texts
  int64_t batch_tokens = 4096;  // in one pass
  int num_threads = 0;          // 0: the machine's cores
  bool embed = false;           // make_embedder in place of make_answerer
};

// Takes the lines of one source and reports each with its answer. An empty line is answered as an empty text.
class LinePredictor {
 public:
  using Report = std::function<void(const TextLine&, const Answer&)>;

  // `source` is named in messages. `model`: a model file or a model directory. Throws Error as
  // RuntimeModel::load, the tokenizer of either and make_answerer do.
  LinePredictor(const std::filesystem::path& model, std::string source, PredictOptions options,
                Report report);

  // Reports when a pass is full. Throws Error with source and line for invalid UTF-8, a second separator, and
  // with `strict` a line that is too long, or for what TextColumns refuses; the lines before it are reported
  // first. A header has no answer.
  void add(std::string line);
  void flush();   // reports what has not been reported
  void finish();  // the same, and throws Error when there was no line at all

  std::string_view answer_name() const { return answerer_->answer_name(); }
  int64_t num_texts() const { return num_texts_; }
  int64_t num_cut() const { return num_cut_; }  // lines that lost tokens
  int64_t max_seq_length() const { return options_.max_seq_length; }

 private:
  std::optional<TextLine> parse(const std::string& line);
  void queue(const std::string& line);

  std::string source_;
  PredictOptions options_;
  Report report_;
  std::shared_ptr<const RuntimeModel> model_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Answerer> answerer_;
  std::optional<TextColumns> columns_;
  std::vector<TextLine> queued_;
  int64_t queued_tokens_ = 0, num_lines_ = 0, num_texts_ = 0, num_cut_ = 0;
};

}  // namespace rpp
