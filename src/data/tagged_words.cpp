#include "data/tagged_words.h"

#include "conll.h"
#include "core/json.h"
#include "core/nearest.h"
#include "glue_table.h"
#include "io/json_keys.h"
#include "program/line_reader.h"
#include "rpp/error.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

using std::filesystem::path;
using Json = nlohmann::json;
using Each = std::function<void(TaggedWords&&)>;

// They would break the lines of predictions.
void check_text(const std::string& text, const char* what, const FileLine& where) {
  if (text.empty())
    fail("{}:{}: a {} is empty: give each word a text and a tag", where.file, where.line, what);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) continue;
    fail("{}:{}: the {} {} holds a control character: remove it", where.file, where.line, what,
         Json(text).dump());
  }
}

void check_texts(const TaggedWords& sentence, const path& file) {
  for (size_t i = 0; i < sentence.words.size(); ++i) {
    const FileLine where{file, sentence.lines[i]};
    check_text(sentence.words[i], "word", where);
    if (!sentence.tags.empty()) check_text(sentence.tags[i], "tag", where);
  }
}

void read_columns(const path& file, const CustomTaskConfig& config, Tags tags, const Each& each) {
  LineReader reader(file);
  ConllColumns columns(file, {.word = config.word_column, .tag = config.tag_column, .tags = tags});
  TaggedWords sentence;
  const auto end_sentence = [&] {
    if (!sentence.words.empty()) each(std::exchange(sentence, {}));
  };
  for (std::string line; reader.next(line);) {
    require_utf8(line, file, reader.line_number());
    if (is_between_sentences(line)) {
      end_sentence();
      continue;
    }
    const auto [word, tag] = columns.parse(line, reader.line_number());
    check_text(word, "word", {file, reader.line_number()});
    sentence.words.push_back(word);
    sentence.lines.push_back(reader.line_number());
    if (tags == Tags::ignored) continue;
    check_text(tag, "tag", {file, reader.line_number()});
    sentence.tags.push_back(tag);
  }
  end_sentence();
}

std::string keys_in(std::string_view object) {
  std::vector<std::string> keys;
  for (const JsonKey& key : json_keys(object)) {
    if (key.object == 0) keys.push_back(key.name);
  }
  return fmt::format("{}", fmt::join(keys, ", "));
}

std::vector<std::string> texts_at(const Json& row, const std::string& key, std::string_view line,
                                  const FileLine& where) {
  const auto list = row.find(key);
  if (list == row.end()) {
    fail("{}:{}: no key '{}' among {}: name it in custom.tokens or custom.tags", where.file, where.line, key,
         keys_in(line));
  }
  if (!list->is_array()) fail("{}:{}: '{}' is no list of texts", where.file, where.line, key);
  std::vector<std::string> texts;
  for (const Json& text : *list) {
    if (!text.is_string()) {
      fail("{}:{}: '{}' holds {}, no text{}", where.file, where.line, key, text.dump(),
           text.is_number() ? ": write the names of the tags, not their numbers" : "");
    }
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::string tags_key(const Json& row, const CustomTaskConfig& config) {
  if (!config.tags.empty()) return config.tags;
  return row.contains("ner_tags") || !row.contains("tags") ? "ner_tags" : "tags";
}

void read_json_lines(const path& file, const CustomTaskConfig& config, Tags tags, const Each& each) {
  LineReader reader(file);
  for (std::string line; reader.next(line);) {
    const int64_t number = reader.line_number();
    require_utf8(line, file, number);
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const FileLine where{file, number};
    const Json row = parse_json_object(line, fmt::format("{}:{}", file, number));
    TaggedWords sentence{.words = texts_at(row, config.tokens, line, where), .tags = {}, .lines = {}};
    sentence.lines.assign(sentence.words.size(), number);
    if (tags == Tags::read) {
      const std::string key = tags_key(row, config);
      sentence.tags = texts_at(row, key, line, where);
      if (sentence.tags.size() != sentence.words.size()) {
        fail("{}:{}: {} words in '{}', but {} tags in '{}': give each word one", file, number,
             sentence.words.size(), config.tokens, sentence.tags.size(), key);
      }
    }
    check_texts(sentence, file);
    each(std::move(sentence));
  }
}

}  // namespace

void read_tagged_words(const path& file, const CustomTaskConfig& config, Tags tags, const Each& each) {
  bool has_sentences = false;
  const auto counted = [&](TaggedWords&& sentence) {
    has_sentences = true;
    each(std::move(sentence));
  };
  if (is_json_lines(file)) {
    read_json_lines(file, config, tags, counted);
  } else {
    read_columns(file, config, tags, counted);
  }
  if (!has_sentences) {
    fail("{} has no sentences: write one word and its tag per line, or a .jsonl with an object per sentence",
         file);
  }
}

}  // namespace rpp
