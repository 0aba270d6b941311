#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <span>

#include "bert_format/model_file.h"
#include "bert_format/sentence_embedding.h"
#include "core/parallel_for.h"
#include "labels.h"
#include "mask_filler.h"
#include "rpp/answerer.h"
#include "rpp/error.h"
#include "rpp/rpp.h"
#include "rpp/session.h"
#include "runtime/embed.h"
#include "runtime/text_batch.h"
#include "tokenizer/sequence.h"
#include "tokenizer/unicode.h"

struct rpp_model {
  std::shared_ptr<const rpp::RuntimeModel> runtime;
  std::shared_ptr<const rpp::Tokenizer> tokenizer;
  rpp::Labels labels;  // empty without a classifier
  int64_t max_tokens;
  std::optional<rpp::SentenceEmbedding> embedding;  // nothing: its modules are not supported
};

struct rpp_session {
  rpp_model model;
  rpp::Session session;
  int64_t max_tokens;
  int64_t max_embedded;  // tokens, for rpp_embed
  bool cut;
  rpp::TextBatch batch;
  std::unique_ptr<rpp::Answerer> answerer;  // of a SQuAD model or a masked language model
  rpp::Answer filled;                       // its last answer
};

namespace rpp {
namespace {

thread_local std::string last_error;

rpp_status failed(rpp_status status, const char* why) noexcept {
  try {
    last_error = why;
  } catch (...) {
    last_error.clear();  // no memory for the message: the status is enough
  }
  return status;
}

// Exceptions must not leave the library.
rpp_status guarded(const auto& body) noexcept {
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
  } catch (...) {
    return failed(RPP_ERROR, "an unknown error");
  }
}

void require(const void* pointer, const char* name) {
  if (pointer == nullptr) fail_usage("{} is NULL", name);
}

void check_utf8(std::string_view text, std::string_view name) {
  const size_t invalid = find_invalid_utf8(text);
  RPP_CHECK(invalid == text.size(), "byte {} of {} is not UTF-8", invalid, name);
}

// The input of a call: texts, or pairs, read in passes of a few thousand tokens.
class Texts {
 public:
  struct Limits {
    int64_t max_tokens = 0;
    std::string_view prompt;  // prepended to each
  };

  // Checks all of them before anything is computed: a refused text leaves no partial results.
  Texts(rpp_session& session, std::span<const char* const> texts, const char* const* pairs, Limits limits)
      : session_(session), texts_(texts), pairs_(pairs), limits_(limits) {
    for (size_t i = 0; i < texts_.size(); ++i) {
      if (texts_[i] == nullptr) fail_usage("text {} is NULL", i);
      check_utf8(texts_[i], fmt::format("text {}", i));
      if (pair(i) != nullptr) check_utf8(pair(i), fmt::format("the second text of {}", i));
    }
    if (session_.cut) return;
    for (size_t i = 0; i < texts_.size(); ++i) {
      session_.batch.clear();
      const int64_t lost = append(i);
      RPP_CHECK(lost == 0, "text {} has {} tokens, {} are read: shorten it, or allow truncation", i,
                limits_.max_tokens + lost, limits_.max_tokens);
    }
  }

  // Calls body(first, batch): the batch's sequences are texts from index `first` on.
  void for_each_pass(const auto& body) {
    TextBatch& batch = session_.batch;
    const ClearedAtEnd cleared(batch);
    batch.clear();
    for (size_t first = 0, next = 0; first < texts_.size(); first = next) {
      while (next < texts_.size() && std::ssize(batch.input_ids) + limits_.max_tokens <= kPassTokens) {
        append(next++);
        batch.end_sequence();
      }
      if (next == first) {  // one text may be longer than a pass
        append(next++);
        batch.end_sequence();
      }
      body(first, batch.view());
      batch.clear();
    }
  }

 private:
  const char* pair(size_t i) const { return pairs_ == nullptr ? nullptr : pairs_[i]; }

  int64_t append(size_t i) {
    TextBatch& batch = session_.batch;
    const auto second = pair(i) == nullptr ? std::nullopt : std::optional<std::string_view>(pair(i));
    const std::string prompted =
        limits_.prompt.empty() ? std::string() : std::string(limits_.prompt) + texts_[i];
    const std::string_view text = limits_.prompt.empty() ? std::string_view(texts_[i]) : prompted;
    return append_sequence(*session_.model.tokenizer, text, second, limits_.max_tokens, batch.input_ids,
                           batch.token_type_ids);
  }

  rpp_session& session_;
  std::span<const char* const> texts_;
  const char* const* pairs_;
  Limits limits_;
};

std::optional<SentenceEmbedding> supported_embedding(const ModelFile& file) {
  try {
    return read_sentence_embedding(file);
  } catch (const Error&) {
    return std::nullopt;  // rpp_embed reports the reason; the model's heads remain usable
  }
}

// Fields missing in the caller's version of the struct are 0, which is their default. `name`: of the struct.
template <typename Options>
Options known_options(const Options* given, const char* name) {
  Options options = {};
  if (given == nullptr) return options;
  const size_t size = given->struct_size == 0 ? sizeof options : given->struct_size;
  if (size < sizeof options.struct_size) fail_usage("struct_size is {}: give sizeof({})", size, name);
  std::memcpy(&options, given, std::min(size, sizeof options));
  return options;
}

rpp_session make_session(const rpp_model& model, const rpp_session_options& options) {
  if (options.num_threads < 0 || options.num_threads > kMaxThreads) {
    fail_usage("num_threads is {}, it must be 0 to {}", options.num_threads, kMaxThreads);
  }
  if (options.max_tokens < 0) fail_usage("max_tokens is {}, it may not be negative", options.max_tokens);
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
          .cut = options.refuse_longer == 0,
          .batch = {},
          .answerer = sizes.span || fills_masks(sizes)
                          ? make_answerer(model.runtime, *model.tokenizer, max_tokens, options.num_threads)
                          : nullptr,
          .filled = {}};
}

