// What Unicode says of a code point, as far as BERT's tokenization asks: tables made by
// scripts/dev/make_unicode.py.
#pragma once

#include <cstdint>
#include <span>

namespace rpp {

struct CharClass {
  // As scripts/dev/make_unicode.py numbers them.
  enum Flag : uint8_t {
    space = 1,        // category Zs
    control = 2,      // Cc, Cf
    punctuation = 4,  // P*
    mark = 8,         // Mn
    word = 16,        // str.isalnum(), and the underscore
    cased = 32,       // a letter with case that is not case-ignorable
    ignorable = 64,   // case-ignorable
  };

  bool is(Flag flag) const { return (flags & flag) != 0; }

  uint8_t flags = 0;
  uint8_t combining = 0;  // canonical combining class
};

// Of code points beyond Unicode's none of the flags holds.
CharClass class_of(char32_t c);

// The mapping to one code point; U+0130 has none.
char32_t simple_lower_case(char32_t c);

// The full canonical decomposition, without Hangul's, which is arithmetic; empty: `c` itself.
std::span<const uint32_t> decomposition_of(char32_t c);

}  // namespace rpp
