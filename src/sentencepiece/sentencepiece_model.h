// Parts of a sentencepiece model that its processor does not expose.
#pragma once

#include <filesystem>
#include <string_view>

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace rpp {

// As in sentencepiece_model.proto. Points into the model's bytes.
struct SentencePieceOptions {
  bool is_bpe = false;
  bool add_dummy_prefix = true;
  std::string_view charsmap;  // of the normaliser, as compiled by sentencepiece
};

// `model`: the bytes that a processor has loaded.
SentencePieceOptions read_sentencepiece_options(std::string_view model);

// Throws Error naming the file for damage that sentencepiece accepts: pieces that are not UTF-8, scores that
// are not finite, normaliser rules that point outside the model, which sentencepiece would follow.
void check_sentencepiece_model(const std::filesystem::path& file, std::string_view model,
                               const sentencepiece::SentencePieceProcessor& processor);

}  // namespace rpp
