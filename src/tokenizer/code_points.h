// Bytes of a text counted in code points.
#pragma once

#include <string_view>

#include "tokenizer/unicode.h"

namespace rpp {

// Code points before a byte of a text; quick for bytes in ascending order.
class CodePoints {
 public:
  explicit CodePoints(std::string_view text) : text_(text) {}

  size_t before(size_t byte) {
    if (byte < byte_) byte_ = count_ = 0;
    count_ += count_code_points(text_.substr(byte_, byte - byte_));
    byte_ = byte;
    return count_;
  }

 private:
  std::string_view text_;
  size_t byte_ = 0, count_ = 0;
};

}  // namespace rpp
