// A model as the service uses it: its tokenizer, what it can answer, and sessions that compute.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bert_format/sentence_embedding.h"
#include "rpp/answerer.h"
#include "runtime/labels.h"
#include "serve/batcher.h"

namespace rpp {

struct ServedModelOptions {
  std::filesystem::path path;
  RuntimeOptions::Arithmetic arithmetic = RuntimeOptions::Arithmetic::fp32;
  BatcherOptions batcher;
  bool truncate = false;                   // what a request gets that does not say
  int64_t max_request_tokens = 32 * 1024;  // of all its texts
};

class ServedModel {
 public:
  // Throws Error as RuntimeModel::load and make_tokenizer.
  explicit ServedModel(const ServedModelOptions& options);

  const std::string& name() const { return name_; }  // of the file or directory
  const RuntimeModel& runtime() const { return *runtime_; }
  const Tokenizer& tokenizer() const { return *tokenizer_; }
  int64_t max_read() const { return max_read_; }          // tokens per text, to classify
  int64_t max_embedded() const { return max_embedded_; }  // tokens per text, to embed
  bool truncates() const { return options_.truncate; }
  bool classifies() const { return labels_.has_value(); }
  const SentenceEmbedding& embedding() const { return embedding_; }
  void stop_waiting() { batcher_->stop_waiting(); }  // Batcher::stop_waiting
  Batcher::Length queued() const { return batcher_->queued(); }

  // Throws RequestError 422 if the model classifies no texts, or does not rank.
  const Labels& require_labels() const;
  void require_ranker() const;

  // Throws RequestError 422 for a prompt or dimensions that the model does not have.
  EmbeddingChoice choose(const EmbedOptions& options) const;

  // Throws RequestError 413 for more tokens than a request may have.
  void check_tokens(int64_t num_tokens) const;

  // The jobs of a request. Throws RequestError 413 for a text that is too long and not to be truncated, and
  // as check_tokens.
  std::shared_ptr<Job> embedding_job(const std::vector<std::string>& texts, const EmbeddingChoice& choice,
                                     std::optional<bool> truncate) const;
  std::shared_ptr<Job> logits_job(const std::vector<TextLine>& lines, std::optional<bool> truncate) const;

  // Computes the job: the rows [sequences, ...]. Throws RequestError 429 if the queue is full, 424 for texts
  // that the model cannot compute.
  const std::vector<std::vector<float>>& run(const std::shared_ptr<Job>& job);

 private:
  struct Lengths {
    int64_t max_tokens = 0;  // per text
    std::optional<bool> truncate;
  };
  EncodedSequence encode(std::string_view text, const std::optional<std::string>& pair,
                         const Lengths& lengths) const;
  ServedModelOptions options_;
  std::string name_;
  std::shared_ptr<const RuntimeModel> runtime_;
  std::unique_ptr<Tokenizer> tokenizer_;
  SentenceEmbedding embedding_;
  std::string why_no_embedding_;  // empty: it embeds
  std::optional<Labels> labels_;
  int64_t max_read_ = 0, max_embedded_ = 0;
  std::unique_ptr<Batcher> batcher_;
};

}  // namespace rpp
