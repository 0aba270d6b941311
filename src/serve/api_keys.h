// The keys that clients send as "Authorization: Bearer KEY".
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rpp {

class ApiKeys {
 public:
  ApiKeys() = default;  // none is needed
  // One key per line; blank lines and lines with a leading # are skipped. Throws Error for a file without
  // keys.
  explicit ApiKeys(const std::filesystem::path& file);

  // Takes as long for a key that is wrong at its start as for one that is wrong at its end.
  bool allow(std::string_view authorization) const;

 private:
  bool is_open_ = true;
  std::vector<std::string> keys_;
};

}  // namespace rpp
