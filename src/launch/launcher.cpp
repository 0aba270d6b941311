#include "launch/launcher.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>

#include "child.h"
#include "launch/free_port.h"
#include "launch/prefixed_output.h"
#include "launch/rank_place.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  int read_end = -1, write_end = -1;
};

Pipe open_pipe() {
  int ends[2];
  RPP_CHECK(pipe2(ends, O_CLOEXEC) == 0, "cannot open a pipe: {}", std::strerror(errno));
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return {ends[0], ends[1]};
}

// Without what an outer launcher says about its own processes.
Variables variables_of_ranks(int64_t size) {
  Variables variables = environment_variables();
  std::erase_if(variables, [](const auto& item) { return item.first.starts_with("TORCHELASTIC_"); });
  variables["WORLD_SIZE"] = variables["LOCAL_WORLD_SIZE"] = std::to_string(size);
  variables["MASTER_ADDR"] = "127.0.0.1";
  variables["MASTER_PORT"] = std::to_string(free_port());
  return variables;
}

std::vector<std::string> as_environment(const Variables& variables) {
  std::vector<std::string> lines;
  for (const auto& [name, value] : variables) lines.push_back(name + "=" + value);
  return lines;
}

int exit_status(int wait_status) {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

std::string describe_end(int wait_status) {
  if (!WIFSIGNALED(wait_status)) return fmt::format("exited with {}", WEXITSTATUS(wait_status));
  return fmt::format("was ended by signal {} ({})", WTERMSIG(wait_status), strsignal(WTERMSIG(wait_status)));
}

class Launch {
 public:
  Launch(const LaunchOptions& options, const SignalQueue& signals) : options_(options), signals_(signals) {}
  ~Launch() { send_to_all(SIGKILL); }  // none is left, unless starting them failed
  Launch(const Launch&) = delete;
  Launch& operator=(const Launch&) = delete;

  int run() {
    start_all();
    while (num_running() > 0) {
      wait_for_news();
      while (const auto signal = signals_.next()) handle(*signal);
      for (auto& output : outputs_) output.copy_available();
      if (kill_at_ && Clock::now() >= *kill_at_) send_to_all(SIGKILL);
    }
    for (auto& output : outputs_) output.copy_available();
    return first_failure_;
  }

 private:
  void start_all() {
    Variables variables = variables_of_ranks(options_.num_processes);
    for (int64_t rank = 0; rank < options_.num_processes; ++rank) {
      variables["RANK"] = variables["LOCAL_RANK"] = std::to_string(rank);
      start(rank, as_environment(variables));
    }
  }

  void start(int64_t rank, const std::vector<std::string>& environment) {
    if (rank == 0) {
      pids_.push_back(start_child(options_.command, environment, {}));
      return;
    }
    const Pipe out = open_pipe(), err = open_pipe();
    const std::string prefix = fmt::format("[rank {}] ", rank);
    outputs_.emplace_back(out.read_end, STDOUT_FILENO, prefix);
    outputs_.emplace_back(err.read_end, STDERR_FILENO, prefix);
    pids_.push_back(start_child(options_.command, environment, {.out = out.write_end, .err = err.write_end}));
    close(out.write_end);
    close(err.write_end);
  }

  int64_t num_running() const {
    return std::ranges::count_if(pids_, [](pid_t pid) { return pid > 0; });
  }

  void wait_for_news() {
    std::vector<pollfd> sources = {{.fd = signals_.fd(), .events = POLLIN, .revents = 0}};
    for (const auto& output : outputs_) {
      if (output.source() >= 0) sources.push_back({.fd = output.source(), .events = POLLIN, .revents = 0});
    }
    constexpr int kForever = -1, kWhileEndingMs = 100;
    poll(sources.data(), sources.size(), kill_at_ ? kWhileEndingMs : kForever);
  }

  void handle(const QueuedSignal& signal) {
    if (signal.number == SIGCHLD) {
      reap();
      return;
    }
    was_asked_ = true;
    if (!signal.from_terminal) send_to_all(signal.number);
  }

  // One SIGCHLD may stand for several ends.
  void reap() {
    for (size_t rank = 0; rank < pids_.size(); ++rank) {
      int status = 0;
      if (pids_[rank] <= 0 || waitpid(pids_[rank], &status, WNOHANG) <= 0) continue;
      pids_[rank] = 0;
      if (exit_status(status) != 0) note_failure(rank, status);
    }
  }

  // Processes that were asked to stop do so at their own pace, and a second signal would hurry them.
  void note_failure(size_t rank, int wait_status) {
    if (first_failure_ != 0) return;
    first_failure_ = exit_status(wait_status);
    if (num_running() == 0) return;
    kill_at_ = Clock::now() + options_.grace;
    if (was_asked_) return;
    fmt::print(stderr, "rpp-launch: rank {} {}: ending the others\n", rank, describe_end(wait_status));
    send_to_all(SIGTERM);
  }

  void send_to_all(int signal) const {
    for (const pid_t pid : pids_) {
      if (pid > 0) kill(pid, signal);
    }
  }

  const LaunchOptions& options_;
  const SignalQueue& signals_;
  std::vector<pid_t> pids_;  // by rank; 0: has ended
  std::vector<PrefixedOutput> outputs_;
  int first_failure_ = 0;
  bool was_asked_ = false;  // a signal was passed on
  std::optional<Clock::time_point> kill_at_;
};

}  // namespace

int launch(const LaunchOptions& options, const SignalQueue& signals) {
  return Launch(options, signals).run();
}

}  // namespace rpp
