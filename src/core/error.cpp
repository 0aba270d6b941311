#include "rpp/core/error.h"

#include <cstdio>

namespace rpp {

int run_main(std::string_view tool, const std::function<int()>& body) {
  try {
    return body();
  } catch (const UsageError& error) {
    fmt::print(stderr, "{}: error: {}\n", tool, error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: error: {}\n", tool, error.what());
    return 1;
  }
}

}  // namespace rpp
