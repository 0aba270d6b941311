// How the ranks of a run find each other: each reports at a key-value store, which rank 0 or the launcher
// keeps.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <torch/csrc/distributed/c10d/Store.hpp>

#include "launch/rank_place.h"

namespace rpp {

// The store, when all ranks have reported. Throws as connect() does.
c10::intrusive_ptr<c10d::Store> meet(const RankPlace& place, std::chrono::seconds timeout);

// Of the message of an exception, which may go on with a stack of calls.
std::string first_line(std::string_view text);

}  // namespace rpp
