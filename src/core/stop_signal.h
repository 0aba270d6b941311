// SIGTERM and SIGINT: by default a program ends at once without leaving partial files; work that can be saved
// is asked to stop instead.
#pragma once

#include <csignal>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace rpp {

// The exit status of a program that a signal ended before it finished.
inline constexpr int kStoppedStatus = 3;

// A signal interrupted work that can be repeated. run_main turns it into kStoppedStatus.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped by a signal"; }
};

// RAII: a signal ends the program with kStoppedStatus, whatever its threads are doing: unfinished files are
// removed (core/unfinished.h), and a line on stderr says so. Installed by run_main.
class EndOnSignal {
 public:
  explicit EndOnSignal(std::string_view tool);
  ~EndOnSignal();
  EndOnSignal(const EndOnSignal&) = delete;
  EndOnSignal& operator=(const EndOnSignal&) = delete;

 private:
  struct Watcher;
  std::unique_ptr<Watcher> watcher_;
};

struct StopSignalOptions {
  const char* notice = nullptr;  // a line for stderr at the first signal; must outlive the StopSignal
  int same_signal_ms = 1000;     // launchers send two: a second one within this time counts as the same
};

// RAII: the first signal only sets a flag that a loop polls. A later one ends the program by that signal,
// with a line on stderr. One instance at a time; the previous handlers are restored afterwards.
class StopSignal {
 public:
  explicit StopSignal(const StopSignalOptions& options = {});
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const;

 private:
  struct sigaction term_before_ = {}, int_before_ = {};
};

// RAII: check_stop() may throw. For work that can be discarded without harm, such as an evaluation.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
};

// Throws Stopped if a StopSignal was requested and an Interruptible exists. Cheap enough for any loop.
void check_stop();

}  // namespace rpp
