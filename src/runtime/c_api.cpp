// The calls of the C interface that load models and open sessions.
#include <algorithm>
#include <limits>
#include <span>

#include "bert_format/model_file.h"
#include "c_options.h"
#include "c_session.h"
#include "c_texts.h"
#include "check_lengths.h"
#include "core/version.h"
#include "mask_filler.h"
#include "span_answerer.h"
#include "tokenizer/sequence.h"

namespace rpp {
namespace {

thread_local std::string last_error;

}  // namespace

void clear_error() noexcept {
  last_error.clear();
}

rpp_status failed(rpp_status status, const char* why) noexcept {
  try {
    last_error = why;
  } catch (...) {
    last_error.clear();  // no memory for the message: the status is enough
  }
  return status;
}

namespace {

std::optional<SentenceEmbedding> supported_embedding(const ModelFile& file) {
  try {
    return read_sentence_embedding(file);
  } catch (const Error&) {
    return std::nullopt;  // rpp_embed reports the reason; the model's heads remain usable
  }
}

// For the calls that answer one text; nullptr: the model has no such head.
std::unique_ptr<Answerer> text_answerer(const rpp_model& model, int64_t max_tokens,
                                        const SessionOptions& options) {
  const ModelSizes& sizes = model.runtime->sizes();
  if (sizes.token_labels > 0) {
    return make_tagger(model.runtime, *model.tokenizer, max_tokens, options.aggregation, options.num_threads);
  }
  if (sizes.span) {
    check_lengths(*model.runtime, *model.tokenizer, max_tokens);
    return make_span_answerer(model.runtime, *model.tokenizer, max_tokens, options.num_threads,
                              options.pass_tokens);
  }
  if (!fills_masks(sizes)) return nullptr;
  return make_answerer(model.runtime, *model.tokenizer, max_tokens, options.num_threads);
}

rpp_session make_session(const rpp_model& model, const SessionOptions& options) {
  const int64_t max_tokens = options.max_tokens > 0 ? options.max_tokens : model.max_tokens;
  const ModelSizes& sizes = model.runtime->sizes();
  if (max_tokens < kMinSequenceLength || max_tokens > sizes.positions) {
    fail_usage("max_tokens is {}, this model takes {} to {}", max_tokens, kMinSequenceLength,
               sizes.positions);
  }
  const bool embeds_own_length = options.max_tokens == 0 && model.embedding;
  const int64_t max_embedded = embeds_own_length ? tokens_embedded(*model.runtime) : max_tokens;
  // Made first: GCC 12 destroys members twice when the initialiser of a later one throws.
  auto answerer = text_answerer(model, max_tokens, options);
  Session session(model.runtime, options.num_threads);
  return {.model = model,
          .session = std::move(session),
          .max_tokens = max_tokens,
          .max_embedded = max_embedded,
          .pass_tokens = options.pass_tokens,
          .cut = options.cut,
          .batch = {},
          .answerer = std::move(answerer),
          .answer = {},
          .entities = {}};
}

rpp_model* make_model(std::shared_ptr<const RuntimeModel> runtime) {
  return new rpp_model{.runtime = runtime,
                       .tokenizer = make_tokenizer(runtime->file()),
                       .labels = runtime->sizes().labels > 0 ? read_labels(*runtime) : Labels{},
                       .max_tokens = tokens_read(*runtime),
                       .embedding = supported_embedding(runtime->file())};
}

std::vector<int32_t> all_ids(const Tokenizer& tokenizer, const char* text, const char* pair) {
  constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();
  std::vector<int32_t> ids, token_type_ids;
  const auto second = pair == nullptr ? std::nullopt : std::optional<std::string_view>(pair);
  append_sequence(tokenizer, text, second, kNoLimit, ids, token_type_ids);
  return ids;
}

}  // namespace
}  // namespace rpp

const char* rpp_version(void) {
  return rpp::version_number();
}

const char* rpp_last_error(void) {
  return rpp::last_error.c_str();
}

rpp_status rpp_load(const char* path, const rpp_load_options* options, rpp_model** model) {
  return rpp::guarded([&] {
    rpp::require(model, "model");
    *model = nullptr;
    rpp::require(path, "path");
    *model = rpp::make_model(rpp::RuntimeModel::load(path, rpp::runtime_options(options)));
  });
}

rpp_status rpp_load_memory(const void* bytes, size_t num_bytes, const rpp_load_options* options,
                           rpp_model** model) {
  return rpp::guarded([&] {
    rpp::require(model, "model");
    *model = nullptr;
    rpp::require(bytes, "bytes");
    const std::span given(static_cast<const std::byte*>(bytes), num_bytes);
    *model = rpp::make_model(rpp::RuntimeModel::load(given, rpp::runtime_options(options)));
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

rpp_status rpp_tokenize(const rpp_model* model, const char* text, const char* pair, int32_t* ids,
                        size_t capacity, size_t* count) {
  return rpp::guarded([&] {
    rpp::require(count, "count");
    *count = 0;
    rpp::require(model, "model");
    rpp::require(text, "text");
    if (capacity > 0) rpp::require(ids, "ids");
    rpp::check_utf8(text, "the text");
    if (pair != nullptr) rpp::check_utf8(pair, "the second text");
    const std::vector<int32_t> all = rpp::all_ids(*model->tokenizer, text, pair);
    std::copy_n(all.begin(), std::min(capacity, all.size()), ids);
    *count = all.size();
  });
}

rpp_status rpp_open(const rpp_model* model, const rpp_session_options* options, rpp_session** session) {
  return rpp::guarded([&] {
    rpp::require(session, "session");
    *session = nullptr;
    rpp::require(model, "model");
    *session = new rpp_session(rpp::make_session(*model, rpp::session_options(options)));
  });
}

void rpp_close(rpp_session* session) {
  delete session;
}
