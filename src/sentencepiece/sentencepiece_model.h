// What is in the bytes of a sentencepiece model, beside what its processor tells.
#pragma once

#include <filesystem>
#include <string_view>

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace rpp {

// Of sentencepiece_model.proto. Points into the model's bytes.
struct SentencePieceOptions {
  bool is_bpe = false;
  bool add_dummy_prefix = true;
  std::string_view charsmap;  // of the normaliser, as sentencepiece compiled it
};

// `model`: the bytes that a processor has loaded.
SentencePieceOptions read_sentencepiece_options(std::string_view model);

// Throws Error naming the file where sentencepiece has loaded a damaged model: pieces that are not UTF-8,
// scores that are not finite, rules of the normaliser that point outside of it, which sentencepiece would
// follow.
void check_sentencepiece_model(const std::filesystem::path& file, std::string_view model,
                               const sentencepiece::SentencePieceProcessor& processor);

}  // namespace rpp
