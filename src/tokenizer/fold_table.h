// What BERT's tokenization makes of a character on its own: its class, and its lower-cased and stripped form.
//
// Few characters depend on their neighbours (the capital sigma, marks that trade places); they are marked
// `contextual` and left to the way by code points, of which this table is a copy.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizer/basic_tokenizer.h"

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
  // The scripts of Europe and the Middle East, India's, and general punctuation.
  static constexpr char32_t kSize = 0x3000;

  static const FoldTable& of(LetterCase letter_case);

  const FoldedChar& operator[](char32_t c) const { return c < kSize ? chars_[c] : contextual_; }

 private:
  explicit FoldTable(LetterCase letter_case);

  std::vector<FoldedChar> chars_;
  FoldedChar contextual_;
};

}  // namespace rpp
