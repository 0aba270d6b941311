// A byte range of a text, and tokens with their ranges.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "rpp/error.h"

namespace rpp {

// The maximum text size: offsets into a text, and into its words, which may be longer than the text, have 32
// bits.
inline constexpr size_t kMaxTextBytes = size_t{1} << 30;

inline void check_text_size(std::string_view text) {
  RPP_CHECK(text.size() <= kMaxTextBytes, "a text of {} bytes, at most {} are read at once: split it",
            text.size(), kMaxTextBytes);
}

// Bytes [begin, end) of a UTF-8 text, both at the start of a character or at the text's end.
struct TextSpan {
  uint32_t begin = 0, end = 0;

  bool operator==(const TextSpan&) const = default;
  std::string_view of(std::string_view text) const { return text.substr(begin, end - begin); }
};

struct EncodedText {
  std::vector<int32_t> ids;
  std::vector<TextSpan> spans;  // of the ids, in the same order
};

}  // namespace rpp
