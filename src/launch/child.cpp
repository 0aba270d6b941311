#include "child.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "rpp/error.h"

namespace rpp {
namespace {

constexpr int kCannotStart = 127;  // as in shells

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// In the child: only functions that are safe after a fork in a program with threads.
void reset_signals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGPIPE, SIGTERM, SIGINT}) std::signal(signal, SIG_DFL);
}

[[noreturn]] void run_in_child(char* const* arguments, char* const* environment, const ChildOutput& output,
                               const char* complaint, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kCannotStart);  // it has ended already
  if (output.out >= 0) dup2(output.out, STDOUT_FILENO);
  if (output.err >= 0) dup2(output.err, STDERR_FILENO);
  reset_signals();
  execvpe(arguments[0], arguments, environment);
  const char* reason = std::strerror(errno);
  for (const char* text : {complaint, reason, "\n"}) {
    [[maybe_unused]] const auto written = write(STDERR_FILENO, text, std::strlen(text));
  }
  _exit(kCannotStart);
}

}  // namespace

pid_t start_child(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                  const ChildOutput& output) {
  const auto arguments = pointers_to(command), variables = pointers_to(environment);
  const std::string complaint = fmt::format("rpp-launch: error: cannot start {}: ", command.front());
  const pid_t parent = getpid();
  const pid_t pid = fork();
  RPP_CHECK(pid >= 0, "cannot start another process: {}", std::strerror(errno));
  if (pid == 0) run_in_child(arguments.data(), variables.data(), output, complaint.c_str(), parent);
  return pid;
}

}  // namespace rpp
