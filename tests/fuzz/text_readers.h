// Readers of all text files: each reads the file and uses what it has read.
#pragma once

#include <filesystem>
#include <span>
#include <string>

namespace rpp {

struct TextReader {
  char letter;       // first byte of an input of text_fuzz
  const char* file;  // the file name given to the bytes, which decides how they are read
  // Throws Error for files that are refused, std::logic_error for files that are read but inconsistent.
  void (*read)(const std::filesystem::path& file);
};

// A byte-level tokenizer: the files vocab.json and merges.txt.
std::string byte_bpe_vocab();
inline constexpr const char* kByteBpeMerges =
    "#version: 0.2\n\u0120 a\n\u0120 t\nh e\n\u0120t he\ni n\nin g\n";

std::span<const TextReader> text_readers();
const TextReader& text_reader(char letter);

}  // namespace rpp
