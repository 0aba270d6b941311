#include <algorithm>
#include <new>
#include <optional>

#include "labels.h"
#include "mask_filler.h"
#include "rpp/core/error.h"
#include "rpp/infer/answerer.h"
#include "rpp/infer/rpp.h"
#include "rpp/infer/session.h"
#include "rpp/infer/text_batch.h"
#include "rpp/text/sequence.h"
#include "rpp/text/unicode.h"

struct rpp_model {
  std::shared_ptr<const rpp::RuntimeModel> runtime;
  std::shared_ptr<const rpp::Tokenizer> tokenizer;
  rpp::Labels labels;  // none without a classifier
  int64_t max_tokens;
  std::optional<rpp::SentenceEmbedding> embedding;  // nothing: its modules are not supported
};

struct rpp_session {
  rpp_model model;
  rpp::Session session;
  int64_t max_tokens;
  int64_t max_embedded;  // tokens, of rpp_embed
  bool cut;
  rpp::TextBatch batch;
  std::unique_ptr<rpp::Answerer> answerer;  // of a model of SQuAD, and of a masked language model
  rpp::Answer filled;                       // the last one of these
};

namespace rpp {
namespace {

thread_local std::string last_error;

rpp_status failed(rpp_status status, const char* why) {
  last_error = why;
  return status;
}

// What is thrown may not leave the library.
rpp_status guarded(const auto& body) {
  last_error.clear();
  try {
    body();
    return RPP_OK;
  } catch (const UsageError& error) {
    return failed(RPP_USAGE_ERROR, error.what());
  } catch (const std::bad_alloc&) {
    return failed(RPP_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& error) {
    return failed(RPP_ERROR, error.what());
  }
}

void require(const void* pointer, const char* name) {
  if (pointer == nullptr) fail_usage("{} is NULL", name);
}

void check_utf8(std::string_view text) {
  const size_t invalid = find_invalid_utf8(text);
  RPP_CHECK(invalid == text.size(), "byte {} of a text is not UTF-8", invalid);
}

void add_text(rpp_session& session, std::string_view text, const char* pair, int64_t max_tokens) {
  check_utf8(text);
  if (pair != nullptr) check_utf8(pair);
  const auto second = pair == nullptr ? std::nullopt : std::optional<std::string_view>(pair);
  TextBatch& batch = session.batch;
  const int64_t cut = append_sequence(*session.model.tokenizer, text, second, max_tokens, batch.input_ids,
                                      batch.token_type_ids);
  RPP_CHECK(cut == 0 || session.cut, "a text has {} tokens, {} are read: shorten it, or let it be cut",
            max_tokens + cut, max_tokens);
  batch.end_sequence();
}

// All texts as ids, before anything is computed: one that is refused leaves no results behind.
void add_texts(rpp_session* session, const char* const* texts, const char* const* pairs, size_t count) {
  require(session, "session");
  require(texts, "texts");
  session->batch.clear();
  for (size_t i = 0; i < count; ++i) {
    require(texts[i], "a text");
    add_text(*session, texts[i], pairs == nullptr ? nullptr : pairs[i], session->max_tokens);
  }
}

void add_texts_to_embed(rpp_session* session, const char* const* texts, size_t count) {
  require(session, "session");
  require(texts, "texts");
  session->batch.clear();
  const std::string& prompt = session->model.embedding->prompt;
  for (size_t i = 0; i < count; ++i) {
    require(texts[i], "a text");
    add_text(*session, prompt.empty() ? texts[i] : prompt + texts[i], nullptr, session->max_embedded);
  }
}

std::optional<SentenceEmbedding> supported_embedding(const ModelFile& file) {
  try {
    return read_sentence_embedding(file);
  } catch (const Error&) {
    return std::nullopt;  // rpp_embed says why; the model's heads can be asked all the same
  }
}

rpp_session make_session(const rpp_model& model, const rpp_session_options& options) {
  if (options.num_threads < 0 || options.max_tokens < 0) {
    fail_usage("num_threads {} and max_tokens {} may not be negative", options.num_threads,
               options.max_tokens);
  }
  const int64_t max_tokens = options.max_tokens > 0 ? options.max_tokens : model.max_tokens;
  const ModelSizes& sizes = model.runtime->sizes();
  if (max_tokens < kMinSequenceLength || max_tokens > sizes.positions) {
    fail_usage("max_tokens is {}, this model takes {} to {}", max_tokens, kMinSequenceLength,
               sizes.positions);
  }
  return {.model = model,
          .session = Session(model.runtime, options.num_threads),
          .max_tokens = max_tokens,
          .max_embedded =
              options.max_tokens > 0 || !model.embedding ? max_tokens : tokens_embedded(*model.runtime),
          .cut = options.cut != 0,
          .batch = {},
          .answerer = sizes.span || fills_masks(sizes)
                          ? make_answerer(model.runtime, *model.tokenizer, max_tokens, options.num_threads)
                          : nullptr,
          .filled = {}};
}

}  // namespace
}  // namespace rpp

const char* rpp_last_error(void) {
  return rpp::last_error.c_str();
}

rpp_status rpp_load(const char* path, rpp_model** model) {
  return rpp::guarded([&] {
    rpp::require(path, "path");
    rpp::require(model, "model");
    const auto runtime = rpp::RuntimeModel::load(path);
    *model = new rpp_model{.runtime = runtime,
                           .tokenizer = rpp::make_tokenizer(runtime->file()),
                           .labels = runtime->sizes().labels > 0 ? rpp::read_labels(*runtime) : rpp::Labels{},
                           .max_tokens = rpp::tokens_read(*runtime),
                           .embedding = rpp::supported_embedding(runtime->file())};
  });
}

void rpp_free(rpp_model* model) {
  delete model;
}

int32_t rpp_num_labels(const rpp_model* model) {
  return static_cast<int32_t>(model->labels.names.size());
}

const char* rpp_label(const rpp_model* model, int32_t label) {
  return label >= 0 && label < rpp_num_labels(model) ? model->labels.names[static_cast<size_t>(label)].c_str()
                                                     : nullptr;
}

int32_t rpp_hidden_size(const rpp_model* model) {
  return static_cast<int32_t>(model->runtime->sizes().hidden);
}

int32_t rpp_embedding_size(const rpp_model* model) {
  if (!model->embedding) return 0;
  return static_cast<int32_t>(model->embedding->size(model->runtime->sizes().hidden));
}

int32_t rpp_max_tokens(const rpp_model* model) {
  return static_cast<int32_t>(model->max_tokens);
}

rpp_status rpp_open(const rpp_model* model, const rpp_session_options* options, rpp_session** session) {
  return rpp::guarded([&] {
    rpp::require(model, "model");
    rpp::require(session, "session");
    const rpp_session_options usual = {.num_threads = 1, .max_tokens = 0, .cut = 1};
    *session = new rpp_session(rpp::make_session(*model, options == nullptr ? usual : *options));
  });
}

void rpp_close(rpp_session* session) {
  delete session;
}

rpp_status rpp_score(rpp_session* session, const char* const* texts, const char* const* pairs, size_t count,
                     float* scores) {
  return rpp::guarded([&] {
    if (count == 0) return;
    rpp::require(scores, "scores");
    rpp::add_texts(session, texts, pairs, count);
    const size_t num_labels = session->model.labels.names.size();
    rpp::for_each_pass(session->batch, [&](size_t first, const rpp::TokenBatch& batch) {
      session->session.encode(batch);
      const auto logits = session->session.logits();
      std::copy(logits.begin(), logits.end(), scores + first * num_labels);
    });
    if (session->model.labels.regression) return;
    for (size_t i = 0; i < count; ++i) rpp::softmax(std::span(scores + i * num_labels, num_labels));
  });
}

rpp_status rpp_embed(rpp_session* session, const char* const* texts, size_t count, float* embeddings) {
  return rpp::guarded([&] {
    if (count == 0) return;
    rpp::require(embeddings, "embeddings");
    rpp::require(session, "session");
    const rpp_model& model = session->model;
    if (!model.embedding)
      rpp::read_sentence_embedding(model.runtime->file());  // throws what is not supported
    rpp::add_texts_to_embed(session, texts, count);
    const auto size = static_cast<size_t>(rpp_embedding_size(&model));
    const int64_t skipped = rpp::tokens_not_pooled(*model.embedding, *model.tokenizer);
    rpp::for_each_pass(session->batch, [&](size_t first, const rpp::TokenBatch& batch) {
      session->session.encode(batch);
      const size_t values = (batch.cu_seqlens.size() - 1) * size;
      rpp::embed_into(*model.embedding, session->session, batch.cu_seqlens, skipped,
                      {embeddings + first * size, values});
    });
  });
}

rpp_status rpp_ask(rpp_session* session, const char* question, const char* context, rpp_answer* answer) {
  return rpp::guarded([&] {
    rpp::require(session, "session");
    rpp::require(question, "question");
    rpp::require(context, "context");
    rpp::require(answer, "answer");
    const rpp::RuntimeModel& model = *session->model.runtime;
    RPP_CHECK(model.sizes().span, "{} has no head for answers (qa_outputs)", model.file().path());
    rpp::check_utf8(question);
    rpp::check_utf8(context);
    session->answerer->add({.text = question, .text_pair = context});
    const rpp::Answer found = session->answerer->answer_added().front();
    *answer = {.begin = 0, .end = 0, .probability = found.scores.front().second};
    if (!found.span) return;
    answer->begin = found.span->begin;
    answer->end = found.span->end;
  });
}

rpp_status rpp_fill(rpp_session* session, const char* text, size_t count, rpp_filling* fillings) {
  return rpp::guarded([&] {
    rpp::require(session, "session");
    rpp::require(text, "text");
    rpp::require(fillings, "fillings");
    const rpp::RuntimeModel& model = *session->model.runtime;
    RPP_CHECK(rpp::fills_masks(model.sizes()), "{} is no masked language model (cls.predictions)",
              model.file().path());
    if (count > rpp::kNumFillings) rpp::fail_usage("{} fillings, there are {}", count, rpp::kNumFillings);
    rpp::check_utf8(text);
    session->answerer->add({.text = text});
    session->filled = session->answerer->answer_added().front();
    const auto& scores = session->filled.scores;
    RPP_CHECK(count <= scores.size(), "{} fillings, the vocabulary has {} tokens", count, scores.size());
    for (size_t i = 0; i < count; ++i) {
      fillings[i] = {.token = scores[i].first.c_str(), .probability = scores[i].second};
    }
  });
}
