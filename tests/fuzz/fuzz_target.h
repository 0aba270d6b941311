// A fuzz target, as the programs that drive it see it: fuzz_driver.cpp, or Clang's libFuzzer through
// libfuzzer_driver.cpp. Any bytes must end in one of its outcomes: what else a reader does is a fault.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/rng.h"

namespace rpp {

struct FuzzTarget {
  const char* name;
  const char* description;
  // What becomes of an input. Where no input at all comes to one of them, something is not tested.
  std::vector<std::string> outcomes;
  // Reads the file and says which outcome it came to.
  size_t (*read)(const std::filesystem::path& input);
  // A few changes to `bytes` that someone makes who knows the format. `others` are files to take parts from.
  void (*mutate)(std::string& bytes, const std::vector<std::string>& others, Rng& rng);
  // Makes up for a change what would end every reading at the first check; nullptr where there is no such.
  void (*repair)(std::string& bytes) = nullptr;
  // Files to start from, which a program has to write; nullptr where they are written by hand.
  void (*write_seeds)(const std::filesystem::path& directory) = nullptr;
};

const FuzzTarget& fuzz_target();  // of this program

// Reads the bytes from a file: what they came to. Readers map files, so it lies in memory where there is a
// folder for that. An input that crashed the process is still there.
size_t read_input(std::string_view bytes);
const std::filesystem::path& input_path();

}  // namespace rpp
