#include "rpp/answerer.h"

#include <algorithm>
#include <numeric>

#include "bert_format/architecture.h"
#include "bert_format/model_files.h"
#include "bert_format/sentence_embedding.h"
#include "check_lengths.h"
#include "embed.h"
#include "labels.h"
#include "mask_filler.h"
#include "rpp/error.h"
#include "runtime/text_batch.h"
#include "span_answerer.h"
#include "tagger.h"
#include "tokenizer/model_max_length.h"
#include "tokenizer/sequence.h"

namespace rpp {
namespace {

// A text, or a pair, as one sequence.
class SequenceAnswerer : public Answerer {
 public:
  SequenceAnswerer(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                   int64_t max_seq_length, int num_threads)
      : session_(std::move(model), num_threads), tokenizer_(tokenizer), max_seq_length_(max_seq_length) {}

  Added add(const TextLine& line) override {
    added_.begin_sequence();
    const int64_t cut = append_sequence(tokenizer_, line.text, line.text_pair, max_seq_length_,
                                        added_.input_ids, added_.token_type_ids);
    return {.tokens = added_.end_sequence(), .cut_tokens = cut};
  }

  std::vector<Answer> answer_added() override {
    const ClearedAtEnd cleared(added_);
    std::vector<Answer> answers;
    for_each_pass(added_, [&](size_t, const TokenBatch& batch) {
      session_.encode(batch);
      const size_t lines = batch.cu_seqlens.size() - 1;
      const auto outputs = outputs_of(session_, batch.cu_seqlens);  // [lines, ...]
      const size_t size = outputs.size() / lines;
      for (size_t line = 0; line < lines; ++line) {
        answers.push_back(answer_of(outputs.subspan(line * size, size)));
      }
    });
    return answers;
  }

 protected:
  const RuntimeModel& model() const { return session_.model(); }

 private:
  // The [lines, ...] outputs of the encoded texts.
  virtual std::span<const float> outputs_of(Session& session, std::span<const int32_t> cu_seqlens) = 0;
  virtual Answer answer_of(std::span<const float> outputs) const = 0;

  Session session_;
  const Tokenizer& tokenizer_;
  int64_t max_seq_length_;
  TextBatch added_;
};

class Classifier : public SequenceAnswerer {
 public:
  Classifier(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer, int64_t max_seq_length,
             int num_threads)
      : SequenceAnswerer(std::move(model), tokenizer, max_seq_length, num_threads),
        labels_(read_labels(SequenceAnswerer::model())) {}

  std::string_view answer_name() const override { return "label"; }

 private:
  std::span<const float> outputs_of(Session& session, std::span<const int32_t>) override {
    return session.logits();
  }

  Answer answer_of(std::span<const float> logits) const override {
    return {.scores = scores_of(labels_, logits)};
  }

  Labels labels_;
};

class Ranker : public Classifier {
 public:
  using Classifier::Classifier;

  Added add(const TextLine& line) override {
    RPP_CHECK(line.text_pair, "no text: a line to rank is a query and a text with a separator between");
    return Classifier::add(line);
  }
};

class Embedder : public SequenceAnswerer {
 public:
  Embedder(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer, int64_t max_seq_length,
           int num_threads, const EmbedOptions& options)
      : SequenceAnswerer(std::move(model), tokenizer, max_seq_length, num_threads),
        embedding_(read_sentence_embedding(SequenceAnswerer::model().file())),
        choice_(choose_embedding(embedding_, SequenceAnswerer::model(), tokenizer, options)) {}

  std::string_view answer_name() const override { return "embedding"; }

  Added add(const TextLine& line) override {
    if (choice_.prompt.empty()) return SequenceAnswerer::add(line);
    return SequenceAnswerer::add({.text = choice_.prompt + line.text, .text_pair = line.text_pair});
  }

