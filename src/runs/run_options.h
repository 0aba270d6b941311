// How a run starts and where it stops, beside its configuration.
#pragma once

#include <cstdint>
#include <string>

namespace rpp {

inline constexpr const char* kRunConfigFile = "config.yaml";  // in the directory of a run: its settings

struct RunOptions {
  // Empty: start a new run; "auto": continue the directory's own run if there is one; or a checkpoint, which
  // is accepted with other settings too.
  std::string resume;
  int64_t stop_after_step = 0;  // ends the run there as SIGTERM would, with a checkpoint; 0: at train.steps
};

}  // namespace rpp
