#include "tokenizer/wordpiece_settings.h"

#include <algorithm>

namespace rpp {
namespace {

std::vector<std::string> all_of(const SpecialNames& names) {
  return {names.pad, names.unk, names.cls, names.sep, names.mask};
}

bool is_plain_special(const AddedToken& token) {
  const AddedToken plain = {.content = token.content, .id = token.id, .special = true};
  return token == plain && std::ranges::count(all_of(SpecialNames()), token.content) > 0;
}

}  // namespace

WordPieceSettings google_settings(LetterCase letter_case) {
  return {.letter_case = letter_case, .max_word_chars = kMaxWordChars};
}

bool is_plain(const WordPieceSettings& settings) {
  if (!settings.rules) return true;
  const bool lower = settings.rules->lower_case;
  return *settings.rules == TextRules{.strip_accents = lower, .lower_case = lower} &&
         settings.max_word_chars == kLibraryMaxWordChars && settings.continuation_mark == kContinuationMark &&
         settings.names == SpecialNames() && !settings.two_separators && !settings.trim_offsets &&
         std::ranges::all_of(settings.added, is_plain_special);
}

bool adds_all_special(const WordPieceSettings& settings) {
  return std::ranges::all_of(all_of(settings.names), [&](const std::string& name) {
    return std::ranges::find(settings.added, name, &AddedToken::content) != settings.added.end();
  });
}

}  // namespace rpp
