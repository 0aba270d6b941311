// The files and the fingerprint of a WordPiece tokenizer.
#include <nlohmann/json.hpp>

#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "tokenizer/unicode.h"
#include "tokenizer/wordpiece.h"
#include "tokenizer_json.h"
#include "unicode_data.h"

namespace rpp {
namespace {

using nlohmann::ordered_json;

std::string vocabulary_text(const Vocabulary& vocabulary) {
  std::string text;
  for (const std::string& piece : vocabulary.pieces()) text += piece + '\n';
  return text;
}

// Blanks at the end of a line are not read.
bool is_line(std::string_view piece) {
  const std::u32string points = decode_utf8(piece);
  const bool ends_blank = !points.empty() && library_class_of(points.back()).is(CharClass::space);
  return !ends_blank && piece.find('\n') == piece.npos;
}

bool fits_vocab_txt(const WordPieceTokenizer& tokenizer) {
  const WordPieceSettings& settings = tokenizer.settings();
  return is_plain(settings) && (!settings.rules || adds_all_special(settings)) &&
         std::ranges::all_of(tokenizer.vocabulary().pieces(), is_line) &&
         tokenizer.size() == tokenizer.vocabulary().size();
}

ordered_json bert_config(LetterCase letter_case) {
  return {{"tokenizer_class", "BertTokenizer"},
          {"do_lower_case", letter_case == LetterCase::lower},
          {"tokenize_chinese_chars", true},
          {"strip_accents", nullptr},
          {"pad_token", "[PAD]"},
          {"unk_token", "[UNK]"},
          {"cls_token", "[CLS]"},
          {"sep_token", "[SEP]"},
          {"mask_token", "[MASK]"}};
}

// transformers adds the tokens that are named here.
ordered_json json_config(const WordPieceSettings& settings) {
  ordered_json config = {{"tokenizer_class", "PreTrainedTokenizerFast"}};
  const SpecialNames& names = settings.names;
  for (const auto& [key, name] : {std::pair("pad_token", names.pad),
                                  {"unk_token", names.unk},
                                  {"cls_token", names.cls},
                                  {"sep_token", names.sep},
                                  {"mask_token", names.mask}}) {
    const auto added = std::ranges::find(settings.added, name, &AddedToken::content);
    if (added != settings.added.end()) config[key] = name;
  }
  return config;
}

}  // namespace

// The fingerprint of a plain tokenizer is older than tokenizer.json here: shards carry it.
std::string WordPieceTokenizer::identity() const {
  if (is_plain(settings_) && beyond_.empty()) {
    return (settings_.letter_case == LetterCase::lower ? "wordpiece lower\n" : "wordpiece keep\n") +
           vocabulary_text(vocabulary_);
  }
  return "wordpiece tokenizer.json\n" + settings_.names.pad + '\n' + settings_.names.mask + '\n' +
         tokenizer_json_text(vocabulary_, settings_);
}

void WordPieceTokenizer::save(const std::filesystem::path& directory) const {
  std::filesystem::create_directories(directory);
  const bool plain = fits_vocab_txt(*this);
  if (plain) {
    write_file_atomically(directory / kVocabFile, vocabulary_text(vocabulary_));
  } else {
    write_file_atomically(directory / kTokenizerJsonFile, tokenizer_json_text(vocabulary_, settings_));
  }
  const ordered_json config = plain ? bert_config(settings_.letter_case) : json_config(settings_);
  write_file_atomically(directory / kTokenizerConfigFile, config.dump(2) + '\n');
}

}  // namespace rpp
