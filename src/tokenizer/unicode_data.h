// Unicode properties used by BERT's tokenization, by Python's tables (scripts/dev/make_unicode.py) and by
// those of the tokenizers library (scripts/dev/make_unicode_tokenizers.py).
#pragma once

#include <cstdint>
#include <span>

namespace rpp {

struct CharClass {
  // The numbering of scripts/dev/make_unicode.py.
  enum Flag : uint16_t {
    space = 1,        // category Zs
    control = 2,      // Cc, Cf
    punctuation = 4,  // P*
    mark = 8,         // Mn
    word = 16,        // str.isalnum(), and the underscore; of the library: \w of its regular expressions
    cased = 32,       // a letter with case that is not case-ignorable
    ignorable = 64,   // case-ignorable
    letter = 128,     // \p{L}; only of the library
    number = 256,     // \p{N}; only of the library
    any_mark = 512,   // M*; only of the library
  };

  bool is(Flag flag) const { return (flags & flag) != 0; }

  uint16_t flags = 0;
  uint8_t combining = 0;  // canonical combining class
};

// Code points beyond Unicode have no flags.
CharClass class_of(char32_t c);

// As the tokenizers library treats them: `space` is char::is_whitespace of Rust, `control` what clean_text
// removes; none is `cased` or `ignorable`.
CharClass library_class_of(char32_t c);
inline bool is_library_space(char32_t c) {
  return library_class_of(c).is(CharClass::space);
}

// The mapping to one code point; U+0130 has none.
char32_t simple_lower_case(char32_t c);
char32_t library_lower_case(char32_t c);

// The full canonical decomposition, without Hangul's, which is computed; empty: `c` itself.
std::span<const uint32_t> decomposition_of(char32_t c);
// The full decomposition by compatibility of the library, where it differs from the canonical one; else
// empty.
std::span<const uint32_t> compatible_decomposition_of(char32_t c);

}  // namespace rpp
