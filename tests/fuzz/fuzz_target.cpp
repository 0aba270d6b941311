#include "fuzz_target.h"

#include <unistd.h>

#include <fstream>

#include "rpp/error.h"

namespace rpp {

namespace fs = std::filesystem;

const fs::path& input_path() {
  static const fs::path path = (fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path()) /
                               fmt::format("rpp_fuzz_{}", ::getpid());
  return path;
}

size_t read_input(std::string_view bytes) {
  std::ofstream file(input_path(), std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  RPP_CHECK(file.good(), "cannot write {}", input_path());
  const size_t outcome = fuzz_target().read(input_path());
  fs::remove(input_path());
  return outcome;
}

}  // namespace rpp
