#include "tokenizer/sequence.h"

namespace rpp {
namespace {

// As TruncationStrategy::LongestFirst of the tokenizers library: both to half, or the longer one to the space
// that the shorter leaves.
void truncate_longest_first(std::vector<int32_t>& first, std::vector<int32_t>& second, size_t max_tokens) {
  if (first.size() + second.size() <= max_tokens) return;
  auto& shorter = first.size() > second.size() ? second : first;
  auto& longer = first.size() > second.size() ? first : second;
  if (shorter.size() > max_tokens / 2) shorter.resize(max_tokens / 2);
  longer.resize(max_tokens - shorter.size());
}

}  // namespace

int64_t append_sequence(const Tokenizer& tokenizer, std::string_view text,
                        std::optional<std::string_view> pair, int64_t max_tokens, std::vector<int32_t>& ids,
                        std::vector<int32_t>& type_ids) {
  const SpecialTokens& special = tokenizer.special();
  const int64_t num_special = pair ? special.num_in_pair() : special.num_in_single();
  thread_local std::vector<int32_t> first, second;  // keep their memory between texts
  first.clear();
  second.clear();
  tokenizer.encode_into(text, first);
  if (pair) tokenizer.encode_into(*pair, second);
  const size_t uncut = first.size() + second.size();
  truncate_longest_first(first, second, static_cast<size_t>(max_tokens - num_special));

  ids.push_back(special.cls);
  ids.insert(ids.end(), first.begin(), first.end());
  ids.push_back(special.sep);
  type_ids.resize(ids.size(), 0);
  if (pair) {
    if (special.two_separators) ids.push_back(special.sep);
    ids.insert(ids.end(), second.begin(), second.end());
    ids.push_back(special.sep);
    type_ids.resize(ids.size(), special.second_type());
  }
  const auto lost = static_cast<int64_t>(uncut - first.size() - second.size());
  for (auto* tokens : {&first, &second}) {
    if (tokens->capacity() > kKeptBytes / sizeof(int32_t)) std::vector<int32_t>().swap(*tokens);
  }
  return lost;
}

}  // namespace rpp
