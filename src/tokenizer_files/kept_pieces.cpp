#include "tokenizer_files/kept_pieces.h"

#include <algorithm>
#include <set>

#include "rpp/error.h"
#include "sentencepiece/sentencepiece_tokenizer.h"
#include "tokenizer/wordpiece.h"

namespace rpp {
namespace {

[[noreturn]] void fail_for_kind() {
  fail(
      "only WordPiece and unigram vocabularies can be cut: in others the tokens of a text depend on pieces "
      "that "
      "it does not have");
}

std::unique_ptr<Tokenizer> keep_in_wordpiece(const WordPieceTokenizer& tokenizer,
                                             std::span<const int32_t> ids) {
  std::vector<std::string> pieces;
  for (const int32_t id : ids) {
    if (id < tokenizer.vocabulary().size()) pieces.push_back(tokenizer.vocabulary().piece(id));
  }
  WordPieceSettings settings = tokenizer.settings();
  for (AddedToken& token : settings.added) {
    token.id = static_cast<int32_t>(std::ranges::lower_bound(ids, token.id) - ids.begin());
  }
  return std::make_unique<WordPieceTokenizer>(Vocabulary(std::move(pieces)), std::move(settings));
}

}  // namespace

std::vector<int32_t> required_pieces(const Tokenizer& tokenizer) {
  if (const auto* pieces = dynamic_cast<const SentencePieceTokenizer*>(&tokenizer)) {
    if (pieces->is_unigram()) return pieces->required();
  }
  const auto* words = dynamic_cast<const WordPieceTokenizer*>(&tokenizer);
  if (words == nullptr) fail_for_kind();
  const SpecialTokens& special = words->special();
  std::set<int32_t> ids = {special.pad, special.unk, special.cls, special.sep, special.mask};
  for (const AddedToken& token : words->settings().added) ids.insert(token.id);
  return {ids.begin(), ids.end()};
}

std::unique_ptr<Tokenizer> keep_pieces(const Tokenizer& tokenizer, std::span<const int32_t> ids) {
  if (const auto* pieces = dynamic_cast<const SentencePieceTokenizer*>(&tokenizer)) {
    if (pieces->is_unigram()) return std::make_unique<SentencePieceTokenizer>(pieces->keeping(ids));
  }
  const auto* words = dynamic_cast<const WordPieceTokenizer*>(&tokenizer);
  if (words == nullptr) fail_for_kind();
  return keep_in_wordpiece(*words, ids);
}

}  // namespace rpp
