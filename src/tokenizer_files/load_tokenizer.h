// The tokenizer of a model directory, whichever kind it is.
#pragma once

#include <filesystem>
#include <memory>

#include "rpp/tokenizer.h"

namespace rpp {

// Reads a model directory: WordPiece (vocab.txt or tokenizer.json, see tokenizer/wordpiece_files.h), a
// sentencepiece model (spiece.model, tokenizer.model) or byte-level BPE (vocab.json with merges.txt, or
// tokenizer.json, see tokenizer/byte_bpe_files.h). Also accepts the path of one of these files. Throws
// Error for a missing file, a missing special token, and for everything that would give other ids than
// transformers.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

}  // namespace rpp
