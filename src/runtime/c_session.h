// What the functions of the C interface share: the objects behind its pointers, and errors.
#pragma once

#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <vector>

#include "bert_format/sentence_embedding.h"
#include "labels.h"
#include "rpp/answerer.h"
#include "rpp/error.h"
#include "rpp/rpp.h"
#include "rpp/session.h"
#include "runtime/text_batch.h"

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
  int64_t pass_tokens;
  bool cut;
  rpp::TextBatch batch;
  std::unique_ptr<rpp::Answerer> answerer;  // of a SQuAD model, a masked language model or a tagger
  rpp::Answer answer;                       // its last one, for rpp_fill and rpp_tag
  std::vector<rpp_entity> entities;         // views of it
};

namespace rpp {

// For rpp_last_error of this thread; `failed` returns the status.
void clear_error() noexcept;
rpp_status failed(rpp_status status, const char* why) noexcept;

// Exceptions must not leave the library.
rpp_status guarded(const auto& body) noexcept {
  clear_error();
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

inline void require(const void* pointer, const char* name) {
  if (pointer == nullptr) fail_usage("{} is NULL", name);
}

}  // namespace rpp
