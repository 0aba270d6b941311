// Masked language modelling: which tokens are masked, and what replaces them.
//
// As in google-research/bert, create_pretraining_data.py (create_masked_lm_predictions): never a special
// token; 80 % become [MASK], 10 % stay, 10 % become a random piece.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/rng.h"
#include "rpp/tokenizer.h"

namespace rpp {

struct MaskOptions {
  double rate = 0.15;       // of the tokens that are not special
  bool whole_word = false;  // a word's pieces are masked together; the replacement is drawn per piece
  int64_t max_predictions = 20;
  double mask_share = 0.8;    // become [MASK]
  double random_share = 0.1;  // become a random piece; the rest stay unchanged
};

// Which ids may be masked or used as a replacement: all but the special ones. Keeps a reference to the
// tokenizer, which must outlive it.
class MaskVocabulary {
 public:
  explicit MaskVocabulary(const Tokenizer& tokenizer) : tokenizer_(&tokenizer) {}

  bool is_special(int32_t id) const;  // [PAD], [CLS], [SEP], [MASK]
  bool is_continuation(int32_t id) const { return tokenizer_->is_continuation(id); }
  int32_t mask_id() const { return tokenizer_->special().mask; }
  int32_t random_id(Rng& rng) const;  // uniform over the vocabulary without special ids; [UNK] is ordinary

 private:
  const Tokenizer* tokenizer_;
};

// clamp(round(num_tokens * rate), 1, max_predictions), for this number of ordinary tokens.
int64_t prediction_count(int64_t num_tokens, const MaskOptions& options);

struct MaskedTokens {
  std::vector<int32_t> positions;  // [predictions], ascending indices into the ids
  std::vector<int32_t> labels;     // [predictions], the original ids
};

// Replaces ids in place. Masks prediction_count of the ordinary tokens; with whole_word at most that many,
// since a word that does not fit is skipped. Masks nothing if there are no ordinary tokens.
MaskedTokens mask_tokens(std::span<int32_t> ids, const MaskOptions& options, const MaskVocabulary& vocabulary,
                         Rng& rng);

}  // namespace rpp
