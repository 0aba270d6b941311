#include "unicode_data.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <vector>

namespace rpp {
namespace {

// An arithmetic progression of letters with the same offset to their lower case.
struct LowerRun {
  char32_t first, last;
  uint32_t step;
  int32_t difference;
};

#include "unicode_classes.inc"
#include "unicode_decompositions.inc"
#include "unicode_tokenizers.inc"

constexpr char32_t kEnd = 0x110000;

// The classes of all code points, in pages, many of which are equal.
class ClassTable {
 public:
  ClassTable(std::span<const uint32_t> runs, const CharClass* classes) : classes_(classes) {
    Page page{};
    auto run = runs.begin();
    for (char32_t c = 0; c < kEnd; ++c) {
      if (std::next(run) != runs.end() && *std::next(run) >> 8 == c) ++run;
      page[c % kPageSize] = static_cast<uint8_t>(*run & 0xFF);
      if ((c + 1) % kPageSize == 0) add(page);
    }
  }

  CharClass operator[](char32_t c) const {
    if (c >= kEnd) return {};
    return classes_[pages_[page_of_[c / kPageSize]][c % kPageSize]];
  }

 private:
  static constexpr size_t kPageSize = 256;
  using Page = std::array<uint8_t, kPageSize>;

  void add(const Page& page) {
    if (pages_.empty() || pages_.back() != page) pages_.push_back(page);
    page_of_.push_back(static_cast<uint16_t>(pages_.size() - 1));
  }

  const CharClass* classes_;
  std::vector<Page> pages_;
  std::vector<uint16_t> page_of_;
};

// The start of each decomposition, by code point.
class DecompositionIndex {
 public:
  explicit DecompositionIndex(std::span<const uint32_t> table) : table_(table) {
    for (size_t i = 0; i < table.size(); i += 1 + size_at(i)) places_.push_back(i);
  }

  std::span<const uint32_t> find(char32_t c) const {
    const auto place = std::ranges::lower_bound(places_, c, {}, [this](size_t i) { return point_at(i); });
    if (place == places_.end() || point_at(*place) != c) return {};
    return table_.subspan(*place + 1, size_at(*place));
  }

 private:
  char32_t point_at(size_t i) const { return table_[i] & 0xFFFFFF; }
  size_t size_at(size_t i) const { return table_[i] >> 24; }

  std::span<const uint32_t> table_;
  std::vector<size_t> places_;
};

std::optional<char32_t> lower_in(std::span<const LowerRun> runs, char32_t c) {
  const auto run = std::ranges::lower_bound(runs, c, {}, &LowerRun::last);
  if (run == runs.end() || c < run->first || (c - run->first) % run->step != 0) return std::nullopt;
  return c + static_cast<char32_t>(run->difference);
}

}  // namespace

CharClass class_of(char32_t c) {
  static const ClassTable table(kClassRuns, kClasses);
  return table[c];
}

CharClass library_class_of(char32_t c) {
  static const ClassTable table(kLibraryClassRuns, kLibraryClasses);
  return table[c];
}

char32_t simple_lower_case(char32_t c) {
  return lower_in(kLowerRuns, c).value_or(c);
}

char32_t library_lower_case(char32_t c) {
  return lower_in(kLibraryLowerRuns, c).value_or(simple_lower_case(c));
}

std::span<const uint32_t> decomposition_of(char32_t c) {
  static const DecompositionIndex index(kDecompositions);
  return index.find(c);
}

std::span<const uint32_t> compatible_decomposition_of(char32_t c) {
  static const DecompositionIndex index(kCompatibleDecompositions);
  return index.find(c);
}

}  // namespace rpp
