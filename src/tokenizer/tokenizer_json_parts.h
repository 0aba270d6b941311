// Parts of a tokenizer.json that tokenizers of several kinds have: read and written.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/added_tokens.h"
#include "tokenizer/added_vocabulary.h"
#include "tokenizer/vocab.h"

namespace rpp {

// The member of an object, or null.
nlohmann::json json_member(const nlohmann::json& object, const char* key);

// The vocabulary of {"piece": id, ...}; `where` names it in messages. Throws Error for ids that are not
// numbers, too large or given twice.
std::map<int32_t, std::string> pieces_by_id(const nlohmann::json& vocab, std::string_view where);

// Throws Error: the part `key`, or its type, is not supported.
[[noreturn]] void refuse_part(const std::filesystem::path& file, const char* key, const nlohmann::json& value,
                              std::string_view supported);

// A switch of an object of the file.
bool json_switch(const nlohmann::json& object, const char* key, bool if_absent,
                 const std::filesystem::path& file);

// In the file's order.
std::vector<StatedToken> added_tokens_of(const nlohmann::json& parsed, const std::filesystem::path& file);

// A special token as a post_processor states it.
struct PostToken {
  std::string name;
  int64_t id = -1;
};

// The first and the last token of a sequence, and how pairs are made.
struct PostTokens {
  PostToken cls, sep;
  bool two_separators = false;  // see SpecialTokens
};

// Of a BertProcessing, a RobertaProcessing, or a TemplateProcessing for [CLS] A [SEP] with [CLS] A [SEP] B
// [SEP] or [CLS] A [SEP] [SEP] B [SEP]. Throws Error for others.
PostTokens post_tokens_of(const nlohmann::json& post_processor, const std::filesystem::path& file);

// Throws Error if the vocabulary or the added tokens give one of them another id.
void check_post_tokens(const PostTokens& tokens, const Vocabulary& vocabulary,
                       const std::vector<StatedToken>& added, const std::filesystem::path& file);

nlohmann::json added_tokens_json(const std::vector<AddedToken>& tokens);
nlohmann::json vocab_json(const Vocabulary& vocabulary);

}  // namespace rpp
