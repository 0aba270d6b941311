// The calls of the C interface that answer.
#include <algorithm>
#include <numeric>
#include <span>

#include "bert_format/architecture.h"
#include "c_options.h"
#include "c_session.h"
#include "c_texts.h"
#include "mask_filler.h"
#include "runtime/embed.h"

namespace rpp {
namespace {

// For the same number of texts and pairs; pairs may be nullptr.
void score_into(rpp_session& session, std::span<const char* const> texts, const char* const* pairs,
                float* scores) {
  const Labels& labels = session.model.labels;
  const size_t num_labels = labels.names.size();
  CTexts asked(session, texts, pairs, {.max_tokens = session.max_tokens});
  asked.for_each_pass([&](size_t first, const TokenBatch& batch) {
    session.session.encode(batch);
    const auto logits = session.session.logits();
    float* of_pass = scores + first * num_labels;
    std::copy(logits.begin(), logits.end(), of_pass);
    for (size_t i = 0; i < logits.size(); i += num_labels) {
      apply(labels.function, std::span(of_pass + i, num_labels));
    }
  });
}

void embed_texts(rpp_session& session, std::span<const char* const> texts, const EmbedOptions& options,
                 float* embeddings) {
  const rpp_model& model = session.model;
  if (!model.embedding) read_sentence_embedding(model.runtime->file());  // throws: it is not supported
  const SentenceEmbedding& embedding = *model.embedding;
  const EmbeddingChoice choice = choose_embedding(embedding, *model.runtime, *model.tokenizer, options);
  CTexts asked(session, texts, nullptr, {.max_tokens = session.max_embedded, .prompt = choice.prompt});
  asked.for_each_pass([&](size_t first, const TokenBatch& batch) {
    session.session.encode(batch);
    const auto size = static_cast<size_t>(choice.dimensions);
    const size_t values = (batch.cu_seqlens.size() - 1) * size;
    embed_into(embedding, choice, session.session, batch.cu_seqlens, {embeddings + first * size, values});
  });
}

// A text to tag is truncated like others; only counting its tokens shows whether it will be.
void check_length(const rpp_session& session, std::string_view text) {
  if (session.cut) return;
  const auto tokens = static_cast<int64_t>(session.model.tokenizer->encode(text).size()) + 2;
  RPP_CHECK(tokens <= session.max_tokens,
            "the text has {} tokens, {} are read: shorten it, or allow truncation", tokens,
            session.max_tokens);
}

}  // namespace
}  // namespace rpp

rpp_status rpp_score(rpp_session* session, const char* const* texts, const char* const* pairs, size_t count,
                     float* scores) {
  return rpp::guarded([&] {
    rpp::require(session, "session");
    if (count == 0) return;
    rpp::require(texts, "texts");
    rpp::require(scores, "scores");
    rpp::score_into(*session, {texts, count}, pairs, scores);
  });
}

rpp_status rpp_rank(rpp_session* session, const char* query, const char* const* texts, size_t count,
                    float* scores, size_t* order) {
  return rpp::guarded([&] {
    rpp::require(session, "session");
    rpp::require(query, "query");
    rpp::check_ranks(*session->model.runtime);
    if (count == 0) return;
    rpp::require(texts, "texts");
    rpp::require(scores, "scores");
    rpp::check_utf8(query, "the query");
    rpp::check_texts({texts, count});
    const std::vector<const char*> queries(count, query);
    rpp::score_into(*session, queries, texts, scores);
    if (order == nullptr) return;
    const std::span<size_t> best_first(order, count);
    std::iota(best_first.begin(), best_first.end(), size_t{0});
    std::ranges::stable_sort(best_first, [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  });
}

rpp_status rpp_embed(rpp_session* session, const char* const* texts, size_t count,
                     const rpp_embed_options* options, float* embeddings) {
  return rpp::guarded([&] {
    rpp::require(session, "session");
    const rpp::EmbedOptions asked = rpp::embed_options(options);
    if (count == 0) return;
    rpp::require(texts, "texts");
    rpp::require(embeddings, "embeddings");
    rpp::embed_texts(*session, {texts, count}, asked, embeddings);
  });
}

rpp_status rpp_ask(rpp_session* session, const char* question, const char* context, rpp_answer* answer) {
  return rpp::guarded([&] {
    rpp::require(session, "session");
    rpp::require(question, "question");
    rpp::require(context, "context");
    rpp::require(answer, "answer");
    const rpp::RuntimeModel& model = *session->model.runtime;
    if (!model.sizes().span) rpp::check_architecture(model.file());
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
    if (!rpp::fills_masks(model.sizes())) rpp::check_architecture(model.file());
    RPP_CHECK(rpp::fills_masks(model.sizes()), "{} is not a masked language model", model.file().path());
    if (count > rpp::kNumFillings) rpp::fail_usage("{} fillings, there are {}", count, rpp::kNumFillings);
    rpp::check_utf8(text, "the text");
    session->answerer->add({.text = text});
    session->answer = session->answerer->answer_added().front();
    const auto& scores = session->answer.scores;
    RPP_CHECK(count <= scores.size(), "{} fillings, the vocabulary has {} tokens", count, scores.size());
    for (size_t i = 0; i < count; ++i) {
      fillings[i] = {.token = scores[i].first.c_str(), .probability = scores[i].second};
    }
  });
}

rpp_status rpp_tag(rpp_session* session, const char* text, const rpp_entity** entities, size_t* count) {
  return rpp::guarded([&] {
    rpp::require(session, "session");
    rpp::require(text, "text");
    rpp::require(entities, "entities");
    rpp::require(count, "count");
    const rpp::RuntimeModel& model = *session->model.runtime;
    if (model.sizes().token_labels == 0) rpp::check_architecture(model.file());
    RPP_CHECK(model.sizes().token_labels > 0, "{} is not a token classifier", model.file().path());
    rpp::check_utf8(text, "the text");
    rpp::check_length(*session, text);
    session->answerer->add({.text = text});
    session->answer = session->answerer->answer_added().front();
    session->entities.clear();
    for (const rpp::Entity& entity : session->answer.entities) {
      session->entities.push_back({.begin = entity.span.begin,
                                   .end = entity.span.end,
                                   .label = entity.label.c_str(),
                                   .score = entity.score});
    }
    *entities = session->entities.data();
    *count = session->entities.size();
  });
}
