#include "runtime/text_batch.h"

#include <algorithm>

#include "rpp/error.h"

namespace rpp {

int64_t TextBatch::longest() const {
  int64_t longest = 0;
  for (size_t i = 1; i < cu_seqlens.size(); ++i) {
    longest = std::max<int64_t>(longest, cu_seqlens[i] - cu_seqlens[i - 1]);
  }
  return longest;
}

void TextBatch::begin_sequence() {
  const auto end = static_cast<size_t>(cu_seqlens.back());
  if (input_ids.size() > end) input_ids.resize(end);
  if (token_type_ids.size() > end) token_type_ids.resize(end);
}

int64_t TextBatch::end_sequence() {
  RPP_CHECK(input_ids.size() <= size_t{INT32_MAX}, "{} tokens at once: ask for fewer texts at a time",
            input_ids.size());
  cu_seqlens.push_back(static_cast<int32_t>(input_ids.size()));
  return cu_seqlens.back() - cu_seqlens[cu_seqlens.size() - 2];
}

TextBatch TextBatch::take_unfinished() {
  const int32_t end = cu_seqlens.back();
  TextBatch taken;
  taken.input_ids.assign(input_ids.begin() + end, input_ids.end());
  taken.token_type_ids.assign(token_type_ids.begin() + end, token_type_ids.end());
  begin_sequence();
  return taken;
}

void TextBatch::clear() {
  input_ids.clear();
  token_type_ids.clear();
  cu_seqlens.resize(1);
}

}  // namespace rpp
