#include "program/run_main.h"

#include <csignal>
#include <cstdio>
#include <new>

#include "core/stop_signal.h"
#include "program/standard_output.h"
#include "rpp/error.h"

namespace rpp {

int run_main(std::string_view tool, const std::function<int()>& body) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe becomes a write error with a message
  try {
    const EndOnSignal end_on_signal(tool);
    const int status = body();
    flush_output();  // flushing the buffer can fail too
    return status;
  } catch (const Stopped&) {
    fmt::print(stderr, "{}: stopped by a signal before the end\n", tool);
    return kStoppedStatus;
  } catch (const UsageError& error) {
    fmt::print(stderr, "{}: error: {}\n", tool, error.what());
    return 2;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "{}: error: out of memory\n", tool);
    return 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: error: {}\n", tool, error.what());
    return 1;
  }
}

}  // namespace rpp
