#include "span_answerer.h"

#include <algorithm>
#include <utility>

#include "bert_format/model_file.h"
#include "bert_format/model_files.h"
#include "bert_format/model_labels.h"
#include "rpp/error.h"
#include "tokenizer/squad_decode.h"

namespace rpp {
namespace {

// The default of rpp-finetune; shorter windows use less.
constexpr int64_t kDocStride = 128, kMaxQueryLength = 64;

Answer as_answer(const SquadPrediction& prediction) {
  Answer answer;
  for (const SquadCandidate& candidate : prediction.n_best) {
    answer.scores.emplace_back(candidate.text, candidate.probability);
  }
  const SquadCandidate& best = prediction.n_best.front();
  if (best.begin < 0) return answer;
  const auto begin = static_cast<uint32_t>(best.begin);
  answer.span = TextSpan{begin, begin + static_cast<uint32_t>(best.text.size())};
  return answer;
}

struct Question {
  SquadData data;
  SquadFeatures features;
};

class SpanAnswerer : public Answerer {
 public:
  SpanAnswerer(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer, int64_t max_seq_length,
               int num_threads, int64_t pass_tokens)
      : session_(std::move(model), num_threads),
        tokenizer_(tokenizer),
        pass_tokens_(pass_tokens),
        options_{.max_seq_length = max_seq_length,
                 .doc_stride = std::min(kDocStride, max_seq_length / 4),
                 .max_query_length = std::min(kMaxQueryLength, max_seq_length / 4),
                 .num_threads = 1},
        // The weights do not show whether a model was trained with unanswerable questions.
        decoding_{.may_have_no_answer = task_of(session_.model()) == squad_name(SquadVersion::v2)} {}

  std::string_view answer_name() const override { return "answer"; }

  // A context longer than a window is read in several windows, not truncated.
  Added add(const TextLine& line) override {
    RPP_CHECK(line.text_pair && !line.text_pair->empty(),
              "no context: a line for this model is a question and its context with a separator between");
    Question question;
    question.data.contexts = {*line.text_pair};
    question.data.questions = {{.id = "", .text = line.text}};
    question.features = make_squad_features(question.data, tokenizer_, options_);
    Added added;
    for (const SquadWindow& window : question.features.windows) {
      added.tokens += question.features.context_begin(0) + window.num_tokens + 1;
    }
    added_.push_back(std::move(question));
    return added;
  }

  std::vector<Answer> answer_added() override {
    const ClearedAtEnd cleared(added_);
    WindowLogits logits;
    encode_windows(logits);
    std::vector<Answer> answers;
    int64_t first = 0;  // index of the first window
    for (const auto& [data, features] : added_) {
      const int64_t end = first + static_cast<int64_t>(features.windows.size());
      answers.push_back(
          as_answer(decode_squad(features, data.contexts.front(), 0, logits.of(first, end), decoding_)));
      first = end;
    }
    return answers;
  }

 private:
  static std::string task_of(const RuntimeModel& model) {
    return parse_model_labels(model.file().file(kConfigFile), model.file().path()).task;
  }

  // A long context has many overlapping windows: only those of one pass are laid out at a time.
  void encode_windows(WindowLogits& logits) {
    const ClearedAtEnd cleared(batch_);
    const auto encode = [&] {
      if (batch_.num_sequences() == 0) return;
      session_.encode(batch_.view());
      logits.append(session_.span_logits(), batch_.cu_seqlens);
      batch_.clear();
    };
    for (const Question& question : added_) {
      for (const SquadWindow& window : question.features.windows) {
        append_window(question.features, window, batch_.input_ids, batch_.token_type_ids);
        batch_.end_sequence();
        if (std::ssize(batch_.input_ids) + options_.max_seq_length > pass_tokens_) encode();
      }
    }
    encode();
  }

  Session session_;
  const Tokenizer& tokenizer_;
  int64_t pass_tokens_;
  SquadFeatureOptions options_;
  SquadDecoding decoding_;
  std::vector<Question> added_;
  TextBatch batch_;  // some of their windows
};

}  // namespace

std::unique_ptr<Answerer> make_span_answerer(std::shared_ptr<const RuntimeModel> model,
                                             const Tokenizer& tokenizer, int64_t max_seq_length,
                                             int num_threads, int64_t pass_tokens) {
  return std::make_unique<SpanAnswerer>(std::move(model), tokenizer, max_seq_length, num_threads,
                                        pass_tokens);
}

}  // namespace rpp
