#include "rpp/session.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "bert_format/architecture.h"
#include "core/parallel_for.h"
#include "encoder.h"
#include "rpp/error.h"
#include "steps.h"

namespace rpp {
namespace {

void check_batch(const ModelSizes& sizes, const TokenBatch& batch) {
  const auto num_tokens = static_cast<int64_t>(batch.input_ids.size());
  RPP_CHECK(num_tokens <= INT32_MAX, "a batch of {} tokens is too large", num_tokens);
  RPP_CHECK(batch.token_type_ids.empty() || batch.token_type_ids.size() == batch.input_ids.size(),
            "{} token types for {} tokens", batch.token_type_ids.size(), num_tokens);
  RPP_CHECK(
      !batch.cu_seqlens.empty() && batch.cu_seqlens.front() == 0 && batch.cu_seqlens.back() == num_tokens,
      "cu_seqlens must run from 0 to the number of tokens, {}", num_tokens);
  for (size_t i = 1; i < batch.cu_seqlens.size(); ++i) {
    const int64_t length = int64_t{batch.cu_seqlens[i]} - batch.cu_seqlens[i - 1];
    RPP_CHECK(length > 0 && length <= sizes.positions, "sequence {} has {} tokens, the model takes 1 to {}",
              i - 1, length, sizes.positions);
  }
  for (const int32_t id : batch.input_ids) {
    RPP_CHECK(id >= 0 && id < sizes.vocab, "the id {} is not in the vocabulary of {}: another tokenizer?", id,
              sizes.vocab);
  }
  for (const int32_t type : batch.token_type_ids) {
    RPP_CHECK(type >= 0 && type < sizes.token_types, "the model has no token type {}, only {}", type,
              sizes.token_types);
  }
}

// [tokens, features], row-major.
std::span<const float> untile_into(const Tiles& tiles, std::vector<float>& values) {
  const int64_t features = tiles.features();
  values.resize(static_cast<size_t>(tiles.num_tokens() * features));
  for (int64_t token = 0; token < tiles.num_tokens(); ++token) {
    for (int64_t i = 0; i < features; ++i) {
      values[static_cast<size_t>(token * features + i)] = tiles.at(token, i);
    }
  }
  return values;
}

}  // namespace

std::span<const float> require_finite(std::span<const float> values, const Session& session,
                                      std::string_view what) {
  const auto place =
      std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  RPP_CHECK(place == values.end(),
            "{} answers {} as {}: its weights are finite, but too large to compute with; take another model",
            session.model().file().path(), *place, what);
  return values;
}

struct Session::State {
  State(std::shared_ptr<const RuntimeModel> shared, int num_threads)
      : model(std::move(shared)),
        weights(model->weights()),
        team(num_threads > 0 ? num_threads : default_num_threads()),
        encoder(weights, team) {}

  int64_t num_sequences() const { return static_cast<int64_t>(cu_seqlens.size()) - 1; }

  void require(bool has_head, std::string_view name) const {
    if (!has_head) check_architecture(model->file());
    RPP_CHECK(has_head, "{} has no {}", model->file().path(), name);
  }

  // tiles = the hidden states of the given tokens.
  void gather_into(std::span<const int32_t> tokens, Tiles& tiles) const {
    const Tiles& from = encoder.hidden();
    tiles.reshape(static_cast<int64_t>(tokens.size()), from.features());
    for (size_t i = 0; i < tokens.size(); ++i) {
      for (int64_t feature = 0; feature < from.features(); ++feature) {
        tiles.at(static_cast<int64_t>(i), feature) = from.at(tokens[i], feature);
      }
    }
  }

  void run(const auto& step) {
    const auto work = [&](int thread) { do_step(weights, step, part_of(step.x, team, thread)); };
    team.run(std::ref(work));
  }

  void apply_into(const Linear& linear, const Tiles& x, Tiles& y, Activation activation = Activation::none) {
    y.reshape(x.num_tokens(), linear.rows);
    run(LinearStep{.linear = linear, .x = x, .y = y, .activation = activation});
  }

  void pool() {
    require(weights.sizes.pooler, "pooler");
    gather_into(std::span(cu_seqlens).first(static_cast<size_t>(num_sequences())), first_tokens);
    apply_into(*weights.pooler, first_tokens, pooled);
    for (int64_t sequence = 0; sequence < num_sequences(); ++sequence) {
      for (int64_t i = 0; i < pooled.features(); ++i) {
        float& value = pooled.at(sequence, i);
        value = apply(weights.pooler_activation, value);
      }
    }
  }

