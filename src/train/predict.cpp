#include "rpp/train/predict.h"
#include "rpp/train/device.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "rpp/core/error.h"
#include "rpp/data/glue_features.h"
#include "rpp/data/model_labels.h"
#include "rpp/text/model_max_length.h"
#include "rpp/text/unicode.h"
#include "run_setup.h"
#include "span_answerer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

struct Labels {
  std::vector<std::string> names;  // [num_labels]
  bool regression = false;
};

// One label alone is a regression, as in transformers, where config.json does not say.
Labels read_labels(const fs::path& model_dir, int64_t num_labels) {
  const ModelLabels read = read_model_labels(model_dir);
  std::string problem = read.problem_type;
  if (problem.empty()) problem = num_labels == 1 ? "regression" : "single_label_classification";
  RPP_CHECK(problem == "regression" || problem == "single_label_classification",
            "{}: problem_type is {}: only single_label_classification and regression are answered",
            model_dir / "config.json", problem);
  RPP_CHECK(problem != "regression" || num_labels == 1,
            "{}: problem_type is regression, but the classifier has {} outputs instead of 1",
            model_dir / "config.json", num_labels);
  return {.names = class_names(read, num_labels, model_dir), .regression = problem == "regression"};
}

class Classifier : public Answerer {
 public:
  Classifier(const OpenModel& model, const Tokenizer& tokenizer, int64_t max_seq_length)
      : bert_(*model.bert),
        tokenizer_(tokenizer),
        max_seq_length_(max_seq_length),
        labels_(read_labels(model.directory, bert_.heads().num_labels)) {}

  std::string_view answer_name() const override { return "label"; }

  Added add(const TextLine& line) override {
    const GlueExample example{.text_a = line.text, .text_b = line.text_pair.value_or("")};
    auto encoded = encode(example, line.text_pair.has_value(), std::numeric_limits<int32_t>::max());
    const auto uncut = static_cast<int64_t>(encoded.ids.size());
    if (uncut > max_seq_length_) encoded = encode(example, line.text_pair.has_value(), max_seq_length_);
    const auto tokens = static_cast<int64_t>(encoded.ids.size());
    added_.push_back(std::move(encoded));
    return {.tokens = tokens, .cut_tokens = uncut - tokens};
  }

  std::vector<Answer> answer_added() override {
    if (added_.empty()) return {};
    const auto scores = score(std::exchange(added_, {}));  // [lines, num_labels]
    std::vector<Answer> answers;
    for (int64_t line = 0; line < scores.size(0); ++line) answers.push_back(ranked(scores[line]));
    return answers;
  }

 private:
  EncodedExample encode(const GlueExample& example, bool is_pair, int64_t max_tokens) const {
    return encode_example(example, tokenizer_, max_tokens, is_pair);
  }

  // Probabilities, or scores of a regression: [lines, num_labels] fp32 on the CPU.
  torch::Tensor score(const std::vector<EncodedExample>& lines) const {
    const torch::NoGradGuard no_grad;
    std::vector<int64_t> order(lines.size());
    std::iota(order.begin(), order.end(), int64_t{0});
    const BertInputs inputs = bert_inputs(make_batch(lines, order, labels_.regression), bert_.device());
    const auto first = bert_.encode_at(inputs, first_tokens(inputs.layout));
    const auto logits =
        bert_.classify(bert_.pool(first)).to(torch::kCPU, torch::kFloat32);  // [lines, num_labels]
    return labels_.regression ? logits : logits.softmax(1);
  }

  Answer ranked(const torch::Tensor& scores) const {
    Answer answer;
    for (size_t label = 0; label < labels_.names.size(); ++label) {
      answer.scores.emplace_back(labels_.names[label], scores[static_cast<int64_t>(label)].item<float>());
    }
    // Stable: of equal scores the first label comes first, as argmax takes it.
    std::stable_sort(answer.scores.begin(), answer.scores.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    return answer;
  }

  const Bert& bert_;
  const Tokenizer& tokenizer_;
  int64_t max_seq_length_;
  Labels labels_;
  std::vector<EncodedExample> added_;
};

// What the options say, else what the model was fine-tuned with, else as many as it has positions.
int64_t tokens_read(const PredictOptions& options, const OpenModel& model) {
  if (options.max_seq_length > 0) return options.max_seq_length;
  const int64_t positions = model.bert->config().max_position_embeddings;
  return std::min(positions, read_model_max_length(model.directory).value_or(positions));
}

}  // namespace

std::unique_ptr<Answerer> make_answerer(const OpenModel& model, const Tokenizer& tokenizer,
                                        int64_t max_seq_length) {
  const HeadSpec& heads = model.bert->heads();
  RPP_CHECK(heads.num_labels > 0 || heads.span,
            "{} has no head that answers: fine-tune it with rpp-finetune and name its output directory",
            model.directory);
  if (max_seq_length < 8) fail_usage("max_seq_length is {}, it must be at least 8", max_seq_length);
  check_sequence_length(*model.bert, max_seq_length);
  check_vocabulary(*model.bert, tokenizer);
  if (heads.span) return make_span_answerer(model, tokenizer, max_seq_length);
  return std::make_unique<Classifier>(model, tokenizer, max_seq_length);
}

LinePredictor::LinePredictor(const fs::path& model, std::string source, PredictOptions options, Report report)
    : source_(std::move(source)),
      options_(std::move(options)),
      report_(std::move(report)),
      model_(open_model(model, {.precision = options_.precision})),
      tokenizer_(load_tokenizer(model)) {
  use_threads(options_.num_threads);
  options_.max_seq_length = tokens_read(options_, model_);
  answerer_ = make_answerer(model_, *tokenizer_, options_.max_seq_length);
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

TextLine LinePredictor::parse(const std::string& line) const {
  RPP_CHECK(find_invalid_utf8(line) == line.size(),
            "not valid UTF-8: convert the text first, for example with iconv");
  const auto& separator = options_.pair_separator;
  const auto end = line.find(separator);
  if (end == std::string::npos) return {.text = line, .text_pair = std::nullopt};
  const auto second = end + separator.size();
  RPP_CHECK(line.find(separator, second) == std::string::npos,
            "more than one separator: a line is one text, or two with one between");
  return {.text = line.substr(0, end), .text_pair = line.substr(second)};
}

void LinePredictor::queue(const std::string& line) {
  auto parsed = parse(line);
  const auto added = answerer_->add(parsed);
  RPP_CHECK(!options_.strict || added.cut_tokens == 0,
            "{} tokens, {} are read: shorten it, or let it be cut by leaving out --strict",
            added.tokens + added.cut_tokens, options_.max_seq_length);
  queued_.push_back(std::move(parsed));
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
