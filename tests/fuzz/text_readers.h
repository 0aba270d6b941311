// Readers of what the programs read beside models: each reads the file and uses what it has read.
#pragma once

#include <filesystem>
#include <span>

namespace rpp {

struct TextReader {
  char letter;       // at the front of an input of text_fuzz
  const char* file;  // the name that the bytes get, which decides how they are read
  // Throws Error for what is refused, std::logic_error for something that is read and makes no sense.
  void (*read)(const std::filesystem::path& file);
};

std::span<const TextReader> text_readers();
const TextReader& text_reader(char letter);

}  // namespace rpp
