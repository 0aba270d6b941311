#include "serve/served_model.h"

#include <utility>

#include "bert_format/model_file.h"
#include "runtime/check_lengths.h"
#include "runtime/mask_filler.h"
#include "serve/request_error.h"
#include "tokenizer/sequence.h"

namespace rpp {
namespace {

std::string name_of(const std::filesystem::path& path) {
  const auto absolute = std::filesystem::absolute(path).lexically_normal();
  return (absolute.has_filename() ? absolute : absolute.parent_path()).filename().string();
}

bool has_text_classifier(const ModelSizes& sizes) {
  return sizes.labels > 0 && sizes.token_labels == 0 && !sizes.span && !fills_masks(sizes);
}

}  // namespace

ServedModel::ServedModel(const ServedModelOptions& options)
    : options_(options),
      name_(name_of(options.path)),
      runtime_(RuntimeModel::load(options.path, {.arithmetic = options.arithmetic})),
      tokenizer_(make_tokenizer(runtime_->file())),
      max_read_(tokens_read(*runtime_)) {
  check_lengths(*runtime_, *tokenizer_, max_read_);
  try {
    embedding_ = read_sentence_embedding(runtime_->file());
    max_embedded_ = tokens_embedded(*runtime_);
  } catch (const Error& error) {
    why_no_embedding_ = error.what();
  }
  if (has_text_classifier(runtime_->sizes())) labels_ = read_labels(*runtime_);
  batcher_ = std::make_unique<Batcher>(runtime_, embedding_, options_.batcher, max_read_);
}

const Labels& ServedModel::require_labels() const {
  if (!labels_) refuse(422, "{} does not classify texts: serve a model with a classifier", name_);
  return *labels_;
}

void ServedModel::require_ranker() const {
  if (labels_ && labels_->names.size() == 1) return;
  refuse(422, "{} does not rank texts: serve a cross-encoder, which has one label", name_);
}

EmbeddingChoice ServedModel::choose(const EmbedOptions& options) const {
  if (!why_no_embedding_.empty()) refuse(422, "{}", why_no_embedding_);
  try {
    return choose_embedding(embedding_, *runtime_, *tokenizer_, options);
  } catch (const UsageError& error) {
    refuse(422, "{}", error.what());
  }
}

EncodedSequence ServedModel::encode(std::string_view text, const std::optional<std::string>& pair,
                                    const Lengths& lengths) const {
  EncodedSequence sequence;
  const int64_t cut = append_sequence(*tokenizer_, text, pair, lengths.max_tokens, sequence.input_ids,
                                      sequence.token_type_ids);
  if (cut > 0 && !lengths.truncate.value_or(options_.truncate)) {
    refuse(413, "a text has {} tokens, {} are read: shorten it, or allow truncation",
           sequence.num_tokens() + cut, lengths.max_tokens);
  }
  return sequence;
}

void ServedModel::check_tokens(int64_t num_tokens) const {
  if (num_tokens <= options_.max_request_tokens) return;
  refuse(413, "the texts have more than {} tokens together: send several requests",
         options_.max_request_tokens);
}

std::shared_ptr<Job> ServedModel::embedding_job(const std::vector<std::string>& texts,
                                                const EmbeddingChoice& choice,
                                                std::optional<bool> truncate) const {
  const Lengths lengths{.max_tokens = max_embedded_, .truncate = truncate};
  std::vector<EncodedSequence> sequences;
  int64_t num_tokens = 0;
  for (const std::string& text : texts) {
    sequences.push_back(choice.prompt.empty() ? encode(text, std::nullopt, lengths)
                                              : encode(choice.prompt + text, std::nullopt, lengths));
    check_tokens(num_tokens += sequences.back().num_tokens());
  }
  return std::make_shared<Job>(choice, std::move(sequences));
}

std::shared_ptr<Job> ServedModel::logits_job(const std::vector<TextLine>& lines,
                                             std::optional<bool> truncate) const {
  const Lengths lengths{.max_tokens = max_read_, .truncate = truncate};
  std::vector<EncodedSequence> sequences;
  int64_t num_tokens = 0;
  for (const TextLine& line : lines) {
    sequences.push_back(encode(line.text, line.text_pair, lengths));
    check_tokens(num_tokens += sequences.back().num_tokens());
  }
  return std::make_shared<Job>(std::nullopt, std::move(sequences));
}

const std::vector<std::vector<float>>& ServedModel::run(const std::shared_ptr<Job>& job) {
  if (!batcher_->add(job)) {
    throw RequestError(429, Refusal::overloaded, "too many texts are waiting: send the request again later");
  }
  try {
    return job->wait();
  } catch (const Error& error) {
    throw RequestError(424, Refusal::backend, error.what());
  }
}

}  // namespace rpp
