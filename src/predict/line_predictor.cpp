#include "predict/line_predictor.h"

#include <utility>

#include "bert_format/model_file.h"
#include "rpp/error.h"
#include "rpp/tokenizer.h"
#include "tokenizer/unicode.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// A model directory's tokenizer logs how it reads the case of letters.
std::unique_ptr<Tokenizer> open_tokenizer(const RuntimeModel& model) {
  const fs::path& path = model.file().path();
  if (fs::is_directory(path)) return load_tokenizer(path);
  return make_tokenizer(model.file());
}

}  // namespace

LinePredictor::LinePredictor(const fs::path& model, std::string source, PredictOptions options, Report report)
    : source_(std::move(source)),
      options_(std::move(options)),
      report_(std::move(report)),
      model_(RuntimeModel::load(model, {.arithmetic = options.arithmetic})),
      tokenizer_(open_tokenizer(*model_)) {
  if (options_.max_seq_length == 0) {
    options_.max_seq_length = options_.embed ? tokens_embedded(*model_) : tokens_read(*model_);
  }
  if (!options_.columns.text.empty()) columns_.emplace(options_.columns);
  answerer_ = open_answerer();
}

std::unique_ptr<Answerer> LinePredictor::open_answerer() const {
  const int64_t length = options_.max_seq_length;
  const int threads = options_.num_threads;
  if (options_.embed) {
    return make_embedder(
        model_, *tokenizer_, length, threads,
        {.prompt = options_.prompt, .dimensions = options_.dimensions, .normalize = options_.normalize});
  }
  if (options_.rank) return make_ranker(model_, *tokenizer_, length, threads);
  if (!options_.aggregation) return make_answerer(model_, *tokenizer_, length, threads);
  return make_tagger(model_, *tokenizer_, length, *options_.aggregation, threads);
}

bool LinePredictor::splits_lines() const {
  return !options_.embed && !options_.query && model_->sizes().token_labels == 0;
}

void LinePredictor::add(std::string line) {
  ++num_lines_;
  if (line.ends_with('\r')) line.pop_back();
  Queued queued{.number = num_lines_};
  try {
    queue(line, queued);
  } catch (const Error& error) {
    if (!options_.skip || (columns_ && columns_->needs_as_header(line))) {
      flush();
      fail("{}:{}: {}", source_, num_lines_, error.what());
    }
    queued.error = error.what();
  }
  if (queued.is_added || !queued.error.empty()) queued_.push_back(std::move(queued));
  if (queued_tokens_ >= options_.batch_tokens) flush();
}

std::optional<TextLine> LinePredictor::parse(const std::string& line) {
  RPP_CHECK(find_invalid_utf8(line) == line.size(),
            "not valid UTF-8: convert the text first, for example with iconv");
  if (columns_) return columns_->read(line);
  if (!splits_lines()) return TextLine{.text = line, .text_pair = std::nullopt};
  const auto& separator = options_.pair_separator;
  const auto end = line.find(separator);
  if (end == std::string::npos) return TextLine{.text = line, .text_pair = std::nullopt};
  const auto second = end + separator.size();
  RPP_CHECK(line.find(separator, second) == std::string::npos,
            "more than one separator: a line is one text, or two with one between; --column NAME reads a "
            "column of a table");
  return TextLine{.text = line.substr(0, end), .text_pair = line.substr(second)};
}

void LinePredictor::queue(const std::string& line, Queued& queued) {
  auto parsed = parse(line);
  if (!parsed) return;
  queued.line = std::move(*parsed);
  if (options_.query) queued.line = {.text = *options_.query, .text_pair = std::move(queued.line.text)};
  const auto added = answerer_->add(queued.line);
  queued.is_added = true;
  queued_tokens_ += added.tokens;
  RPP_CHECK(!options_.strict || added.cut_tokens == 0,
            "{} tokens, {} are read: shorten it, or allow truncation by leaving out --strict",
            added.tokens + added.cut_tokens, options_.max_seq_length);
  ++num_texts_;
  num_cut_ += added.cut_tokens > 0;
}

void LinePredictor::flush() {
  const std::vector<Queued> queued = std::exchange(queued_, {});
  queued_tokens_ = 0;
  std::vector<Answer> answers;
  try {
    answers = answerer_->answer_added();
  } catch (const Error&) {
    return answer_one_by_one(queued);
  }
  auto answer = answers.begin();  // includes lines refused after they were added
  for (const Queued& line : queued) {
    if (line.error.empty()) report_(line.line, *answer);
    if (!line.error.empty()) refuse(line.number, line.error);
    answer += line.is_added;
  }
}

// A pass failed, perhaps because of one line: retries line by line to find it.
void LinePredictor::answer_one_by_one(const std::vector<Queued>& queued) {
  for (const Queued& line : queued) {
    std::string error = line.error;
    std::vector<Answer> answers;
    try {
      if (error.empty()) {
        answerer_->add(line.line);
        answers = answerer_->answer_added();
      }
    } catch (const Error& failed) {
      error = failed.what();
      --num_texts_;
    }
    if (error.empty()) report_(line.line, answers.front());
    if (!error.empty()) refuse(line.number, error);
  }
}

void LinePredictor::refuse(int64_t line, const std::string& why) {
  if (!options_.skip) fail("{}:{}: {}", source_, line, why);
  ++num_skipped_;
  options_.skip(line, why);
}

void LinePredictor::finish() {
  flush();
  RPP_CHECK(num_lines_ > 0, "{} holds no line: a line is one text, or two with a separator between", source_);
  RPP_CHECK(num_texts_ > 0 || num_skipped_ == 0, "{}: none of {} lines could be answered", source_,
            num_skipped_);
}

}  // namespace rpp
