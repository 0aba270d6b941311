// Checks before several ranks train one model: that they were started for the same run.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "dist/communicator.h"
#include "runs/run_dir.h"

namespace rpp {

// Throws UsageError on every rank when one runs another version of the program, has other settings or reads
// other data than rank 0; the message says which rank and what differs.
void check_same_run(Communicator& ranks, const RunIdentity& identity);

// The same for the seeds of --seeds.
void check_same_seeds(Communicator& ranks, std::span<const int64_t> seeds);

// Throws UsageError when a launcher started this process as one of several.
void require_one_process(std::string_view what);

}  // namespace rpp
