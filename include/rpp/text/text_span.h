// A stretch of a text, and tokens with the stretches they come from.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace rpp {

// Bytes [begin, end) of a UTF-8 text, both at the beginning of a character or at the text's end.
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
