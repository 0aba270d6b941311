// Answers of a fine-tuned model to lines of text, in order, in bounded memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "predict/text_columns.h"
#include "rpp/answerer.h"

namespace rpp {

struct PredictOptions {
  int64_t max_seq_length = 0;  // 0: tokens_read of the model
  bool strict = false;         // a longer line is an error instead of being truncated
  std::string pair_separator = "\t";
  TextColumnNames columns;      // of a table; if empty, the whole line is the text or pair
  int64_t batch_tokens = 4096;  // per pass
  RuntimeOptions::Arithmetic arithmetic = RuntimeOptions::Arithmetic::fp32;
  int num_threads = 0;  // 0: the machine's cores
  // Uses make_embedder instead of make_answerer. Without columns a line is then one text, separators
  // included.
  bool embed = false;
  std::string prompt;  // these three: EmbedOptions
  int64_t dimensions = 0;
  std::optional<bool> normalize;
  // Of a model that tags words, for which a line is one text too; nothing: simple.
  std::optional<Aggregation> aggregation;
  bool rank = false;                 // lines are pairs of a query and a text: make_ranker
  std::optional<std::string> query;  // the query of all lines, which then are only texts
  // Called with the number of a line without an answer and the reason; empty: such a line ends the run.
  std::function<void(int64_t line, const std::string& why)> skip;
};

// Reads the lines of one source and reports each with its answer. An empty line is answered as an empty text.
class LinePredictor {
 public:
  using Report = std::function<void(const TextLine&, const Answer&)>;

  // `source` is the name in messages. `model`: a model file or a model directory. Throws Error as
  // RuntimeModel::load, the tokenizers and make_answerer do.
  LinePredictor(const std::filesystem::path& model, std::string source, PredictOptions options,
                Report report);

  // Reports when a pass is full. Throws Error with source and line for invalid UTF-8, a second separator,
  // with `strict` a line that is too long, and what TextColumns refuses; the lines before it are reported
  // first. With options.skip the line is passed to that instead, except for a header, without which no row
  // can be read.
  void add(std::string line);
  // Reports all pending lines. A non-finite answer is refused as above, with its line.
  void flush();
  void finish();  // the same, and throws Error if there was no line, or none had an answer

  std::string_view answer_name() const { return answerer_->answer_name(); }
  int64_t num_texts() const { return num_texts_; }
  int64_t num_cut() const { return num_cut_; }          // lines that were truncated
  int64_t num_skipped() const { return num_skipped_; }  // lines without an answer
  int64_t max_seq_length() const { return options_.max_seq_length; }

 private:
  struct Queued {
    TextLine line;
    int64_t number = 0;
    bool is_added = false;  // to the answerer
    std::string error;      // if not empty, the line is skipped
  };

  std::unique_ptr<Answerer> open_answerer() const;
  bool splits_lines() const;  // at the separator
  std::optional<TextLine> parse(const std::string& line);
  void queue(const std::string& line, Queued& queued);
  void answer_one_by_one(const std::vector<Queued>& queued);
  void refuse(int64_t line, const std::string& why);

  std::string source_;
  PredictOptions options_;
  Report report_;
  std::shared_ptr<const RuntimeModel> model_;
  std::unique_ptr<Tokenizer> tokenizer_;
  std::unique_ptr<Answerer> answerer_;
  std::optional<TextColumns> columns_;
  std::vector<Queued> queued_;
  int64_t queued_tokens_ = 0, num_lines_ = 0, num_texts_ = 0, num_cut_ = 0, num_skipped_ = 0;
};

}  // namespace rpp
