#include "rpp/infer/line_predictor.h"

#include "rpp/core/error.h"
#include "rpp/text/tokenizer.h"
#include "rpp/text/unicode.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// Beside a model directory any tokenizer will do, in a model file it is WordPiece.
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
      model_(RuntimeModel::load(model)),
      tokenizer_(open_tokenizer(*model_)) {
  if (options_.max_seq_length == 0) {
    options_.max_seq_length = options_.embed ? tokens_embedded(*model_) : tokens_read(*model_);
  }
  if (!options_.columns.text.empty()) columns_.emplace(options_.columns);
  const auto make = options_.embed ? make_embedder : make_answerer;
  answerer_ = make(model_, *tokenizer_, options_.max_seq_length, options_.num_threads);
}

void LinePredictor::add(std::string line) {
  ++num_lines_;
  if (line.ends_with('\r')) line.pop_back();
  try {
    queue(line);
  } catch (const Error& error) {
    flush();
    fail("{}:{}: {}", source_, num_lines_, error.what());
  }
  if (queued_tokens_ >= options_.batch_tokens) flush();
}

std::optional<TextLine> LinePredictor::parse(const std::string& line) {
  RPP_CHECK(find_invalid_utf8(line) == line.size(),
            "not valid UTF-8: convert the text first, for example with iconv");
  if (columns_) return columns_->read(line);
  const auto& separator = options_.pair_separator;
  const auto end = line.find(separator);
  if (end == std::string::npos) return TextLine{.text = line, .text_pair = std::nullopt};
  const auto second = end + separator.size();
  RPP_CHECK(line.find(separator, second) == std::string::npos,
            "more than one separator: a line is one text, or two with one between; --column NAME reads a "
            "column of a table");
  return TextLine{.text = line.substr(0, end), .text_pair = line.substr(second)};
}

void LinePredictor::queue(const std::string& line) {
  auto parsed = parse(line);
  if (!parsed) return;
  const auto added = answerer_->add(*parsed);
  RPP_CHECK(!options_.strict || added.cut_tokens == 0,
            "{} tokens, {} are read: shorten it, or let it be cut by leaving out --strict",
            added.tokens + added.cut_tokens, options_.max_seq_length);
  ++num_texts_;
  queued_.push_back(std::move(*parsed));
  queued_tokens_ += added.tokens;
  num_cut_ += added.cut_tokens > 0;
}

void LinePredictor::flush() {
  const auto answers = answerer_->answer_added();
  // A line that was refused is the last of `answers` and not queued.
  for (size_t i = 0; i < queued_.size(); ++i) report_(queued_[i], answers[i]);
  queued_.clear();
  queued_tokens_ = 0;
}

void LinePredictor::finish() {
  flush();
  RPP_CHECK(num_lines_ > 0, "{} holds no line: a line is one text, or two with a separator between", source_);
}

}  // namespace rpp
