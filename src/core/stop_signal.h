// SIGTERM and SIGINT: a program ends at once, with nothing half-written left behind, or, where there is work
// to save, it is asked to stop.
#pragma once

#include <csignal>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace rpp {

// The exit status of a program that a signal ended before it had finished.
inline constexpr int kStoppedStatus = 3;

// A signal interrupted work that can be made again. run_main turns it into kStoppedStatus.
class Stopped : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped by a signal"; }
};

// While it lives, a signal ends the program with kStoppedStatus, whatever its threads are doing: unfinished
// files are removed (core/unfinished.h), and a line on stderr says so. run_main installs it.
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
  int same_signal_ms = 1000;     // launchers send two: one within this time of the first is the same
};

// While it lives, the first signal only sets a flag that a loop asks for. A later one ends the program by
// that signal, with a line on stderr. One at a time; what was installed before is back afterwards.
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

// While one lives, check_stop() may throw: around work that is lost without harm, such as an evaluation.
class Interruptible {
 public:
  Interruptible();
  ~Interruptible();
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
};

// Throws Stopped when a StopSignal has been requested and an Interruptible lives. Cheap: for any loop.
void check_stop();

}  // namespace rpp
