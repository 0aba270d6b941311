// Readers with deliberate faults: tests/tools/damage_test.sh checks that the driver finds them.
#include <csignal>
#include <stdexcept>
#include <thread>
#include <vector>

#include "core/atomic_file.h"
#include "damage.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWhole = "a file that is whole\n";

DamagedFormat format(const char* name, void (*read_damaged)()) {
  return {.name = name,
          .files = {"file.txt"},
          .make = [](const fs::path& folder) { write_file_atomically(folder / "file.txt", kWhole); },
          .read =
              [read_damaged](const fs::path& folder) {
                if (read_file(folder / "file.txt") != kWhole) read_damaged();
              }};
}

void take_memory() {
  std::vector<char> bytes(size_t{200} << 20, 1);
  volatile char last = bytes.back();
  static_cast<void>(last);
}

}  // namespace

std::vector<DamagedFormat> damaged_formats() {
  return {format("sound", [] { fail("file.txt is damaged"); }),
          format("nameless", [] { fail("it is damaged"); }),
          format("foreign", [] { throw std::runtime_error("an exception of a library"); }),
          format("crash", [] { std::raise(SIGSEGV); }),
          format("memory", take_memory),
          format("hang", [] { std::this_thread::sleep_for(std::chrono::hours(1)); })};
}

}  // namespace rpp
