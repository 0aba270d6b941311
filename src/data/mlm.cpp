#include "data/mlm.h"

#include <algorithm>
#include <cmath>

namespace rpp {

bool MaskVocabulary::is_special(int32_t id) const {
  const SpecialTokens& special = tokenizer_->special();
  return id == special.pad || id == special.cls || id == special.sep || id == special.mask;
}

int32_t MaskVocabulary::random_id(Rng& rng) const {
  while (true) {
    const auto id = static_cast<int32_t>(rng.below(static_cast<uint64_t>(tokenizer_->size())));
    if (!is_special(id)) return id;
  }
}

namespace {

struct Word {
  int32_t begin, size;  // positions; pieces of a word are adjacent
};

std::vector<Word> maskable_words(std::span<const int32_t> ids, const MaskOptions& options,
                                 const MaskVocabulary& vocabulary) {
  std::vector<Word> words;
  for (int32_t i = 0; i < static_cast<int32_t>(ids.size()); ++i) {
    const int32_t id = ids[static_cast<size_t>(i)];
    if (vocabulary.is_special(id)) continue;
    const bool continues = options.whole_word && !words.empty() &&
                           words.back().begin + words.back().size == i && vocabulary.is_continuation(id);
    if (continues) {
      ++words.back().size;
    } else {
      words.push_back({i, 1});
    }
  }
  return words;
}

// Words in random order, each masked if it still fits; positions ascending.
std::vector<int32_t> choose_positions(std::vector<Word> words, int64_t count, Rng& rng) {
  rng.shuffle(std::span(words));
  std::vector<int32_t> positions;
  for (const Word& word : words) {
    if (static_cast<int64_t>(positions.size()) == count) break;
    if (static_cast<int64_t>(positions.size()) + word.size > count) continue;
    for (int32_t i = 0; i < word.size; ++i) positions.push_back(word.begin + i);
  }
  std::sort(positions.begin(), positions.end());
  return positions;
}

int32_t replacement(int32_t id, const MaskOptions& options, const MaskVocabulary& vocabulary, Rng& rng) {
  const double draw = rng.uniform();
  if (draw < options.mask_share) return vocabulary.mask_id();
  if (draw < options.mask_share + options.random_share) return vocabulary.random_id(rng);
  return id;
}

}  // namespace

int64_t prediction_count(int64_t num_tokens, const MaskOptions& options) {
  const int64_t most = std::max<int64_t>(1, options.max_predictions);
  return std::clamp<int64_t>(std::llround(static_cast<double>(num_tokens) * options.rate), 1, most);
}

MaskedTokens mask_tokens(std::span<int32_t> ids, const MaskOptions& options, const MaskVocabulary& vocabulary,
                         Rng& rng) {
  std::vector<Word> words = maskable_words(ids, options, vocabulary);
  if (words.empty()) return {};
  int64_t num_tokens = 0;
  for (const Word& word : words) num_tokens += word.size;
  const int64_t count = prediction_count(num_tokens, options);
  MaskedTokens masked;
  masked.positions = choose_positions(std::move(words), count, rng);
  for (const int32_t position : masked.positions) {
    int32_t& id = ids[static_cast<size_t>(position)];
    masked.labels.push_back(id);
    id = replacement(id, options, vocabulary, rng);
  }
  return masked;
}

}  // namespace rpp
