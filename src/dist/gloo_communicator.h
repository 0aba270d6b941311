// Ranks on CPUs: PyTorch's ProcessGroupGloo, whose ranks find each other through a TCPStore.
//
// LibTorch exports both, but its wheel lacks the headers of Gloo. A build without them (RPP_GLOO) has one
// rank.
#pragma once

#include <chrono>
#include <memory>

#include "dist/communicator.h"

namespace rpp {

// As connect(), for more than one rank.
std::unique_ptr<Communicator> connect_gloo(const RankPlace& place, std::chrono::seconds timeout);

}  // namespace rpp
