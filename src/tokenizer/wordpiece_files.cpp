#include "tokenizer/wordpiece_files.h"

#include <algorithm>
#include <array>
#include <deque>

#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "rpp/error.h"
#include "tokenizer_json.h"
#include "tokenizer_settings.h"

namespace rpp {
namespace {

using std::filesystem::path;

constexpr std::array kTransformersFiles = {kTokenizerJsonFile, kTokenizerConfigFile, kSpecialTokensFile,
                                           kAddedTokensFile};
// Read a tokenizer.json as it is.
constexpr std::array<std::string_view, 4> kJsonClasses = {"PreTrainedTokenizer", "TokenizersBackend",
                                                          "ConvBertTokenizer", "RetriBertTokenizer"};
constexpr std::array<std::pair<const char*, const char*>, 5> kBertNames = {{{"unk_token", "[UNK]"},
                                                                            {"sep_token", "[SEP]"},
                                                                            {"pad_token", "[PAD]"},
                                                                            {"cls_token", "[CLS]"},
                                                                            {"mask_token", "[MASK]"}}};
constexpr std::array<std::pair<const char*, const char*>, 7> kMpnetNames = {{{"bos_token", "<s>"},
                                                                             {"eos_token", "</s>"},
                                                                             {"unk_token", "[UNK]"},
                                                                             {"sep_token", "</s>"},
                                                                             {"pad_token", "<pad>"},
                                                                             {"cls_token", "<s>"},
                                                                             {"mask_token", "<mask>"}}};

path vocabulary_file(const WordPieceFiles& files) {
  return files.vocabulary_file.empty() ? files.folder / kVocabFile : files.vocabulary_file;
}

Vocabulary vocabulary_of(const WordPieceFiles& files, VocabLines lines) {
  const auto text = files.texts.find(kVocabFile);
  RPP_CHECK(text != files.texts.end(),
            "{} holds no WordPiece vocabulary: expected vocab.txt or tokenizer.json", files.folder);
  return parse_vocabulary(text->second, vocabulary_file(files), lines);
}

std::string case_note(const std::string& file, LetterCase letter_case) {
  if (letter_case == LetterCase::lower) return "";
  return file + ": its pieces have capitals and no file says do_lower_case: text keeps its case";
}

LoadedWordPiece make_google(const WordPieceFiles& files) {
  Vocabulary vocabulary = vocabulary_of(files, VocabLines::google);
  const LetterCase letter_case = letter_case_of(vocabulary);
  return {.tokenizer = std::make_unique<WordPieceTokenizer>(std::move(vocabulary), letter_case),
          .note = case_note(vocabulary_file(files).string(), letter_case)};
}

std::optional<WordPieceJson> parse_json_file(const WordPieceFiles& files, JsonPart part) {
  const auto text = files.texts.find(kTokenizerJsonFile);
  if (text == files.texts.end()) return std::nullopt;
  return parse_tokenizer_json(text->second, files.folder / kTokenizerJsonFile, part);
}

// As MPNetTokenizer.__init__: a mask that is named without options takes the blanks before it.
void widen_mask(TransformersConfig& config) {
  for (auto& [key, token] : config.named) {
    if (key == "mask_token" && token && !token->normalized) token->lstrip = true;
  }
}

// As the __init__ of BertTokenizer, or of MPNetTokenizer.
LoadedWordPiece make_bert(const WordPieceFiles& files) {
  std::optional<WordPieceJson> file = parse_json_file(files, JsonPart::vocabulary);
  TransformersConfig config = read_transformers_config(
      files.texts, files.folder, file ? file->added : std::vector<StatedToken>(), TokenizerKind::wordpiece);
  const bool is_mpnet = config.tokenizer_class == kMpnetTokenizer;
  if (is_mpnet) {
    name_missing_tokens(config, kMpnetNames);
    widen_mask(config);
  } else {
    name_missing_tokens(config, kBertNames);
  }
  Vocabulary vocabulary = file ? std::move(file->vocabulary) : vocabulary_of(files, VocabLines::library);
  const LetterCase guess = file ? LetterCase::lower : letter_case_of(vocabulary);
  const bool lower = config.do_lower_case.value_or(guess == LetterCase::lower);
  WordPieceSettings settings;
  settings.letter_case = lower ? LetterCase::lower : LetterCase::keep;
  settings.rules = TextRules{.separate_ideographs = config.tokenize_chinese_chars.value_or(true),
                             .strip_accents = config.strip_accents.value_or(lower),
                             .lower_case = lower};
  set_special_name(config, "pad_token", settings.names.pad);
  set_special_name(config, "unk_token", settings.names.unk);
  set_special_name(config, "cls_token", settings.names.cls);
  set_special_name(config, "sep_token", settings.names.sep);
  set_special_name(config, "mask_token", settings.names.mask);
  settings.two_separators = settings.trim_offsets = is_mpnet;
  AddedVocabulary added(vocabulary);
  add_tokens(config, added);
  settings.added = added.tokens();
  std::string note;
  if (!config.do_lower_case && !file) note = case_note(vocabulary_file(files).string(), guess);
  if (!config.do_lower_case && file && letter_case_of(vocabulary) == LetterCase::keep) {
    note = fmt::format(
        "{}: its pieces have capitals, but no {} says do_lower_case: text is lower-cased, as by "
        "transformers",
        files.folder / kTokenizerJsonFile, kTokenizerConfigFile);
  }
  return {.tokenizer = std::make_unique<WordPieceTokenizer>(std::move(vocabulary), std::move(settings)),
          .note = std::move(note)};
}

// As PreTrainedTokenizerFast.
LoadedWordPiece make_as_json(const WordPieceFiles& files, const std::string& tokenizer_class) {
  WordPieceJson file = *parse_json_file(files, JsonPart::all);
  const TransformersConfig config =
      read_transformers_config(files.texts, files.folder, file.added, TokenizerKind::wordpiece);
  const bool lower = file.settings.rules->lower_case;
  RPP_CHECK(!tokenizer_class.empty() || config.do_lower_case.value_or(lower) == lower,
            "{} and {} disagree on lower-casing: save the tokenizer again", files.folder / kTokenizerJsonFile,
            files.folder / kTokenizerConfigFile);
  set_special_name(config, "pad_token", file.settings.names.pad);
  set_special_name(config, "mask_token", file.settings.names.mask);
  AddedVocabulary added(file.vocabulary);
  for (const StatedToken& token : file.added) added.add(token);
  add_tokens(config, added);
  file.settings.added = added.tokens();
  return {.tokenizer =
              std::make_unique<WordPieceTokenizer>(std::move(file.vocabulary), std::move(file.settings))};
}

bool has(const WordPieceFiles& files, const char* name) {
  return files.texts.contains(name);
}

bool reads_as_json(const WordPieceFiles& files, const std::string& tokenizer_class) {
  if (!has(files, kTokenizerJsonFile)) return false;
  if (tokenizer_class.empty()) return !has(files, kConfigFile);
  return std::ranges::find(kJsonClasses, tokenizer_class) != kJsonClasses.end();
}

}  // namespace

LoadedWordPiece make_wordpiece(const WordPieceFiles& files) {
  const std::string tokenizer_class =
      read_transformers_config(files.texts, files.folder, {}, TokenizerKind::wordpiece).tokenizer_class;
  const bool is_bare =
      std::ranges::none_of(kTransformersFiles, [&](const char* name) { return has(files, name); });
  if (is_bare && tokenizer_class != kMpnetTokenizer) return make_google(files);
  return reads_as_json(files, tokenizer_class) ? make_as_json(files, tokenizer_class) : make_bert(files);
}

LoadedWordPiece load_wordpiece(const path& path) {
  const bool is_directory = std::filesystem::is_directory(path);
  const bool is_json = path.extension() == ".json";
  WordPieceFiles files = {.texts = {}, .folder = is_directory ? path : path.parent_path()};
  std::deque<std::string> texts;  // addresses are stable
  const auto add = [&](const char* name, const std::filesystem::path& file) {
    files.texts[name] = texts.emplace_back(read_file(file));
  };
  for (const char* name : {kVocabFile, kTokenizerJsonFile, kTokenizerConfigFile, kSpecialTokensFile,
                           kAddedTokensFile, kConfigFile}) {
    const bool is_vocabulary = name == kVocabFile || name == kTokenizerJsonFile;
    if (is_vocabulary && !is_directory) continue;
    if (std::filesystem::is_regular_file(files.folder / name)) add(name, files.folder / name);
  }
  if (is_directory) return make_wordpiece(files);
  add(is_json ? kTokenizerJsonFile : kVocabFile, path);
  files.vocabulary_file = path;
  return make_wordpiece(files);
}

}  // namespace rpp