  std::shared_ptr<const RuntimeModel> model;
  const Weights& weights;
  ThreadTeam team;
  Encoder encoder;
  std::vector<int32_t> cu_seqlens = {0};
  Tiles first_tokens, pooled, logits;     // [sequences, ...]
  Tiles token_logits, span_logits;        // [tokens, ...]
  Tiles masked, transformed, mlm_logits;  // [positions, ...]
  struct {
    std::vector<float> hidden, pooled, mean_pooled, logits, token_logits, span_logits, mlm_logits;
  } output;  // the buffers returned to callers
};

Session::Session(std::shared_ptr<const RuntimeModel> model, int num_threads)
    : state_(std::make_unique<State>(std::move(model), num_threads)) {}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;

const RuntimeModel& Session::model() const {
  return *state_->model;
}

void Session::encode(const TokenBatch& batch) {
  check_batch(state_->weights.sizes, batch);
  state_->cu_seqlens.assign(batch.cu_seqlens.begin(), batch.cu_seqlens.end());
  state_->encoder.encode(batch);
}

std::span<const float> Session::hidden() {
  return untile_into(state_->encoder.hidden(), state_->output.hidden);
}

std::span<const float> Session::pooled() {
  state_->pool();
  return untile_into(state_->pooled, state_->output.pooled);
}

std::span<const float> Session::mean_pooled() {
  const Tiles& hidden = state_->encoder.hidden();
  const int64_t features = hidden.features(), num_sequences = state_->num_sequences();
  auto& means = state_->output.mean_pooled;
  means.resize(static_cast<size_t>(num_sequences * features));
  for (int64_t sequence = 0; sequence < num_sequences; ++sequence) {
    const int32_t* bounds = state_->cu_seqlens.data() + sequence;
    for (int64_t i = 0; i < features; ++i) {
      float sum = 0.0F;
      for (int64_t token = bounds[0]; token < bounds[1]; ++token) sum += hidden.at(token, i);
      means[static_cast<size_t>(sequence * features + i)] = sum / static_cast<float>(bounds[1] - bounds[0]);
    }
  }
  return means;
}

std::span<const float> Session::logits() {
  state_->require(state_->weights.classifier.has_value(), "classifier");
  state_->pool();
  state_->apply_into(*state_->weights.classifier, state_->pooled, state_->logits);
  return require_finite(untile_into(state_->logits, state_->output.logits), *this, "a logit");
}

std::span<const float> Session::token_logits() {
  state_->require(state_->weights.token_classifier.has_value(), "classifier of tokens");
  state_->apply_into(*state_->weights.token_classifier, state_->encoder.hidden(), state_->token_logits);
  return require_finite(untile_into(state_->token_logits, state_->output.token_logits), *this, "a logit");
}

std::span<const float> Session::span_logits() {
  state_->require(state_->weights.span.has_value(), "head for answers (qa_outputs)");
  state_->apply_into(*state_->weights.span, state_->encoder.hidden(), state_->span_logits);
  return require_finite(untile_into(state_->span_logits, state_->output.span_logits), *this, "a logit");
}

std::span<const float> Session::mlm_logits(std::span<const int32_t> positions) {
  State& state = *state_;
  const std::string& untied = state.model->file().contents().untied_decoder;
  RPP_CHECK(untied.empty(), "{}", untied);
  state.require(state.weights.mlm.has_value(), "masked-LM head");
  const int64_t num_tokens = state.encoder.hidden().num_tokens();
  for (const int32_t position : positions) {
    RPP_CHECK(position >= 0 && position < num_tokens, "there is no token {} in a batch of {}", position,
              num_tokens);
  }
  const MlmHead& head = *state.weights.mlm;
  state.gather_into(positions, state.masked);
  state.apply_into(head.transform, state.masked, state.transformed, Activation::gelu);
  state.run(NormStep{.norm = head.norm, .x = state.transformed, .y = state.transformed});
  state.apply_into(head.decoder, state.transformed, state.mlm_logits);
  return require_finite(untile_into(state.mlm_logits, state.output.mlm_logits), *this, "a logit");
}

}  // namespace rpp
