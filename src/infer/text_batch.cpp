#include "rpp/infer/text_batch.h"

#include <algorithm>

namespace rpp {

int64_t TextBatch::longest() const {
  int64_t longest = 0;
  for (size_t i = 1; i < cu_seqlens.size(); ++i) {
    longest = std::max<int64_t>(longest, cu_seqlens[i] - cu_seqlens[i - 1]);
  }
  return longest;
}

int64_t TextBatch::end_sequence() {
  cu_seqlens.push_back(static_cast<int32_t>(input_ids.size()));
  return cu_seqlens.back() - cu_seqlens[cu_seqlens.size() - 2];
}

void TextBatch::clear() {
  input_ids.clear();
  token_type_ids.clear();
  cu_seqlens.resize(1);
}

}  // namespace rpp
