// The fuzz target for text files. The first byte of an input selects the reader for the rest; any bytes are
// refused with rpp::Error, or read.
#include <algorithm>
#include <vector>

#include "core/atomic_file.h"
#include "fuzz_target.h"
#include "mutate.h"
#include "rpp/error.h"
#include "text_readers.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> outcomes() {
  std::vector<std::string> names = {"refused"};
  for (const TextReader& reader : text_readers())
    names.push_back(fmt::format("{}: {} read", reader.letter, reader.file));
  return names;
}

size_t read(const fs::path& input) {
  const std::string bytes = read_file(input);
  const auto readers = text_readers();
  const auto reader = std::ranges::find(readers, bytes.empty() ? '\0' : bytes[0], &TextReader::letter);
  if (reader == readers.end()) return 0;
  const fs::path directory = input.string() + ".files";
  fs::create_directory(directory);
  write_file_atomically(directory / reader->file, bytes.substr(1));
  size_t outcome = 0;
  try {
    reader->read(directory / reader->file);
    outcome = static_cast<size_t>(1 + (reader - readers.begin()));
  } catch (const Error&) {
  }
  fs::remove_all(directory);
  return outcome;
}

}  // namespace

const FuzzTarget& fuzz_target() {
  static const FuzzTarget target = {.name = "text_fuzz",
                                    .description = "Feeds damaged texts to their readers.",
                                    .outcomes = outcomes(),
                                    .read = read,
                                    .mutate = mutate_text};
  return target;
}

}  // namespace rpp
