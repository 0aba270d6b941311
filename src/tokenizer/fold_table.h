// How BERT's tokenization treats a single character: its class, and its lower-cased and stripped form.
//
// A few characters depend on their neighbours (the capital sigma, marks that are reordered); they are marked
// `contextual` and handled by the code-point path, which this table caches.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizer/basic_tokenizer.h"
#include "tokenizer/normalized_text.h"

namespace rpp {

struct FoldedChar {
  enum class Kind : uint8_t { text, punctuation, blank, dropped, contextual };
  static constexpr size_t kMaxBytes = 9;

  std::string_view text() const { return {bytes, num_bytes}; }

  Kind kind = Kind::contextual;
  uint8_t num_chars = 0, num_bytes = 0;
  char bytes[kMaxBytes] = {};
};

class FoldTable {
 public:
  // Scripts of Europe, the Middle East and India, and general punctuation.
  static constexpr char32_t kSize = 0x3000;

  static const FoldTable& of(LetterCase letter_case);  // Google's rules
  // The library's, for a text that is cleaned and split by BertPreTokenizer.
  static const FoldTable& of(const TextRules& rules);

  const FoldedChar& operator[](char32_t c) const { return c < kSize ? chars_[c] : contextual_; }

 private:
  template <typename Rules>
  explicit FoldTable(const Rules& rules);
  template <bool kStripAccents, bool kLowerCase>
  static const FoldTable& of_library();

  std::vector<FoldedChar> chars_;
  FoldedChar contextual_;
};

}  // namespace rpp
