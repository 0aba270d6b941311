#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tokenizer/text_files.h"
#include "tokenizer/wordpiece_vocab.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

using nlohmann::json;

// Files, or parts of a tokenizer.json, and what they make of texts.
struct Case {
  const char* file;
  std::vector<std::pair<std::string_view, std::string_view>> texts;
};

// Ids and offsets of transformers 5.17 (AutoTokenizer) and tokenizers 0.23.3, as ID:BEGIN-END in bytes, for
// each switch.
const Case kConfigs[] = {
    {R"({"do_lower_case": true})",
     {
         {"\u00c9\u00e9 Aa,b", "13:0-2 14:2-4 5:5-6 6:6-7 43:7-8 7:8-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "13:0-1 14:3-4 13:7-8"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "28:0-2 31:2-4 33:4-6 31:6-8 29:9-11"},
         {"\u4e2d\u56fda\u56fd", "18:0-3 19:3-6 5:6-7 19:7-10"},
         {"price\ue000 list", "38:0-5 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b", "5:0-1 8:2-3 6:4-5 8:8-9 5:10-11 8:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 8:2-3 6:4-5"},
         {"\U0001f600\u200d\U0001f600", "1:0-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 47:4-6"},
         {"[SEP][MASK] [sep]", "3:0-5 4:5-11 22:12-13 25:13-16 23:16-17"},
         {"##b a##b", "1:0-1 1:1-2 7:2-3 5:4-5 1:5-6 1:6-7 7:7-8"},
     }},
    {R"({"do_lower_case": false})",
     {
         {"\u00c9\u00e9 Aa,b", "16:0-2 12:2-4 9:5-6 6:6-7 43:7-8 7:8-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "1:0-6 1:7-12"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "1:0-8 34:9-11"},
         {"\u4e2d\u56fda\u56fd", "18:0-3 19:3-6 5:6-7 19:7-10"},
         {"price\ue000 list", "38:0-5 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b", "5:0-1 8:2-3 6:4-5 8:8-9 5:10-11 8:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 8:2-3 6:4-5"},
         {"\U0001f600\u200d\U0001f600", "1:0-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 48:2-4 47:4-6"},
         {"[SEP][MASK] [sep]", "3:0-5 4:5-11 22:12-13 25:13-16 23:16-17"},
         {"##b a##b", "1:0-1 1:1-2 7:2-3 5:4-5 1:5-6 1:6-7 7:7-8"},
     }},
    {R"({"do_lower_case": true, "strip_accents": false})",
     {
         {"\u00c9\u00e9 Aa,b", "11:0-2 12:2-4 5:5-6 6:6-7 43:7-8 7:8-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "13:0-1 27:1-3 14:3-4 27:4-6 1:7-12"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "28:0-2 31:2-4 33:4-6 31:6-8 29:9-11"},
         {"\u4e2d\u56fda\u56fd", "18:0-3 19:3-6 5:6-7 19:7-10"},
         {"price\ue000 list", "38:0-5 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b", "5:0-1 8:2-3 6:4-5 8:8-9 5:10-11 8:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 8:2-3 6:4-5"},
         {"\U0001f600\u200d\U0001f600", "1:0-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 48:2-4 47:4-6"},
         {"[SEP][MASK] [sep]", "3:0-5 4:5-11 22:12-13 25:13-16 23:16-17"},
         {"##b a##b", "1:0-1 1:1-2 7:2-3 5:4-5 1:5-6 1:6-7 7:7-8"},
     }},
    {R"({"do_lower_case": false, "strip_accents": true})",
     {
         {"\u00c9\u00e9 Aa,b", "15:0-2 14:2-4 9:5-6 6:6-7 43:7-8 7:8-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "1:0-4 13:7-8"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "1:0-8 34:9-11"},
         {"\u4e2d\u56fda\u56fd", "18:0-3 19:3-6 5:6-7 19:7-10"},
         {"price\ue000 list", "38:0-5 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b", "5:0-1 8:2-3 6:4-5 8:8-9 5:10-11 8:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 8:2-3 6:4-5"},
         {"\U0001f600\u200d\U0001f600", "1:0-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 47:4-6"},
         {"[SEP][MASK] [sep]", "3:0-5 4:5-11 22:12-13 25:13-16 23:16-17"},
         {"##b a##b", "1:0-1 1:1-2 7:2-3 5:4-5 1:5-6 1:6-7 7:7-8"},
     }},
    {R"({"do_lower_case": true, "tokenize_chinese_chars": false, "never_split": ["[sep]"], "do_basic_tokenize": false})",
     {
         {"\u00c9\u00e9 Aa,b", "13:0-2 14:2-4 5:5-6 6:6-7 43:7-8 7:8-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "13:0-1 14:3-4 13:7-8"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "28:0-2 31:2-4 33:4-6 31:6-8 29:9-11"},
         {"\u4e2d\u56fda\u56fd", "21:0-6 6:6-7 20:7-10"},
         {"price\ue000 list", "38:0-5 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b", "5:0-1 8:2-3 6:4-5 8:8-9 5:10-11 8:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 8:2-3 6:4-5"},
         {"\U0001f600\u200d\U0001f600", "1:0-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 47:4-6"},
         {"[SEP][MASK] [sep]", "3:0-5 4:5-11 22:12-13 25:13-16 23:16-17"},
         {"##b a##b", "1:0-1 1:1-2 7:2-3 5:4-5 1:5-6 1:6-7 7:7-8"},
     }},
};

const Case kNormalizers[] = {
    {R"({"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": true}, "pre_tokenizer": {"type": "BertPreTokenizer"}})",
     {
         {"\u00c9\u00e9 Aa,b", "13:0-2 14:2-4 5:5-6 6:6-7 43:7-8 7:8-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "13:0-1 14:3-4 13:7-8"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "28:0-2 31:2-4 33:4-6 31:6-8 29:9-11"},
         {"\u4e2d\u56fda\u56fd", "18:0-3 19:3-6 5:6-7 19:7-10"},
         {"price\ue000 list", "38:0-5 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b", "5:0-1 8:2-3 6:4-5 8:8-9 5:10-11 8:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 8:2-3 6:4-5"},
         {"\U0001f600\u200d\U0001f600", "1:0-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 47:4-6"},
         {"[SEP][MASK] [sep]", "22:0-1 25:1-4 23:4-5 22:5-6 24:6-10 23:10-11 22:12-13 25:13-16 23:16-17"},
         {"##b a##b", "1:0-1 1:1-2 7:2-3 5:4-5 1:5-6 1:6-7 7:7-8"},
     }},
    {R"({"normalizer": {"type": "BertNormalizer", "clean_text": false, "handle_chinese_chars": true, "strip_accents": null, "lowercase": false}, "pre_tokenizer": {"type": "BertPreTokenizer"}})",
     {
         {"\u00c9\u00e9 Aa,b", "16:0-2 12:2-4 9:5-6 6:6-7 43:7-8 7:8-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "1:0-6 1:7-12"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "1:0-8 34:9-11"},
         {"\u4e2d\u56fda\u56fd", "18:0-3 19:3-6 5:6-7 19:7-10"},
         {"price\ue000 list", "38:0-5 40:5-8 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b", "1:0-9 5:10-11 7:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 1:2-5"},
         {"\U0001f600\u200d\U0001f600", "1:0-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 48:2-4 47:4-6"},
         {"[SEP][MASK] [sep]", "22:0-1 26:1-4 23:4-5 22:5-6 1:6-10 23:10-11 22:12-13 25:13-16 23:16-17"},
         {"##b a##b", "1:0-1 1:1-2 7:2-3 5:4-5 1:5-6 1:6-7 7:7-8"},
     }},
    {R"({"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": false, "strip_accents": true, "lowercase": false}, "pre_tokenizer": {"type": "BertPreTokenizer"}})",
     {
         {"\u00c9\u00e9 Aa,b", "15:0-2 14:2-4 9:5-6 6:6-7 43:7-8 7:8-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "1:0-4 13:7-8"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "1:0-8 34:9-11"},
         {"\u4e2d\u56fda\u56fd", "21:0-6 6:6-7 20:7-10"},
         {"price\ue000 list", "38:0-5 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b", "5:0-1 8:2-3 6:4-5 8:8-9 5:10-11 8:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 8:2-3 6:4-5"},
         {"\U0001f600\u200d\U0001f600", "1:0-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 47:4-6"},
         {"[SEP][MASK] [sep]", "22:0-1 26:1-4 23:4-5 22:5-6 1:6-10 23:10-11 22:12-13 25:13-16 23:16-17"},
         {"##b a##b", "1:0-1 1:1-2 7:2-3 5:4-5 1:5-6 1:6-7 7:7-8"},
     }},
    {R"({"normalizer": {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": false, "lowercase": true}, "pre_tokenizer": {"type": "BertPreTokenizer"}})",
     {
         {"\u00c9\u00e9 Aa,b", "11:0-2 12:2-4 5:5-6 6:6-7 43:7-8 7:8-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "13:0-1 27:1-3 14:3-4 27:4-6 1:7-12"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "28:0-2 31:2-4 33:4-6 31:6-8 29:9-11"},
         {"\u4e2d\u56fda\u56fd", "18:0-3 19:3-6 5:6-7 19:7-10"},
         {"price\ue000 list", "38:0-5 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b", "5:0-1 8:2-3 6:4-5 8:8-9 5:10-11 8:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 8:2-3 6:4-5"},
         {"\U0001f600\u200d\U0001f600", "1:0-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 48:2-4 47:4-6"},
         {"[SEP][MASK] [sep]", "22:0-1 25:1-4 23:4-5 22:5-6 24:6-10 23:10-11 22:12-13 25:13-16 23:16-17"},
         {"##b a##b", "1:0-1 1:1-2 7:2-3 5:4-5 1:5-6 1:6-7 7:7-8"},
     }},
    {R"({"normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"}})",
     {
         {"\u00c9\u00e9 Aa,b", "16:0-2 12:2-4 1:5-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "1:0-6 1:7-12"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "1:0-8 34:9-11"},
         {"\u4e2d\u56fda\u56fd", "21:0-6 6:6-7 20:7-10"},
         {"price\ue000 list", "38:0-5 40:5-8 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b", "1:0-9 5:10-11 7:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 1:2-5"},
         {"\U0001f600\u200d\U0001f600", "1:0-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 48:2-4 47:4-6"},
         {"[SEP][MASK] [sep]", "1:0-11 1:12-17"},
         {"##b a##b", "8:0-3 5:4-5 50:5-8"},
     }},
    {R"({"normalizer": null, "pre_tokenizer": {"type": "Whitespace"}})",
     {
         {"\u00c9\u00e9 Aa,b", "16:0-2 12:2-4 9:5-6 6:6-7 43:7-8 7:8-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "1:0-6 1:7-12"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "1:0-8 34:9-11"},
         {"\u4e2d\u56fda\u56fd", "21:0-6 6:6-7 20:7-10"},
         {"price\ue000 list", "38:0-5 1:5-8 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b",
          "5:0-1 1:1-2 7:2-3 1:3-4 5:4-5 1:5-8 7:8-9 5:10-11 7:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 7:2-3 1:3-4 5:4-5"},
         {"\U0001f600\u200d\U0001f600", "41:0-4 1:4-7 41:7-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 48:2-4 47:4-6"},
         {"[SEP][MASK] [sep]", "22:0-1 26:1-4 1:4-6 1:6-10 23:10-11 22:12-13 25:13-16 23:16-17"},
         {"##b a##b", "1:0-2 7:2-3 5:4-5 1:5-7 7:7-8"},
     }},
    {R"({"normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "BertPreTokenizer"}})",
     {
         {"\u00c9\u00e9 Aa,b", "11:0-2 12:2-4 5:5-6 6:6-7 43:7-8 7:8-9"},
         {"e\u0301E\u0301 e\u0316\u0301", "13:0-1 27:1-3 14:3-4 27:4-6 1:7-12"},
         {"\u039f\u03a3\u039f\u03a3 \u03a3", "28:0-2 31:2-4 33:4-6 31:6-8 29:9-11"},
         {"\u4e2d\u56fda\u56fd", "21:0-6 6:6-7 20:7-10"},
         {"price\ue000 list", "38:0-5 40:5-8 39:9-13"},
         {"a\001b\177a\u200bb a\302\205b\u2028b", "1:0-9 5:10-11 7:13-14 7:17-18"},
         {"a\013b\034a", "5:0-1 1:2-5"},
         {"\U0001f600\u200d\U0001f600", "1:0-11"},
         {"\u05d0\u05b0\u05d1", "46:0-2 48:2-4 47:4-6"},
         {"[SEP][MASK] [sep]", "22:0-1 25:1-4 23:4-5 22:5-6 24:6-10 23:10-11 22:12-13 25:13-16 23:16-17"},
         {"##b a##b", "1:0-1 1:1-2 7:2-3 5:4-5 1:5-6 1:6-7 7:7-8"},
     }},
};

const Case kAdded[] = {
    {R"({"added_tokens": [{"id": 52, "content": "[E1]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": false}]})",
     {
         {"a [E1]  b[E1]", "5:0-1 52:2-6 7:8-9 52:9-13"},
         {"  [e1] [E1]", "22:2-3 1:3-5 23:5-6 52:7-11"},
     }},
    {R"({"added_tokens": [{"id": 52, "content": "[E1]", "single_word": false, "lstrip": true, "rstrip": false, "normalized": false, "special": false}]})",
     {
         {"a [E1]  b[E1]", "5:0-1 52:1-6 7:8-9 52:9-13"},
         {"  [e1] [E1]", "22:2-3 1:3-5 23:5-6 52:6-11"},
     }},
    {R"({"added_tokens": [{"id": 52, "content": "[E1]", "single_word": false, "lstrip": false, "rstrip": true, "normalized": false, "special": false}]})",
     {
         {"a [E1]  b[E1]", "5:0-1 52:2-8 7:8-9 52:9-13"},
         {"  [e1] [E1]", "22:2-3 1:3-5 23:5-6 52:7-11"},
     }},
    {R"({"added_tokens": [{"id": 52, "content": "[E1]", "single_word": false, "lstrip": true, "rstrip": true, "normalized": false, "special": true}]})",
     {
         {"a [E1]  b[E1]", "5:0-1 52:1-8 7:8-9 52:9-13"},
         {"  [e1] [E1]", "22:2-3 1:3-5 23:5-6 52:6-11"},
     }},
    {R"({"added_tokens": [{"id": 52, "content": "[E1]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": true, "special": false}]})",
     {
         {"a [E1]  b[E1]", "5:0-1 52:2-6 7:8-9 52:9-13"},
         {"  [e1] [E1]", "52:2-6 52:7-11"},
     }},
    {R"({"added_tokens": [{"id": 49, "content": "w9", "single_word": true, "lstrip": false, "rstrip": false, "normalized": false, "special": false}]})",
     {
         {"w9 xw9 w9x w9w9 ,w9, w9\u0301 _w9",
          "49:0-2 1:3-6 49:7-9 37:9-10 1:11-15 43:16-17 49:17-19 43:19-20 49:21-23 1:26-27 49:27-29"},
     }},
    {R"({"added_tokens": [{"id": 49, "content": "w9", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": false}]})",
     {
         {"w9 xw9 w9x w9w9 ,w9, w9\u0301 _w9",
          "49:0-2 36:3-4 49:4-6 49:7-9 36:9-10 49:11-13 49:13-15 43:16-17 49:17-19 43:19-20 49:21-23 1:26-27 "
          "49:27-29"},
     }},
    {R"({"added_tokens": [{"id": 16, "content": "\u00c9", "single_word": false, "lstrip": false, "rstrip": false, "normalized": true, "special": false}]})",
     {
         {"\u00c9 e\u0301 a\u00c9b E", "16:0-2 16:3-4 5:7-8 16:8-10 7:10-11 16:12-13"},
     }},
    {R"({"added_tokens": [{"id": 16, "content": "\u00c9", "single_word": false, "lstrip": false, "rstrip": true, "normalized": true, "special": false}]})",
     {
         {"\u00c9 e\u0301 a\u00c9b E", "16:0-3 16:3-7 5:7-8 16:8-10 7:10-11 16:12-13"},
     }},
    {R"({"added_tokens": [{"id": 16, "content": "\u00c9", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": false}]})",
     {
         {"\u00c9 e\u0301 a\u00c9b E", "16:0-2 13:3-4 5:7-8 16:8-10 7:10-11 13:12-13"},
     }},
};

