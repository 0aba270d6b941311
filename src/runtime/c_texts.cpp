#include "c_texts.h"

#include <string>

#include "tokenizer/sequence.h"
#include "tokenizer/unicode.h"

namespace rpp {

void check_utf8(std::string_view text, std::string_view name) {
  const size_t invalid = find_invalid_utf8(text);
  RPP_CHECK(invalid == text.size(), "byte {} of {} is not UTF-8", invalid, name);
}

void check_texts(std::span<const char* const> texts) {
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i] == nullptr) fail_usage("text {} is NULL", i);
    check_utf8(texts[i], fmt::format("text {}", i));
  }
}

CTexts::CTexts(rpp_session& session, std::span<const char* const> texts, const char* const* pairs,
               Limits limits)
    : session_(session), texts_(texts), pairs_(pairs), limits_(limits) {
  check_texts(texts_);
  for (size_t i = 0; i < texts_.size(); ++i) {
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

int64_t CTexts::append(size_t i) {
  TextBatch& batch = session_.batch;
  const auto second = pair(i) == nullptr ? std::nullopt : std::optional<std::string_view>(pair(i));
  const std::string prompted =
      limits_.prompt.empty() ? std::string() : std::string(limits_.prompt) + texts_[i];
  const std::string_view text = limits_.prompt.empty() ? std::string_view(texts_[i]) : prompted;
  return append_sequence(*session_.model.tokenizer, text, second, limits_.max_tokens, batch.input_ids,
                         batch.token_type_ids);
}

}  // namespace rpp
