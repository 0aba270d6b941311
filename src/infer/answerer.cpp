#include "rpp/infer/answerer.h"

#include <algorithm>
#include <numeric>

#include "labels.h"
#include "rpp/core/error.h"
#include "rpp/infer/text_batch.h"
#include "rpp/text/model_max_length.h"
#include "rpp/text/sequence.h"
#include "rpp/text/wordpiece_files.h"
#include "span_answerer.h"

namespace rpp {
namespace {

constexpr const char* kTokenizerConfig = "tokenizer_config.json";

class Classifier : public Answerer {
 public:
  Classifier(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer, int64_t max_seq_length,
             int num_threads)
      : session_(std::move(model), num_threads),
        tokenizer_(tokenizer),
        max_seq_length_(max_seq_length),
        labels_(read_labels(session_.model())) {}

  std::string_view answer_name() const override { return "label"; }

  Added add(const TextLine& line) override {
    const int64_t cut = append_sequence(tokenizer_, line.text, line.text_pair, max_seq_length_,
                                        added_.input_ids, added_.token_type_ids);
    return {.tokens = added_.end_sequence(), .cut_tokens = cut};
  }

  std::vector<Answer> answer_added() override {
    std::vector<Answer> answers;
    if (added_.num_sequences() == 0) return answers;
    session_.encode(added_.view());
    const auto logits = session_.logits();  // [lines, num_labels]
    const size_t num_labels = labels_.names.size();
    for (size_t begin = 0; begin < logits.size(); begin += num_labels) {
      answers.push_back(ranked(logits.subspan(begin, num_labels)));
    }
    added_.clear();
    return answers;
  }

 private:
  Answer ranked(std::span<const float> logits) const {
    std::vector<size_t> order(logits.size());
    std::iota(order.begin(), order.end(), size_t{0});
    // Stable: of equal scores the first label comes first, as argmax takes it.
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return logits[a] > logits[b]; });
    std::vector<double> scores;
    for (const size_t label : order) scores.push_back(logits[label]);
    if (!labels_.regression) softmax(std::span(scores));
    Answer answer;
    for (size_t i = 0; i < order.size(); ++i) answer.scores.emplace_back(labels_.names[order[i]], scores[i]);
    return answer;
  }

  Session session_;
  const Tokenizer& tokenizer_;
  int64_t max_seq_length_;
  Labels labels_;
  TextBatch added_;
};

}  // namespace

std::unique_ptr<WordPieceTokenizer> make_tokenizer(const ModelFile& file) {
  const auto& files = file.contents().files;
  const auto config = files.find(kTokenizerConfig);
  for (const char* name : {"vocab.txt", "tokenizer.json"}) {
    const auto vocabulary = files.find(name);
    if (vocabulary == files.end()) continue;
    WordPieceFiles texts{.vocabulary = vocabulary->second,
                         .vocabulary_file = file.path() / name,
                         .config_file = file.path() / kTokenizerConfig};
    if (config != files.end()) texts.config = config->second;
    return make_wordpiece(texts);
  }
  fail("{} holds no WordPiece vocabulary: export a model directory with vocab.txt or tokenizer.json",
       file.path());
}

int64_t tokens_read(const RuntimeModel& model) {
  const int64_t positions = model.sizes().positions;
  const auto& files = model.file().contents().files;
  const auto config = files.find(kTokenizerConfig);
  if (config == files.end()) return positions;
  const auto said = parse_model_max_length(config->second, model.file().path() / kTokenizerConfig);
  return std::min(positions, said.value_or(positions));
}

std::unique_ptr<Answerer> make_answerer(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                        int64_t max_seq_length, int num_threads) {
  const ModelSizes& sizes = model->sizes();
  const std::filesystem::path& path = model->file().path();
  RPP_CHECK(sizes.labels > 0 || sizes.span,
            "{} has no head that answers: fine-tune it with rpp-finetune and name its output directory",
            path);
  if (max_seq_length < kMinSequenceLength) {
    fail_usage("max_seq_length is {}, it must be at least {}", max_seq_length, kMinSequenceLength);
  }
  if (max_seq_length > sizes.positions) {
    fail_usage("max_seq_length is {}, the model has {} positions", max_seq_length, sizes.positions);
  }
  RPP_CHECK(tokenizer.size() <= sizes.vocab,
            "{}: the vocabulary has {} pieces, the model embeddings for {}: take the model's own", path,
            tokenizer.size(), sizes.vocab);
  if (sizes.span) return make_span_answerer(std::move(model), tokenizer, max_seq_length, num_threads);
  return std::make_unique<Classifier>(std::move(model), tokenizer, max_seq_length, num_threads);
}

}  // namespace rpp
