// The interface between a fuzz target and its drivers: fuzz_driver.cpp, or Clang's libFuzzer through
// libfuzzer_driver.cpp. Any bytes must end in one of its outcomes; everything else is a fault.
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
  // The outcomes of an input. An outcome that no input reaches means that something is not tested.
  std::vector<std::string> outcomes;
  // Reads the file and returns its outcome.
  size_t (*read)(const std::filesystem::path& input);
  // Applies a few changes to `bytes` that respect the format. `others` are files to take parts from.
  void (*mutate)(std::string& bytes, const std::vector<std::string>& others, Rng& rng);
  // Repairs checksums after a change, so that reading goes beyond the first check; nullptr if there are none.
  void (*repair)(std::string& bytes) = nullptr;
  // Initial files that a program has to write; nullptr if they are written by hand.
  void (*write_seeds)(const std::filesystem::path& directory) = nullptr;
};

const FuzzTarget& fuzz_target();  // of this program

// Reads the bytes from a file and returns the outcome. Readers map files, so the file is in /dev/shm where
// that exists. An input that crashed the process is still there afterwards.
size_t read_input(std::string_view bytes);
const std::filesystem::path& input_path();

}  // namespace rpp
