#include "serve/batcher.h"

#include <utility>

#include "rpp/error.h"
#include "runtime/text_batch.h"

namespace rpp {
namespace {

void append_to(TextBatch& texts, const EncodedSequence& sequence) {
  texts.begin_sequence();
  texts.input_ids.insert(texts.input_ids.end(), sequence.input_ids.begin(), sequence.input_ids.end());
  texts.token_type_ids.insert(texts.token_type_ids.end(), sequence.token_type_ids.begin(),
                              sequence.token_type_ids.end());
  texts.end_sequence();
}

void warm_up(Session& session, int64_t num_tokens) {
  const std::vector<int32_t> ids(static_cast<size_t>(num_tokens), 0);
  const std::vector<int32_t> bounds = {0, static_cast<int32_t>(num_tokens)};
  session.encode({.input_ids = ids, .token_type_ids = {}, .cu_seqlens = bounds});
}

// The rows of all sequences [sequences, ...]; throws Error.
std::vector<float> rows_of(const Batch& batch, Session& session, const SentenceEmbedding& embedding) {
  TextBatch texts;
  for (const QueuedSequence& item : batch) append_to(texts, item.sequence());
  session.encode(texts.view());
  const Job::Output& output = batch.front().job->output();
  if (!output) {
    const auto logits = session.logits();
    return {logits.begin(), logits.end()};
  }
  std::vector<float> vectors(batch.size() * static_cast<size_t>(output->dimensions));
  embed_into(embedding, *output, session, texts.cu_seqlens, vectors);
  return vectors;
}

void compute(const Batch& batch, Session& session, const SentenceEmbedding& embedding) {
  std::vector<float> rows;
  try {
    rows = rows_of(batch, session, embedding);
  } catch (const std::exception& error) {
    if (batch.size() == 1) return batch.front().job->fail(batch.front().index, error.what());
    // One text must not fail those of other requests.
    for (const QueuedSequence& item : batch) compute({item}, session, embedding);
    return;
  }
  const size_t size = rows.size() / batch.size();
  for (size_t i = 0; i < batch.size(); ++i) {
    batch[i].job->finish(batch[i].index, std::span(rows).subspan(i * size, size));
  }
}

}  // namespace

Batcher::Batcher(std::shared_ptr<const RuntimeModel> model, const SentenceEmbedding& embedding,
                 const BatcherOptions& options, int64_t warm_up_tokens)
    : embedding_(embedding), options_(options), queue_(options.limits) {
  for (int i = 0; i < options_.num_sessions; ++i) {
    warm_up(sessions_.emplace_back(model, options_.threads_per_session), warm_up_tokens);
  }
  for (Session& session : sessions_) {
    threads_.emplace_back([this, &session] { work(session); });
  }
}

Batcher::~Batcher() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
}

bool Batcher::add(const std::shared_ptr<Job>& job) {
  {
    const std::lock_guard lock(mutex_);
    if (!queue_.push(job, std::chrono::steady_clock::now())) return false;
  }
  changed_.notify_all();
  return true;
}

void Batcher::stop_waiting() {
  {
    const std::lock_guard lock(mutex_);
    queue_.stop_waiting();
  }
  changed_.notify_all();
}

Batcher::Length Batcher::queued() const {
  const std::lock_guard lock(mutex_);
  return {.tokens = queue_.num_tokens(), .sequences = queue_.num_sequences()};
}

Batch Batcher::next_batch() {
  std::unique_lock lock(mutex_);
  ++num_idle_;
  for (;;) {
    const auto due = queue_.due();
    if (due && (is_ending_ || *due <= std::chrono::steady_clock::now())) break;
    if (!due && is_ending_) return {};
    if (due) {
      changed_.wait_until(lock, *due);
    } else {
      changed_.wait(lock);
    }
  }
  return queue_.take(num_idle_--);
}

void Batcher::work(Session& session) {
  for (Batch batch = next_batch(); !batch.empty(); batch = next_batch()) {
    if (options_.on_batch) options_.on_batch(batch);
    compute(batch, session, embedding_);
  }
}

}  // namespace rpp
