// Damages files of every format and reads them in a child process: a crash or hang is counted, and the next
// case runs in a new child.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <new>
#include <thread>

#include "core/atomic_file.h"
#include "core/peak_memory.h"
#include "core/rng.h"
#include "damage.h"
#include "mutate.h"
#include "program/log.h"
#include "program/run_main.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr auto kLimit = std::chrono::seconds(10);  // per case
constexpr int64_t kSpareBytes = int64_t{64} << 20;
constexpr rlim_t kAddressSpace = rlim_t{16} << 30;  // larger requests fail instead of filling the machine
constexpr int kMaxFailures = 20;                    // per format
#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

struct Arguments {
  uint64_t seed = 1, first = 0;
  int64_t count = 1000;
  std::string only;
  bool list = false;
};

// What the child reports to its parent.
struct Progress {
  std::atomic<uint64_t> current{0};  // the running case, or one past the last
  std::atomic<int64_t> read{0}, refused{0}, failed{0};
};

fs::path work_folder() {
  const fs::path base = fs::exists("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
  return base / fmt::format("rpp_damage_{}", ::getpid());
}

FolderFiles read_folder(const fs::path& folder) {
  FolderFiles files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), folder)] = read_file(entry.path());
  }
  return files;
}

void write_bytes(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  RPP_CHECK(file.good(), "cannot write {}", path);
}

// Headers are short compared with the data and matter more: a third of the flipped bits are in the first
// bytes.
void flip_bits(std::string& bytes, Rng& rng) {
  constexpr size_t kFront = 128;
  for (uint64_t left = 1 + rng.below(8); left > 0; --left) {
    std::string front = bytes.substr(0, kFront);
    if (rng.below(3) != 0) {
      flip_bit(bytes, rng);
    } else {
      flip_bit(front, rng);
      bytes.replace(0, front.size(), front);
    }
  }
}

struct Damage {
  std::string file, what;
};

Damage damage_one(const DamagedFormat& format, const FolderFiles& whole, const fs::path& folder, Rng rng) {
  Damage damage{.file = format.files[rng.below(format.files.size())], .what = "bits flipped"};
  std::string bytes = whole.at(damage.file);
  if (rng.below(2) == 0) {
    truncate(bytes, rng);
    damage.what = fmt::format("cut to {} of {} bytes", bytes.size(), whole.at(damage.file).size());
  } else {
    flip_bits(bytes, rng);
  }
  write_bytes(folder / damage.file, bytes);
  if (format.repair && rng.below(2) == 0) {
    format.repair(folder);
    damage.what += ", hashes made up for it";
  }
  return damage;
}

bool is_named(const DamagedFormat& format, const Damage& damage, std::string_view message) {
  std::vector<std::string> names = format.also_named;
  names.push_back(fs::path(damage.file).filename());
  return std::ranges::any_of(
      names, [&](const std::string& name) { return message.find(name) != std::string_view::npos; });
}

// Empty: the outcome is acceptable.
std::string fault_of_case(const DamagedFormat& format, const fs::path& folder, const Damage& damage,
                          Progress& progress) {
  try {
    format.read(folder);
    ++progress.read;
  } catch (const Error& error) {
    ++progress.refused;
    return is_named(format, damage, error.what())
               ? ""
               : fmt::format("refused without the name of the file: {}", error.what());
  } catch (const std::exception& error) {
    return fmt::format("not an rpp::Error: {}", error.what());
  }
  return "";
}

void run_case(const DamagedFormat& format, const FolderFiles& whole, const fs::path& folder,
              const Arguments& arguments, uint64_t index, Progress& progress) {
  fs::remove_all(folder);
  for (const auto& [name, bytes] : whole) write_bytes(folder / name, bytes);
  const Damage damage = damage_one(format, whole, folder, Rng(mix_key(arguments.seed, index)));
  const auto limit = 10 * static_cast<int64_t>(whole.at(damage.file).size()) + kSpareBytes;
  reset_peak_resident_bytes();
  const int64_t before = resident_bytes();
  std::string fault = fault_of_case(format, folder, damage, progress);
  const int64_t taken = peak_resident_bytes() - before;
  if (fault.empty() && !kSanitized && taken > limit) fault = fmt::format("took {} MB", taken >> 20);
  if (fault.empty()) return;
  ++progress.failed;
  fmt::print("FAILED: {}, case {} of seed {}, {} {}: {}\n", format.name, index, arguments.seed, damage.file,
             damage.what, fault);
}

