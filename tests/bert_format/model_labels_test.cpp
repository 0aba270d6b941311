#include "bert_format/model_labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace rpp {
namespace {

using testing::HasSubstr;

std::string complaint(const std::string& label) {
  return labels_complaint(std::array{label});
}

TEST(LabelsComplaint, EveryControlCharacterIsRefused) {
  for (const char* label : {"a\tb", "\x01", "\x1f", "\x7f", "\xc2\x80", "a\xc2\x9f"}) {  // U+0080, U+009F
    EXPECT_THAT(complaint(label), HasSubstr("holds a tab, a line end or another control character")) << label;
  }
}

TEST(LabelsComplaint, PrintableNeighboursAreAccepted) {
  for (const char* label : {"", " ", "~", "\xc2\xa0", "\xc3\x80", "very good"}) {  // U+00A0, U+00C0
    EXPECT_EQ(complaint(label), "") << label;
  }
}

TEST(LabelsComplaint, ADuplicateNameIsRefused) {
  EXPECT_EQ(labels_complaint(std::array<std::string, 3>{"a", "b", "a"}), "two classes have the label \"a\"");
}

}  // namespace
}  // namespace rpp
