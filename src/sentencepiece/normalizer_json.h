// The normalizer of a unigram or bpe tokenizer.json: what ALBERT does to a text before the model, the rules
// that sentencepiece compiled, and steps that remove blanks.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "tokenizer/normalized_text.h"

namespace rpp {

// AlbertTokenizer's rules: it replaces quotes, and unless told otherwise strips accents and lower-cases.
TextRules albert_rules(bool strip_accents, bool lower_case);
bool is_albert(const TextRules& rules);

struct JsonNormalizer {
  TextRules rules = kUnchangedText;
  std::string charsmap;  // the compiled rules; empty: none
};

// Removing blanks at the ends and repeated blanks is what sentencepiece does anyway, so such steps may be
// absent. Throws Error that names the first step which is not supported, or not in this order: Replace of ``
// and '' by ", NFKD and StripAccents, Lowercase, Precompiled.
JsonNormalizer parse_normalizer(const nlohmann::json& normalizer, const std::filesystem::path& file);

nlohmann::ordered_json normalizer_json(const TextRules& rules, std::string_view charsmap);

}  // namespace rpp
