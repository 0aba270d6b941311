#include "rpp/core/error.h"

#include <cstdio>

#include "rpp/core/stop_signal.h"

namespace rpp {

int run_main(std::string_view tool, const std::function<int()>& body) {
  const EndOnSignal end_on_signal(tool);
  try {
    return body();
  } catch (const Stopped&) {
    fmt::print(stderr, "{}: stopped by a signal before the end\n", tool);
    return kStoppedStatus;
  } catch (const UsageError& error) {
    fmt::print(stderr, "{}: error: {}\n", tool, error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: error: {}\n", tool, error.what());
    return 1;
  }
}

}  // namespace rpp
