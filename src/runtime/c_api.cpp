// The calls of the C interface that load models and open sessions.
#include <algorithm>
#include <cstring>

#include "bert_format/model_file.h"
#include "c_session.h"
#include "core/parallel_for.h"
#include "mask_filler.h"
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

Aggregation aggregation_of(int32_t value) {
  constexpr Aggregation kAggregations[] = {Aggregation::simple, Aggregation::none, Aggregation::first,
                                           Aggregation::average, Aggregation::max};
  if (value < 0 || value >= std::ssize(kAggregations)) {
    fail_usage("aggregation is {}, it must be 0 to {}", value, std::ssize(kAggregations) - 1);
  }
  return kAggregations[value];
}

// For the calls that answer one text; nullptr: the model has no such head.
std::unique_ptr<Answerer> text_answerer(const rpp_model& model, int64_t max_tokens,
                                        const rpp_session_options& options) {
  const ModelSizes& sizes = model.runtime->sizes();
  const Aggregation aggregation = aggregation_of(options.aggregation);
  if (sizes.token_labels > 0) {
    return make_tagger(model.runtime, *model.tokenizer, max_tokens, aggregation, options.num_threads);
  }
  if (!sizes.span && !fills_masks(sizes)) return nullptr;
  return make_answerer(model.runtime, *model.tokenizer, max_tokens, options.num_threads);
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
  const bool embeds_own_length = options.max_tokens == 0 && model.embedding;
  const int64_t max_embedded = embeds_own_length ? tokens_embedded(*model.runtime) : max_tokens;
  // Made first: GCC 12 destroys members twice when the initialiser of a later one throws.
  auto answerer = text_answerer(model, max_tokens, options);
  Session session(model.runtime, options.num_threads);
  return {.model = model,
          .session = std::move(session),
          .max_tokens = max_tokens,
          .max_embedded = max_embedded,
          .cut = options.refuse_longer == 0,
          .batch = {},
          .answerer = std::move(answerer),
          .answer = {},
          .entities = {}};
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
