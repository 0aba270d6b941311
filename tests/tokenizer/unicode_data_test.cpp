// The tables come from Python; they must agree with ICU, an independent source, on every character both know.
#include "tokenizer/unicode_data.h"

#include <gtest/gtest.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <string>

#include "tokenizer/unicode.h"

namespace rpp {
namespace {

constexpr char32_t kEnd = 0x110000;
constexpr int kUnicodeOfTheTables = 14;

UChar32 icu(char32_t c) {
  return static_cast<UChar32>(c);
}

// Assigned when the tables were made; unassigned, surrogate and private-use characters are skipped.
bool is_known(char32_t c) {
  UVersionInfo age;
  u_charAge(icu(c), age);
  return age[0] > 0 && age[0] <= kUnicodeOfTheTables && U_IS_UNICODE_CHAR(icu(c));
}

std::vector<char32_t> known_characters() {
  std::vector<char32_t> known;
  for (char32_t c = 0; c < kEnd; ++c) {
    if (is_known(c)) known.push_back(c);
  }
  return known;
}

bool is_in(char32_t c, uint32_t categories) {
  return (U_GET_GC_MASK(icu(c)) & categories) != 0;
}

TEST(UnicodeData, ClassesMatchIcu) {
  const auto known = known_characters();
  EXPECT_GT(known.size(), 140'000u);
  for (const char32_t c : known) {
    const CharClass found = class_of(c);
    const bool ignorable = u_hasBinaryProperty(icu(c), UCHAR_CASE_IGNORABLE);
    SCOPED_TRACE(static_cast<uint32_t>(c));
    EXPECT_EQ(found.is(CharClass::space), is_in(c, U_GC_ZS_MASK));
    EXPECT_EQ(found.is(CharClass::control), is_in(c, U_GC_CC_MASK | U_GC_CF_MASK));
    EXPECT_EQ(found.is(CharClass::punctuation), is_in(c, U_GC_P_MASK));
    EXPECT_EQ(found.is(CharClass::mark), is_in(c, U_GC_MN_MASK));
    EXPECT_EQ(found.is(CharClass::ignorable), ignorable);
    EXPECT_EQ(found.is(CharClass::cased), u_hasBinaryProperty(icu(c), UCHAR_CASED) && !ignorable);
    EXPECT_EQ(found.is(CharClass::word), c == '_' || is_in(c, U_GC_L_MASK) ||
                                             u_getIntPropertyValue(icu(c), UCHAR_NUMERIC_TYPE) != U_NT_NONE);
    EXPECT_EQ(found.combining, u_getCombiningClass(icu(c)));
  }
}

TEST(UnicodeData, LowercasingMatchesIcu) {
  for (const char32_t c : known_characters()) {
    if (c == 0x0130) continue;
    EXPECT_EQ(simple_lower_case(c), static_cast<char32_t>(u_tolower(icu(c)))) << uint32_t{c};
  }
}

TEST(UnicodeData, DecompositionMatchesIcu) {
  UErrorCode status = U_ZERO_ERROR;
  const auto* nfd = icu::Normalizer2::getNFDInstance(status);
  for (const char32_t c : known_characters()) {
    // Between marks of many combining classes, which must be reordered.
    const std::u32string text = {U'a', 0x0345, c, 0x0323, 0x0302, 0x0327};
    const auto source = icu::UnicodeString::fromUTF32(reinterpret_cast<const UChar32*>(text.data()),
                                                      static_cast<int32_t>(text.size()));
    const icu::UnicodeString decomposed = nfd->normalize(source, status);
    std::u32string expected;
    for (int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1)) {
      const UChar32 part = decomposed.char32At(i);
      if (u_charType(part) != U_NON_SPACING_MARK) expected.push_back(static_cast<char32_t>(part));
    }
    EXPECT_EQ(strip_accents(text), expected) << uint32_t{c};
  }
  EXPECT_TRUE(U_SUCCESS(status));
}

TEST(UnicodeData, CodePointsBeyondUnicodeHaveNoClass) {
  EXPECT_EQ(class_of(kEnd).flags, 0);
  EXPECT_EQ(simple_lower_case(kEnd), kEnd);
  EXPECT_TRUE(decomposition_of(kEnd).empty());
}

}  // namespace
}  // namespace rpp
