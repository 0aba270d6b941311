#include "tokenizer/added_tokens.h"

#include <algorithm>
#include <unordered_set>

#include "rpp/error.h"
#include "tokenizer/unicode.h"
#include "unicode_data.h"

namespace rpp {
namespace {

bool is_word(char32_t c) {
  return library_class_of(c).is(CharClass::word);
}

bool is_trail(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

size_t start_of_last(std::string_view text) {
  size_t begin = text.size() - 1;
  while (begin > 0 && is_trail(text[begin])) --begin;
  return begin;
}

char32_t first_of(std::string_view text) {
  size_t position = 0;
  return next_code_point(text, position);
}

bool ends_with_word(std::string_view text) {
  return !text.empty() && is_word(first_of(text.substr(start_of_last(text))));
}

bool starts_with_word(std::string_view text) {
  return !text.empty() && is_word(first_of(text));
}

size_t without_blanks_at_end(std::string_view text) {
  while (!text.empty()) {
    const size_t begin = start_of_last(text);
    if (!is_library_space(first_of(text.substr(begin)))) break;
    text = text.substr(0, begin);
  }
  return text.size();
}

size_t blanks_at_start(std::string_view text) {
  size_t end = 0;
  for (size_t next = 0; next < text.size(); end = next) {
    if (!is_library_space(next_code_point(text, next))) break;
  }
  return end;
}

std::string to_utf8(std::u32string_view points) {
  std::string text;
  for (const char32_t c : points) append_utf8(c, text);
  return text;
}

std::vector<TokenFinder::Pattern> patterns_in_text(const std::vector<AddedToken>& tokens) {
  std::vector<TokenFinder::Pattern> patterns;
  for (const AddedToken& token : tokens) {
    if (token.in_text) patterns.push_back({token.content, &token});
  }
  return patterns;
}

// Special tokens come first: they count where two tokens become equal.
std::vector<TokenFinder::Pattern> patterns_in_normalized(const std::vector<AddedToken>& tokens,
                                                         const TextRules& rules) {
  std::vector<TokenFinder::Pattern> patterns;
  for (const bool special : {true, false}) {
    for (const AddedToken& token : tokens) {
      if (!token.in_normalized || token.special != special) continue;
      std::string text = to_utf8(normalize_text(token.content, rules).chars);
      RPP_CHECK(!text.empty(), "nothing is left of the added token \"{}\" after normalisation: remove it",
                token.content);
      patterns.push_back({std::move(text), &token});
    }
  }
  return patterns;
}

}  // namespace

TokenFinder::TokenFinder(std::vector<Pattern> patterns) : patterns_(std::move(patterns)) {
  std::unordered_set<std::string_view> seen;
  std::vector<PieceTrie::Entry> entries;
  for (size_t i = 0; i < patterns_.size(); ++i) {
    const std::string& text = patterns_[i].text;
    if (!seen.insert(text).second) continue;
    entries.push_back({text, static_cast<int32_t>(i)});
    starts_[static_cast<unsigned char>(text[0])] = true;
  }
  if (std::ranges::count(starts_, true) == 1) only_start_ = patterns_[0].text[0];
  trie_ = std::make_unique<const PieceTrie>(std::move(entries));
}

TokenFinder::Match TokenFinder::find(std::string_view text, size_t from) const {
  for (size_t i = from; i < text.size(); ++i) {
    if (only_start_ != 0) {
      i = text.find(only_start_, i);
      if (i == text.npos) break;
    } else if (!starts_[static_cast<unsigned char>(text[i])]) {
      continue;
    }
    const PieceTrie::Match match = trie_->longest_prefix(text.substr(i));
    if (match.length > 0) return {.begin = i, .length = match.length, .pattern = match.id};
  }
  return {};
}

std::vector<TokenFinder::Part> TokenFinder::split(std::string_view text) const {
  std::vector<Part> parts;
  size_t done = 0;
  const auto add_text = [&](size_t end) {
    if (done < end) parts.push_back({.begin = done, .end = end});
  };
  for (size_t from = 0; from < text.size();) {
    const Match match = find(text, from);
    if (match.length == 0) break;
    size_t begin = match.begin, end = match.begin + match.length;
    from = end;
    const AddedToken& token = *patterns_[static_cast<size_t>(match.pattern)].token;
    const bool touches_word = ends_with_word(text.substr(0, begin)) || starts_with_word(text.substr(end));
    if (token.single_word && touches_word) continue;
    if (token.lstrip) begin = std::max(without_blanks_at_end(text.substr(0, begin)), done);
    if (token.rstrip) end += blanks_at_start(text.substr(end));
    add_text(begin);
    parts.push_back({.begin = begin, .end = end, .token = &token});
    done = end;
  }
  add_text(text.size());
  return parts;
}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const TextRules& rules)
    : tokens_(std::move(tokens)),
      in_text_(patterns_in_text(tokens_)),
      in_normalized_(patterns_in_normalized(tokens_, rules)) {}

}  // namespace rpp