RuntimeOptions runtime_options(const rpp_load_options& options) {
  RuntimeOptions runtime;
  if (options.mapped != 0) runtime.file = FileAccess::mapped;
  if (options.int8 != 0) runtime.arithmetic = RuntimeOptions::Arithmetic::int8;
  return runtime;
}

}  // namespace
}  // namespace rpp

const char* rpp_last_error(void) {
  return rpp::last_error.c_str();
}

rpp_status rpp_load(const char* path, rpp_model** model) {
  return rpp_load_with(path, nullptr, model);
}

rpp_status rpp_load_with(const char* path, const rpp_load_options* options, rpp_model** model) {
  return rpp::guarded([&] {
    rpp::require(model, "model");
    *model = nullptr;
    rpp::require(path, "path");
    const auto known = rpp::known_options(options, "rpp_load_options");
    const auto runtime = rpp::RuntimeModel::load(path, rpp::runtime_options(known));
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
  return model == nullptr ? 0 : static_cast<int32_t>(model->labels.names.size());
}

const char* rpp_label(const rpp_model* model, int32_t label) {
  return label >= 0 && label < rpp_num_labels(model) ? model->labels.names[static_cast<size_t>(label)].c_str()
                                                     : nullptr;
}

int32_t rpp_hidden_size(const rpp_model* model) {
  return model == nullptr ? 0 : static_cast<int32_t>(model->runtime->sizes().hidden);
}

int32_t rpp_embedding_size(const rpp_model* model) {
  if (model == nullptr || !model->embedding) return 0;
  return static_cast<int32_t>(model->embedding->size(model->runtime->sizes().hidden));
}

int32_t rpp_max_tokens(const rpp_model* model) {
  return model == nullptr ? 0 : static_cast<int32_t>(model->max_tokens);
}

rpp_status rpp_open(const rpp_model* model, const rpp_session_options* options, rpp_session** session) {
  return rpp::guarded([&] {
    rpp::require(session, "session");
    *session = nullptr;
    rpp::require(model, "model");
    *session = new rpp_session(rpp::make_session(*model, rpp::known_options(options, "rpp_session_options")));
  });
}

void rpp_close(rpp_session* session) {
  delete session;
}

rpp_status rpp_score(rpp_session* session, const char* const* texts, const char* const* pairs, size_t count,
                     float* scores) {
  return rpp::guarded([&] {
    rpp::require(session, "session");
    if (count == 0) return;
    rpp::require(texts, "texts");
    rpp::require(scores, "scores");
    const size_t num_labels = session->model.labels.names.size();
    rpp::Texts asked(*session, {texts, count}, pairs, {.max_tokens = session->max_tokens});
    asked.for_each_pass([&](size_t first, const rpp::TokenBatch& batch) {
      session->session.encode(batch);
      const auto logits = session->session.logits();
      float* of_pass = scores + first * num_labels;
      std::copy(logits.begin(), logits.end(), of_pass);
      if (session->model.labels.regression) return;
      for (size_t i = 0; i < logits.size(); i += num_labels) rpp::softmax(std::span(of_pass + i, num_labels));
    });
  });
}

rpp_status rpp_embed(rpp_session* session, const char* const* texts, size_t count, float* embeddings) {
  return rpp::guarded([&] {
    rpp::require(session, "session");
    if (count == 0) return;
    rpp::require(texts, "texts");
    rpp::require(embeddings, "embeddings");
    const rpp_model& model = session->model;
    if (!model.embedding) rpp::read_sentence_embedding(model.runtime->file());  // throws if unsupported
    const auto size = static_cast<size_t>(rpp_embedding_size(&model));
    const int64_t skipped = rpp::tokens_not_pooled(*model.embedding, *model.tokenizer);
    rpp::Texts asked(*session, {texts, count}, nullptr,
                     {.max_tokens = session->max_embedded, .prompt = model.embedding->prompt});
    asked.for_each_pass([&](size_t first, const rpp::TokenBatch& batch) {
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
    rpp::check_utf8(question, "the question");
    rpp::check_utf8(context, "the context");
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
    RPP_CHECK(rpp::fills_masks(model.sizes()), "{} is not a masked language model", model.file().path());
    if (count > rpp::kNumFillings) rpp::fail_usage("{} fillings, there are {}", count, rpp::kNumFillings);
    rpp::check_utf8(text, "the text");
    session->answerer->add({.text = text});
    session->filled = session->answerer->answer_added().front();
    const auto& scores = session->filled.scores;
    RPP_CHECK(count <= scores.size(), "{} fillings, the vocabulary has {} tokens", count, scores.size());
    for (size_t i = 0; i < count; ++i) {
      fillings[i] = {.token = scores[i].first.c_str(), .probability = scores[i].second};
    }
  });
}