[[noreturn]] void run_child(const DamagedFormat& format, const Arguments& arguments, const fs::path& folder,
                            uint64_t end, Progress& progress) {
  if (!kSanitized) {  // its shadow memory takes terabytes of address space
    const rlimit limit{kAddressSpace, kAddressSpace};
    ::setrlimit(RLIMIT_AS, &limit);
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  int status = 0;
  try {
    fs::remove_all(folder);
    fs::create_directories(folder);
    format.make(folder);
    const FolderFiles whole = read_folder(folder);
    format.read(folder);  // undamaged files must be readable; this also allocates one-time memory
    for (; progress.current < end; ++progress.current) {
      run_case(format, whole, folder, arguments, progress.current, progress);
      if (progress.failed >= kMaxFailures) break;
    }
  } catch (const std::exception& error) {
    fmt::print("FAILED: {}, whole: {}\n", format.name, error.what());
    status = 1;
  }
  std::fflush(nullptr);
  ::_exit(status);
}

// Empty when the child ended normally; else how it ended. A child that hangs is killed.
std::string wait_for(pid_t child, const Progress& progress) {
  uint64_t seen = progress.current;
  auto since = Clock::now();
  for (int status = 0;;) {
    if (::waitpid(child, &status, WNOHANG) == child) {
      if (WIFSIGNALED(status)) return fmt::format("crashed with signal {}", WTERMSIG(status));
      return WEXITSTATUS(status) == 0 ? "" : fmt::format("ended the program with {}", WEXITSTATUS(status));
    }
    if (progress.current != seen) {
      seen = progress.current;
      since = Clock::now();
    } else if (Clock::now() - since > (kSanitized ? 3 * kLimit : kLimit)) {
      ::kill(child, SIGKILL);
      ::waitpid(child, &status, 0);
      return "did not end in time";
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

int64_t run_format(const DamagedFormat& format, const Arguments& arguments, Progress& progress) {
  const fs::path folder = work_folder();
  const auto start = Clock::now();
  const uint64_t end = arguments.first + static_cast<uint64_t>(arguments.count);
  progress.current = arguments.first;
  progress.read = progress.refused = progress.failed = 0;
  while (progress.current < end && progress.failed < kMaxFailures) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    RPP_CHECK(child >= 0, "cannot start a process");
    if (child == 0) run_child(format, arguments, folder, end, progress);
    const std::string fault = wait_for(child, progress);
    if (fault.empty()) break;
    ++progress.failed;
    fmt::print("FAILED: {}, case {} of seed {}: {}\n", format.name, progress.current.load(), arguments.seed,
               fault);
    ++progress.current;
  }
  fs::remove_all(folder);
  const std::chrono::duration<double> seconds = Clock::now() - start;
  fmt::print("{}: {} cases of seed {}, {:.1f} s: {} read, {} refused, {} failed\n", format.name,
             progress.current.load() - arguments.first, arguments.seed, seconds.count(), progress.read.load(),
             progress.refused.load(), progress.failed.load());
  return progress.failed;
}

int run(const Arguments& arguments) {
  void* shared = ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  RPP_CHECK(shared != MAP_FAILED, "no memory");
  auto* progress = new (shared) Progress;
  int64_t failed = 0, formats = 0;
  for (const DamagedFormat& format : damaged_formats()) {
    if (format.name.find(arguments.only) == std::string::npos) continue;
    ++formats;
    if (arguments.list)
      fmt::print("{}\n", format.name);
    else
      failed += run_format(format, arguments, *progress);
  }
  if (formats == 0) fail_usage("no format is called {}: --list names them", arguments.only);
  return failed > 0 ? 1 : 0;
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("damage", [&] {
    rpp::init_logging();
    spdlog::set_level(spdlog::level::off);
    rpp::Arguments arguments;
    CLI::App app{"Truncates files and flips bits in them, and reads them.", "damage"};
    app.add_option("--seed", arguments.seed, "of the damage")->capture_default_str();
    app.add_option("--first", arguments.first, "the first case, to repeat one")->capture_default_str();
    app.add_option("--count", arguments.count, "cases of each format")->capture_default_str();
    app.add_option("--only", arguments.only, "formats whose name contains this");
    app.add_flag("--list", arguments.list, "only print the names of the formats");
    CLI11_PARSE(app, argc, argv);
    return rpp::run(arguments);
  });
}
