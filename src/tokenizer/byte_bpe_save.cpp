// The files and the fingerprint of a byte-level tokenizer.
#include <nlohmann/json.hpp>

#include "bert_format/model_files.h"
#include "byte_bpe_json.h"
#include "core/atomic_file.h"
#include "tokenizer/byte_bpe.h"
#include "tokenizer_json_parts.h"

namespace rpp {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

json byte_level(bool add_prefix_space, bool trim_offsets) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", add_prefix_space},
          {"trim_offsets", trim_offsets},
          {"use_regex", true}};
}

json post_processor(const ByteBpeTokenizer& tokenizer) {
  const ByteBpeSettings& settings = tokenizer.settings();
  json adding = {{"sep", {settings.names.sep, tokenizer.special().sep}},
                 {"cls", {settings.names.cls, tokenizer.special().cls}}};
  if (settings.two_separators) {
    adding["type"] = "RobertaProcessing";
    adding["trim_offsets"] = settings.trim_offsets;
    adding["add_prefix_space"] = settings.keep_first_blank;
    return adding;
  }
  adding["type"] = "BertProcessing";
  return {{"type", "Sequence"},
          {"processors", {byte_level(settings.keep_first_blank, settings.trim_offsets), std::move(adding)}}};
}

json merges(const ByteBpeTokenizer& tokenizer) {
  json list = json::array();
  for (const Merge& merge : tokenizer.merges()) {
    list.push_back({tokenizer.piece(merge.left), tokenizer.piece(merge.right)});
  }
  return list;
}

// Whether transformers' RobertaTokenizer, which takes only the vocabulary from a tokenizer.json, is this one.
bool is_roberta(const ByteBpeSettings& settings) {
  return settings.two_separators && !settings.ignore_merges &&
         settings.keep_first_blank == settings.add_prefix_space;
}

}  // namespace

std::string byte_bpe_json_text(const ByteBpeTokenizer& tokenizer) {
  const ByteBpeSettings& settings = tokenizer.settings();
  const json file = {{"version", "1.0"},
                     {"truncation", nullptr},
                     {"padding", nullptr},
                     {"added_tokens", added_tokens_json(settings.added)},
                     {"normalizer", nullptr},
                     {"pre_tokenizer", byte_level(settings.add_prefix_space, true)},
                     {"post_processor", post_processor(tokenizer)},
                     {"decoder", byte_level(true, true)},
                     {"model",
                      {{"type", "BPE"},
                       {"dropout", nullptr},
                       {"unk_token", nullptr},
                       {"continuing_subword_prefix", ""},
                       {"end_of_word_suffix", ""},
                       {"fuse_unk", false},
                       {"byte_fallback", false},
                       {"ignore_merges", settings.ignore_merges},
                       {"vocab", vocab_json(tokenizer.vocabulary())},
                       {"merges", merges(tokenizer)}}}};
  return file.dump() + '\n';
}

std::string ByteBpeTokenizer::identity() const {
  return "byte-level bpe\n" + settings_.names.pad + '\n' + settings_.names.mask + '\n' +
         byte_bpe_json_text(*this);
}

void ByteBpeTokenizer::save(const std::filesystem::path& directory) const {
  const ordered_json config = {
      {"tokenizer_class", is_roberta(settings_) ? "RobertaTokenizer" : "PreTrainedTokenizerFast"},
      {"add_prefix_space", settings_.add_prefix_space},
      {"trim_offsets", settings_.trim_offsets},
      {"bos_token", settings_.names.cls},
      {"eos_token", settings_.names.sep},
      {"pad_token", settings_.names.pad},
      {"unk_token", settings_.names.unk},
      {"cls_token", settings_.names.cls},
      {"sep_token", settings_.names.sep},
      {"mask_token", settings_.names.mask}};
  std::filesystem::create_directories(directory);
  write_file_atomically(directory / kTokenizerJsonFile, byte_bpe_json_text(*this));
  write_file_atomically(directory / kTokenizerConfigFile, config.dump(2) + '\n');
}

}  // namespace rpp
