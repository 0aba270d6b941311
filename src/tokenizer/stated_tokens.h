// Added and special tokens as the files of transformers write them.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>

#include "tokenizer/added_vocabulary.h"

namespace rpp {

// A string, which is a special token, or an object with a "content" and the options of an added token. Throws
// Error that names the file for anything else.
StatedToken stated_token(const nlohmann::json& token, const std::filesystem::path& file);

}  // namespace rpp