std::string encoded_text(const Tokenizer& tokenizer, std::string_view text) {
  const EncodedText encoded = tokenizer.encode_with_offsets(text);
  EXPECT_EQ(encoded.ids, tokenizer.encode(text)) << text;
  std::string result;
  for (size_t i = 0; i < encoded.ids.size(); ++i) {
    if (i > 0) result += ' ';
    result += fmt::format("{}:{}-{}", encoded.ids[i], encoded.spans[i].begin, encoded.spans[i].end);
  }
  return result;
}

class WordPieceReference : public TextFiles {
 protected:
  // Also after the tokenizer was saved.
  void expect_texts(const Case& expected) const {
    const auto tokenizer = load_tokenizer(directory_);
    tokenizer->save(directory_ / "saved");
    const auto again = load_tokenizer(directory_ / "saved");
    EXPECT_EQ(fingerprint(*again), fingerprint(*tokenizer)) << expected.file;
    for (const auto& [text, tokens] : expected.texts) {
      EXPECT_EQ(encoded_text(*tokenizer, text), tokens) << expected.file << ": " << text;
      EXPECT_EQ(encoded_text(*again, text), tokens) << expected.file << ", saved: " << text;
    }
    std::filesystem::remove_all(directory_ / "saved");
  }

  void expect_json(const Case& expected) const {
    json file = wordpiece_json();
    file.update(json::parse(expected.file));
    write("tokenizer.json", file.dump());
    expect_texts(expected);
  }
};

TEST_F(WordPieceReference, SwitchesOfTokenizerConfig) {
  write("vocab.txt", wordpiece_vocab());
  for (const Case& expected : kConfigs) {
    write("tokenizer_config.json", expected.file);
    expect_texts(expected);
  }
}

TEST_F(WordPieceReference, NormalizersAndPreTokenizers) {
  for (const Case& expected : kNormalizers) expect_json(expected);
}

TEST_F(WordPieceReference, AddedTokens) {
  for (const Case& expected : kAdded) expect_json(expected);
}

}  // namespace
}  // namespace rpp