 private:
  std::span<const float> outputs_of(Session& session, std::span<const int32_t> cu_seqlens) override {
    vectors_.resize((cu_seqlens.size() - 1) * static_cast<size_t>(choice_.dimensions));
    embed_into(embedding_, choice_, session, cu_seqlens, vectors_);
    return vectors_;
  }

  Answer answer_of(std::span<const float> vector) const override {
    return {.embedding = {vector.begin(), vector.end()}};
  }

  SentenceEmbedding embedding_;
  EmbeddingChoice choice_;
  std::vector<float> vectors_;  // [lines, dimensions]
};

[[noreturn]] void fail_without_head(const ModelFile& file) {
  check_architecture(file);
  const std::string& untied = file.contents().untied_decoder;
  RPP_CHECK(untied.empty(), "{}", untied);
  const std::string named = read_architecture(file).name;
  fail(
      "{}{} has no head that answers: fine-tune it with rpp-finetune and name its output directory, or ask "
      "for embeddings",
      file.path(), named.empty() ? "" : fmt::format(", a {} by its config.json,", named));
}

}  // namespace

int64_t tokens_read(const RuntimeModel& model) {
  const int64_t positions = model.sizes().positions;
  const auto& files = model.file().contents().files;
  const auto config = files.find(kTokenizerConfigFile);
  if (config == files.end()) return positions;
  const auto said = parse_model_max_length(config->second, model.file().path() / kTokenizerConfigFile);
  return std::min(positions, said.value_or(positions));
}

int64_t tokens_embedded(const RuntimeModel& model) {
  const int64_t said = read_sentence_embedding(model.file()).max_seq_length;
  return said == 0 ? tokens_read(model) : std::min(said, model.sizes().positions);
}

std::unique_ptr<Answerer> make_answerer(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                        int64_t max_seq_length, int num_threads) {
  const ModelSizes& sizes = model->sizes();
  if (sizes.labels == 0 && sizes.token_labels == 0 && !sizes.span && !sizes.mlm)
    fail_without_head(model->file());
  check_lengths(*model, tokenizer, max_seq_length);
  if (sizes.span) return make_span_answerer(std::move(model), tokenizer, max_seq_length, num_threads);
  if (fills_masks(sizes)) return make_mask_filler(std::move(model), tokenizer, max_seq_length, num_threads);
  if (sizes.token_labels > 0) {
    return make_token_tagger(std::move(model), tokenizer, max_seq_length, Aggregation::simple, num_threads);
  }
  return std::make_unique<Classifier>(std::move(model), tokenizer, max_seq_length, num_threads);
}

std::unique_ptr<Answerer> make_tagger(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                      int64_t max_seq_length, Aggregation aggregation, int num_threads) {
  if (model->sizes().token_labels == 0) {
    check_architecture(model->file());
    fail("{} does not tag words: take a BertForTokenClassification", model->file().path());
  }
  check_lengths(*model, tokenizer, max_seq_length);
  return make_token_tagger(std::move(model), tokenizer, max_seq_length, aggregation, num_threads);
}

std::unique_ptr<Answerer> make_ranker(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                      int64_t max_seq_length, int num_threads) {
  check_ranks(*model);
  check_lengths(*model, tokenizer, max_seq_length);
  return std::make_unique<Ranker>(std::move(model), tokenizer, max_seq_length, num_threads);
}

std::vector<size_t> best_first(std::span<const Answer> answers) {
  std::vector<size_t> order(answers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  const auto score = [&](size_t i) { return answers[i].scores.front().second; };
  std::ranges::stable_sort(order, std::greater(), score);
  return order;
}

std::unique_ptr<Answerer> make_embedder(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                        int64_t max_seq_length, int num_threads,
                                        const EmbedOptions& options) {
  check_lengths(*model, tokenizer, max_seq_length);
  return std::make_unique<Embedder>(std::move(model), tokenizer, max_seq_length, num_threads, options);
}

}  // namespace rpp
