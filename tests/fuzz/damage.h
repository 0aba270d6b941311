// Damaged files, as a bad disk or a broken copy makes them: truncated, or with a few flipped bits. Each must
// be refused with an rpp::Error that names the file, or read as something valid, within ten seconds and ten
// times the file's size plus 64 MB of memory.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace rpp {

// The files of a directory: relative path and bytes.
using FolderFiles = std::map<std::string, std::string>;

struct DamagedFormat {
  std::string name;                // of the format, as given to --only
  std::vector<std::string> files;  // each case damages one of these
  // Writes the whole directory. It is written once; each case starts from a copy.
  std::function<void(const std::filesystem::path& folder)> make;
  // Throws Error for files that are refused, std::logic_error for files that are read but inconsistent.
  std::function<void(const std::filesystem::path& folder)> read;
  // Repairs hashes after the damage, so that reading goes beyond the first check; applied in half of the
  // cases. May be empty.
  std::function<void(const std::filesystem::path& folder)> repair = {};
  // A message that contains one of these is accepted instead of the file's name: some errors concern other
  // files.
  std::vector<std::string> also_named = {};
};

std::vector<DamagedFormat> damaged_formats();  // of this program

}  // namespace rpp
