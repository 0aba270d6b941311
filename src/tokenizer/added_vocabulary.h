// Collects added tokens in the order in which transformers adds them, and gives them ids.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/added_tokens.h"
#include "tokenizer/vocab.h"

namespace rpp {

// An added token as a file states it.
struct StatedToken {
  std::string content;
  bool single_word = false, lstrip = false, rstrip = false;
  std::optional<bool> normalized;  // if absent, special tokens are not normalised, others are
  bool special = false;
  std::optional<int64_t> id;
  std::string file;  // for messages
};

class AddedVocabulary {
 public:
  explicit AddedVocabulary(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

  // As AddedVocabulary::add_tokens of the tokenizers library: a token of the vocabulary keeps its id, others
  // get the next ids after it. A token that is added again keeps its id and takes the new options, but is
  // still matched as before. Throws Error when the file states another id, or when the new id belongs to a
  // piece.
  void add(const StatedToken& token);

  bool contains(std::string_view content) const;
  std::optional<int32_t> find(std::string_view content) const;  // here or in the vocabulary
  std::vector<AddedToken> tokens() const;                       // by id

 private:
  int32_t new_id(const StatedToken& token) const;

  const Vocabulary& vocabulary_;
  std::vector<AddedToken> tokens_;
  int32_t next_id_ = -1;  // -1: none is beyond the vocabulary yet
};

// The id of a special token, added or of the vocabulary. Throws Error that names it if it is neither.
int32_t id_of_special(const std::string& name, const Vocabulary& vocabulary,
                      const std::vector<AddedToken>& added);

// Those of the added tokens, which are sorted by id, whose ids follow the vocabulary. Throws Error when these
// ids have gaps.
std::vector<std::string> tokens_beyond(const Vocabulary& vocabulary, const std::vector<AddedToken>& added);

}  // namespace rpp
