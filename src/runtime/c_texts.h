// The texts of a call of the C interface: checked, and computed in passes of bounded size.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "c_session.h"

namespace rpp {

// Throws Error for a text that is not UTF-8, naming it.
void check_utf8(std::string_view text, std::string_view name);
// The same for each, and UsageError for one that is NULL.
void check_texts(std::span<const char* const> texts);

// Texts, or pairs.
class CTexts {
 public:
  struct Limits {
    int64_t max_tokens = 0;   // of a text
    std::string_view prompt;  // prepended to each
  };

  // Checks all of them before anything is computed: a refused text leaves no partial results. `pairs` and its
  // entries may be nullptr.
  CTexts(rpp_session& session, std::span<const char* const> texts, const char* const* pairs, Limits limits);

  // Calls body(first, batch): the batch's sequences are texts from index `first` on.
  void for_each_pass(const auto& body) {
    TextBatch& batch = session_.batch;
    const ClearedAtEnd cleared(batch);
    batch.clear();
    size_t first = 0;
    for (size_t i = 0; i < texts_.size(); ++i) {
      append(i);
      if (is_too_large(batch)) {
        TextBatch next = batch.take_unfinished();
        body(first, batch.view());
        std::swap(batch, next);
        first = i;
      }
      batch.end_sequence();
    }
    if (batch.num_sequences() > 0) body(first, batch.view());
  }

 private:
  const char* pair(size_t i) const { return pairs_ == nullptr ? nullptr : pairs_[i]; }
  // Returns the number of tokens that were truncated.
  int64_t append(size_t i);
  // With the text appended last; a pass has at least one.
  bool is_too_large(const TextBatch& batch) const {
    return batch.num_sequences() > 0 && std::ssize(batch.input_ids) > session_.pass_tokens;
  }

  rpp_session& session_;
  std::span<const char* const> texts_;
  const char* const* pairs_;
  Limits limits_;
};

}  // namespace rpp
