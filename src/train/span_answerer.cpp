#include "span_answerer.h"

#include <torch/torch.h>

#include <algorithm>

#include "rpp/core/error.h"
#include "rpp/data/model_labels.h"
#include "rpp/text/unicode.h"
#include "rpp/train/squad_task.h"

namespace rpp {
namespace {

// Of rpp-finetune; shorter windows have shorter ones.
constexpr int64_t kDocStride = 128, kMaxQueryLength = 64;

Answer as_answer(const SquadPrediction& prediction, const std::string& context) {
  Answer answer;
  for (const SquadCandidate& candidate : prediction.n_best) {
    answer.scores.emplace_back(candidate.text, candidate.probability);
  }
  const SquadCandidate& best = prediction.n_best.front();
  if (best.begin < 0) return answer;
  const auto begin = static_cast<size_t>(best.begin);
  const auto first = count_code_points(std::string_view(context).substr(0, begin));
  answer.span = {static_cast<int64_t>(first), static_cast<int64_t>(first + count_code_points(best.text))};
  return answer;
}

class SpanAnswerer : public Answerer {
 public:
  SpanAnswerer(const OpenModel& model, const Tokenizer& tokenizer, int64_t max_seq_length)
      : bert_(*model.bert),
        tokenizer_(tokenizer),
        options_{.max_seq_length = max_seq_length,
                 .doc_stride = std::min(kDocStride, max_seq_length / 4),
                 .max_query_length = std::min(kMaxQueryLength, max_seq_length / 4),
                 .num_threads = 1},
        // Nothing in the weights says whether a model has learnt that a question may have no answer.
        decoding_{.may_have_no_answer =
                      read_model_labels(model.directory).task == squad_name(SquadVersion::v2)} {}

  std::string_view answer_name() const override { return "answer"; }

  // A context that is longer than a window is read in several: nothing is cut.
  Added add(const TextLine& line) override {
    RPP_CHECK(line.text_pair && !line.text_pair->empty(),
              "no context: a line for this model is a question and its context with a separator between");
    SquadSet& set = added_.emplace_back();
    set.data.contexts = {*line.text_pair};
    set.data.questions = {{.id = "", .text = line.text}};
    set.features = make_squad_features(set.data, tokenizer_, options_);
    Added added;
    for (const SquadWindow& window : set.features.windows) {
      added.tokens += window.num_tokens + set.features.context_begin(0) + 1;
    }
    return added;
  }

  std::vector<Answer> answer_added() override {
    std::vector<Answer> answers;
    for (const SquadSet& set : std::exchange(added_, {})) {
      const auto answered = answer_squad(bert_, set, decoding_);
      answers.push_back(as_answer(answered.predictions.front(), set.data.contexts.front()));
    }
    return answers;
  }

 private:
  const Bert& bert_;
  const Tokenizer& tokenizer_;
  SquadFeatureOptions options_;
  SquadDecoding decoding_;
  std::vector<SquadSet> added_;
};

}  // namespace

std::unique_ptr<Answerer> make_span_answerer(const OpenModel& model, const Tokenizer& tokenizer,
                                             int64_t max_seq_length) {
  return std::make_unique<SpanAnswerer>(model, tokenizer, max_seq_length);
}

}  // namespace rpp
