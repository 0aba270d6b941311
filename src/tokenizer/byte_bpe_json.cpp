#include "byte_bpe_json.h"

#include <algorithm>

#include "bert_format/model_files.h"
#include "core/json.h"
#include "rpp/error.h"
#include "tokenizer/unicode.h"
#include "tokenizer_json_parts.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;
using PiecePair = std::pair<std::string, std::string>;

// "a b"
std::optional<PiecePair> pair_in(std::string_view line) {
  const size_t blank = line.find(' ');
  if (blank == line.npos || line.find(' ', blank + 1) != line.npos) return std::nullopt;
  return PiecePair(line.substr(0, blank), line.substr(blank + 1));
}

// "a b", or ["a", "b"] in newer files.
PiecePair merge_of(const json& merge, size_t number, const path& file) {
  if (merge.is_string()) {
    if (auto pair = pair_in(merge.get_ref<const std::string&>())) return *std::move(pair);
  }
  RPP_CHECK(merge.is_array() && merge.size() == 2 && merge[0].is_string() && merge[1].is_string(),
            "{}: model.merges: entry {} is {}, it must be two pieces", file, number, merge.dump());
  return {merge[0].get<std::string>(), merge[1].get<std::string>()};
}

std::vector<PiecePair> merges_of(const json& model, const path& file) {
  std::vector<PiecePair> merges;
  const auto list = model.find("merges");
  RPP_CHECK(list != model.end() && list->is_array(), "{}: model.merges must be a list of pairs of pieces",
            file);
  merges.reserve(list->size());
  for (const json& merge : *list) merges.push_back(merge_of(merge, merges.size() + 1, file));
  return merges;
}

// Of the tokenizers library's lines() of a file: without the line end.
std::vector<PiecePair> parse_merges(std::string_view text, const path& file) {
  std::vector<PiecePair> merges;
  for (size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with("#version")) continue;
    RPP_CHECK(find_invalid_utf8(line) == line.size(), "{}, line {}: not valid UTF-8: copy the file again",
              file, number);
    auto pair = pair_in(line);
    RPP_CHECK(pair,
              "{}, line {}: \"{}\" is not a pair of pieces with a blank between them: copy the file again",
              file, number, line);
    merges.push_back(*std::move(pair));
  }
  return merges;
}

// The type is absent in files of old versions.
bool is_bpe(const json& model) {
  if (!model.is_object() || !model.contains("vocab") || !model["vocab"].is_object()) return false;
  const auto type = model.find("type");
  return type == model.end() ? model.contains("merges") : *type == "BPE";
}

// `unk_token`, `fuse_unk` and `byte_fallback` are for characters without a piece, of which there are none.
void check_model(const json& model, const path& file) {
  const json dropout = json_member(model, "dropout");
  RPP_CHECK(dropout.is_null() || dropout == 0, "{}: model.dropout {} is not supported, it must be null", file,
            dropout.dump());
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    const json affix = json_member(model, key);
    RPP_CHECK(affix.is_null() || affix == "", "{}: model.{} {} is not supported, it must be null", file, key,
              affix.dump());
  }
  const json fallback = json_member(model, "byte_fallback");
  RPP_CHECK(fallback.is_null() || fallback == false,
            "{}: model.byte_fallback {} is not supported, it must be false", file, fallback.dump());
}

bool prefix_space_of(const json& parsed, const path& file) {
  const json normalizer = json_member(parsed, "normalizer");
  if (!normalizer.is_null()) refuse_part(file, "normalizer", normalizer, "null with byte-level BPE");
  const json pre_tokenizer = json_member(parsed, "pre_tokenizer");
  if (json_member(pre_tokenizer, "type") != "ByteLevel") {
    refuse_part(file, "pre_tokenizer", pre_tokenizer, "ByteLevel with BPE");
  }
  RPP_CHECK(json_switch(pre_tokenizer, "use_regex", true, file),
            "{}: pre_tokenizer.use_regex false is not supported, it must be true", file);
  return json_switch(pre_tokenizer, "add_prefix_space", true, file);
}

void read_trimming(const json& processor, const path& file, ByteBpeSettings& settings) {
  settings.trim_offsets = json_switch(processor, "trim_offsets", true, file);
  settings.keep_first_blank = json_switch(processor, "add_prefix_space", true, file);
}

// Sets how offsets are trimmed; returns the processor that adds the special tokens.
json adding_processor(const json& processor, const path& file, ByteBpeSettings& settings) {
  settings.trim_offsets = false;
  const json type = json_member(processor, "type");
  if (type == "RobertaProcessing") read_trimming(processor, file, settings);
  if (type != "Sequence") return processor;
  const json steps = json_member(processor, "processors");
  const bool is_usual = steps.is_array() && steps.size() == 2 &&
                        json_member(steps[0], "type") == "ByteLevel" &&
                        json_member(steps[1], "type") != "RobertaProcessing";
  RPP_CHECK(is_usual, "{}: post_processor {} is not supported, only a ByteLevel and what adds special tokens",
            file, steps.dump());
  read_trimming(steps[0], file, settings);
  return steps[1];
}

ByteBpeSettings settings_in(const json& parsed, const path& file, const ByteBpeJson& read) {
  const json& model = parsed.at("model");
  check_model(model, file);
  ByteBpeSettings settings;
  settings.add_prefix_space = prefix_space_of(parsed, file);
  settings.ignore_merges = json_switch(model, "ignore_merges", false, file);
  const json processor = adding_processor(json_member(parsed, "post_processor"), file, settings);
  const PostTokens tokens = post_tokens_of(processor, file);
  check_post_tokens(tokens, read.model.vocabulary, read.added, file);
  settings.two_separators = tokens.two_separators;
  settings.names.cls = tokens.cls.name;
  settings.names.sep = tokens.sep.name;
  const json unknown = json_member(model, "unk_token");
  if (unknown.is_string()) settings.names.unk = unknown.get<std::string>();
  return settings;
}

}  // namespace

ByteBpeJson parse_byte_bpe_json(std::string_view text, const path& file, JsonPart part) {
  const json parsed = parse_json_object(text, file.string(), "save the tokenizer again");
  RPP_CHECK(parsed.contains("model") && is_bpe(parsed["model"]),
            "{} holds no BPE model: save the tokenizer again", file);
  const json& model = parsed["model"];
  ByteBpeJson result = {
      .model = {.vocabulary =
                    Vocabulary(pieces_by_id(model["vocab"], file.string() + ": model.vocab"), file.string()),
                .merges = merges_of(model, file),
                .merges_file = file.string()},
      .settings = {},
      .added = added_tokens_of(parsed, file)};
  if (part == JsonPart::all) result.settings = settings_in(parsed, file, result);
  return result;
}

ByteBpeModel parse_byte_bpe_files(std::string_view vocab_json, std::string_view merges_txt,
                                  const path& folder) {
  const path vocab_file = folder / kBpeVocabFile;
  const json vocab = parse_json_object(vocab_json, vocab_file.string(), "copy the file again");
  return {.vocabulary = Vocabulary(pieces_by_id(vocab, vocab_file.string()), vocab_file.string()),
          .merges = parse_merges(merges_txt, folder / kBpeMergesFile),
          .merges_file = (folder / kBpeMergesFile).string()};
}

}  // namespace rpp
