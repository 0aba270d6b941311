// Damaged files, as a bad disk or a broken copy makes them: truncated, or with a few bits flipped. Each must
// be refused with an rpp::Error that names the file, or be read to something well-formed, within ten seconds
// and ten times the file's size plus 64 MB of memory.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace rpp {

// The files of a folder: path in it, bytes.
using FolderFiles = std::map<std::string, std::string>;

struct DamagedFormat {
  std::string name;                // of the format, as --only takes it
  std::vector<std::string> files;  // each case damages one of these
  // Writes the whole folder. It is written once; each case starts from a copy.
  std::function<void(const std::filesystem::path& folder)> make;
  // Throws Error for what is refused, std::logic_error for what is read and makes no sense.
  std::function<void(const std::filesystem::path& folder)> read;
  // Makes up for the damage in hashes that would end every reading at the first check; half of the cases have
  // it. May be empty.
  std::function<void(const std::filesystem::path& folder)> repair = {};
  // A message that has one of these is as good as one with the file's name: where the file speaks of others.
  std::vector<std::string> also_named = {};
};

std::vector<DamagedFormat> damaged_formats();  // of this program

}  // namespace rpp
