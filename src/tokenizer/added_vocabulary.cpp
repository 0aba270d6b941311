#include "tokenizer/added_vocabulary.h"

#include <algorithm>

#include "rpp/error.h"

namespace rpp {

void AddedVocabulary::add(const StatedToken& token) {
  if (token.content.empty()) return;
  const std::optional<int32_t> known = find(token.content);
  const int32_t id = known ? *known : new_id(token);
  RPP_CHECK(!token.id || *token.id == id,
            "{}: the added token \"{}\" has the id {}, transformers gives it {}: save the tokenizer again",
            token.file, token.content, *token.id, id);
  const bool normalized = token.normalized.value_or(!token.special);
  auto place = std::ranges::find(tokens_, token.content, &AddedToken::content);
  const bool is_new = place == tokens_.end();
  if (is_new) {
    tokens_.push_back({.content = token.content, .id = id, .in_text = false});
    place = tokens_.end() - 1;
  }
  // A special token stays in the list in which it was first; any other token is in both.
  if (!place->special) (normalized ? place->in_normalized : place->in_text) = true;
  place->special = place->special || token.special;
  place->single_word = token.single_word;
  place->lstrip = token.lstrip;
  place->rstrip = token.rstrip;
  if (!known) next_id_ = id + 1;
}

int32_t AddedVocabulary::new_id(const StatedToken& token) const {
  const int32_t id = next_id_ < 0 ? vocabulary_.num_distinct() : next_id_;
  RPP_CHECK(id >= vocabulary_.size(),
            "{}: transformers gives the added token \"{}\" the id {}, which is within the vocabulary, since "
            "{} has equal pieces or gaps: add the token to the vocabulary",
            token.file, token.content, id, vocabulary_.source());
  return id;
}

bool AddedVocabulary::contains(std::string_view content) const {
  return std::ranges::find(tokens_, content, &AddedToken::content) != tokens_.end();
}

std::optional<int32_t> AddedVocabulary::find(std::string_view content) const {
  const auto place = std::ranges::find(tokens_, content, &AddedToken::content);
  return place != tokens_.end() ? place->id : vocabulary_.find(content);
}

std::vector<AddedToken> AddedVocabulary::tokens() const {
  std::vector<AddedToken> sorted = tokens_;
  std::ranges::sort(sorted, {}, &AddedToken::id);
  return sorted;
}

int32_t id_of_special(const std::string& name, const Vocabulary& vocabulary,
                      const std::vector<AddedToken>& added) {
  const auto token = std::ranges::find(added, name, &AddedToken::content);
  return token != added.end() ? token->id : vocabulary.require(name);
}

std::vector<std::string> tokens_beyond(const Vocabulary& vocabulary, const std::vector<AddedToken>& added) {
  std::vector<std::string> beyond;
  for (const AddedToken& token : added) {
    if (token.id < vocabulary.size()) continue;
    RPP_CHECK(token.id == vocabulary.size() + static_cast<int32_t>(beyond.size()),
              "the added token \"{}\" has the id {}, the next one is {}: save the tokenizer again",
              token.content, token.id, vocabulary.size() + static_cast<int32_t>(beyond.size()));
    beyond.push_back(token.content);
  }
  return beyond;
}

}  // namespace rpp
