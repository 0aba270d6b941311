#include "tokenizer/byte_bpe_files.h"

#include <algorithm>
#include <array>

#include "bert_format/model_files.h"
#include "byte_bpe_json.h"
#include "core/json.h"
#include "rpp/error.h"
#include "tokenizer/transformers_config.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr std::array<std::pair<const char*, const char*>, 7> kRobertaNames = {{{"bos_token", "<s>"},
                                                                               {"eos_token", "</s>"},
                                                                               {"unk_token", "<unk>"},
                                                                               {"sep_token", "</s>"},
                                                                               {"pad_token", "<pad>"},
                                                                               {"cls_token", "<s>"},
                                                                               {"mask_token", "<mask>"}}};

bool has(const TokenizerTexts& texts, const char* name) {
  return texts.contains(name);
}

// Without a tokenizer_class the type of the model names one.
void check_model_type(const TokenizerTexts& texts, const path& folder) {
  const auto config = object_in(texts, folder, kConfigFile);
  if (!config) return;
  const json type = json(config->value("model_type", json()));
  RPP_CHECK(
      type == "roberta" || type.is_null(),
      "{}: transformers reads the tokenizer of a model of type {} as another kind, but this is byte-level "
      "BPE: name its tokenizer_class in {}",
      folder / kConfigFile, type.dump(), folder / kTokenizerConfigFile);
}

bool is_read_as_json(const TokenizerTexts& texts, const std::string& tokenizer_class) {
  if (tokenizer_class.empty()) return has(texts, kTokenizerJsonFile) && !has(texts, kConfigFile);
  return tokenizer_class == "PreTrainedTokenizer" || tokenizer_class == "TokenizersBackend";
}

std::string_view required_text(const TokenizerTexts& texts, const path& folder, const char* name) {
  const auto text = texts.find(name);
  RPP_CHECK(text != texts.end(), "{} is missing: byte-level BPE needs {} and {}, or {}", folder / name,
            kBpeVocabFile, kBpeMergesFile, kTokenizerJsonFile);
  return text->second;
}

ByteBpeJson vocabulary_of(const TokenizerTexts& texts, const path& folder) {
  const auto text = texts.find(kTokenizerJsonFile);
  if (text != texts.end()) {
    return parse_byte_bpe_json(text->second, folder / kTokenizerJsonFile, JsonPart::vocabulary);
  }
  const std::string_view vocab = required_text(texts, folder, kBpeVocabFile);
  return {.model = parse_byte_bpe_files(vocab, required_text(texts, folder, kBpeMergesFile), folder),
          .settings = {},
          .added = {}};
}

void name_special(const TransformersConfig& config, ByteBpeSettings& settings) {
  set_special_name(config, "pad_token", settings.names.pad);
  set_special_name(config, "unk_token", settings.names.unk);
  set_special_name(config, "mask_token", settings.names.mask);
}

// As RobertaTokenizer.__init__.
std::unique_ptr<ByteBpeTokenizer> make_roberta(const TokenizerTexts& texts, const path& folder) {
  ByteBpeJson read = vocabulary_of(texts, folder);
  TransformersConfig config = read_transformers_config(texts, folder, read.added, TokenizerKind::byte_bpe);
  name_missing_tokens(config, kRobertaNames);
  ByteBpeSettings settings;
  settings.add_prefix_space = config.add_prefix_space.value_or(false);
  settings.keep_first_blank = settings.add_prefix_space;
  settings.trim_offsets = config.trim_offsets.value_or(true);
  name_special(config, settings);
  set_special_name(config, "cls_token", settings.names.cls);
  set_special_name(config, "sep_token", settings.names.sep);
  AddedVocabulary added(read.model.vocabulary);
  add_tokens(config, added);
  settings.added = added.tokens();
  return std::make_unique<ByteBpeTokenizer>(std::move(read.model), std::move(settings));
}

// As PreTrainedTokenizerFast.
std::unique_ptr<ByteBpeTokenizer> make_from_json(const TokenizerTexts& texts, const path& folder) {
  ByteBpeJson read = parse_byte_bpe_json(required_text(texts, folder, kTokenizerJsonFile),
                                         folder / kTokenizerJsonFile, JsonPart::all);
  const TransformersConfig config =
      read_transformers_config(texts, folder, read.added, TokenizerKind::byte_bpe);
  name_special(config, read.settings);
  AddedVocabulary added(read.model.vocabulary);
  for (const StatedToken& token : read.added) added.add(token);
  add_tokens(config, added);
  read.settings.added = added.tokens();
  return std::make_unique<ByteBpeTokenizer>(std::move(read.model), std::move(read.settings));
}

}  // namespace

std::unique_ptr<ByteBpeTokenizer> make_byte_bpe(const TokenizerTexts& texts, const path& folder) {
  const std::string tokenizer_class =
      read_transformers_config(texts, folder, {}, TokenizerKind::byte_bpe).tokenizer_class;
  if (tokenizer_class.empty()) check_model_type(texts, folder);
  return is_read_as_json(texts, tokenizer_class) ? make_from_json(texts, folder)
                                                 : make_roberta(texts, folder);
}

}  // namespace rpp
