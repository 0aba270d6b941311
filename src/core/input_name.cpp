#include "core/input_name.h"

namespace rpp {

bool is_standard_input(const std::filesystem::path& path) {
  return path == "-";
}

std::string input_name(const std::filesystem::path& path) {
  return is_standard_input(path) ? "standard input" : path.string();
}

}  // namespace rpp
