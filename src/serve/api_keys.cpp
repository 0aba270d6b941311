#include "serve/api_keys.h"

#include <fstream>

#include "rpp/error.h"

namespace rpp {
namespace {

bool are_equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

ApiKeys::ApiKeys(const std::filesystem::path& path) : is_open_(false) {
  std::ifstream file(path);
  RPP_CHECK(file, "cannot open the key file {}", path);
  for (std::string line; std::getline(file, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (!line.empty() && line[0] != '#') keys_.push_back(line);
  }
  RPP_CHECK(!keys_.empty(), "the key file {} has no key: write one per line", path);
}

bool ApiKeys::allow(std::string_view authorization) const {
  if (is_open_) return true;
  constexpr std::string_view kScheme = "Bearer ";
  if (!authorization.starts_with(kScheme)) return false;
  bool is_known = false;
  for (const std::string& key : keys_) is_known |= are_equal(authorization.substr(kScheme.size()), key);
  return is_known;
}

}  // namespace rpp
