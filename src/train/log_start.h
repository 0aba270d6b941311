// The first log lines of a run: what it does, on what data, and where its output goes.
#pragma once

#include <cstdint>

#include "dist/communicator.h"
#include "train/task.h"
#include "train/trainer.h"

namespace rpp {

void log_start(Task& task, const TrainerConfig& config, const Communicator& ranks, int64_t first_step);

}  // namespace rpp
