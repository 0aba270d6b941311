#include "rendezvous.h"

#include <c10/util/Logging.h>
#include <fmt/ranges.h>

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <cstdlib>
#include <vector>

#include "rpp/error.h"

namespace rpp {
namespace {

using Store = c10::intrusive_ptr<c10d::Store>;

constexpr const char* kSizeKey = "rpp/size";

// c10d prints its errors with stacks of calls before it throws them; our messages say the same. As in
// PyTorch, TORCH_CPP_LOG_LEVEL shows them.
void quieten_c10d() {
  if (std::getenv("TORCH_CPP_LOG_LEVEL") == nullptr) FLAGS_caffe2_log_level = c10::GLOG_FATAL;
}

std::string key_of(int64_t rank) {
  return fmt::format("rpp/rank-{}", rank);
}

bool keeps_store(const RankPlace& place) {
  return place.rank == 0 && !place.launcher_has_store;
}

Store open_store(const RankPlace& place, std::chrono::seconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(place.port);
  options.isServer = keeps_store(place);
  options.waitWorkers = false;  // meet() waits, and knows which ranks are missing
  options.timeout = timeout;
  Store store = c10::make_intrusive<c10d::TCPStore>(place.address, options);
  if (place.store_prefix.empty()) return store;
  return c10::make_intrusive<c10d::PrefixStore>(place.store_prefix, store);
}

[[noreturn]] void fail_to_open(const RankPlace& place, std::chrono::seconds timeout,
                               const std::exception& error) {
  const std::string reason = first_line(error.what());
  if (keeps_store(place)) {
    const bool is_used = reason.find("EADDRINUSE") != std::string::npos;
    fail("rank 0 of {} cannot listen at {}: {}", place.size, endpoint_of(place),
         is_used ? "the port is in use; set MASTER_PORT to another one for all ranks" : reason);
  }
  fail(
      "rank {} of {}: nobody answers at {} within {} s: start rank 0 there, or correct MASTER_ADDR and "
      "MASTER_PORT ({})",
      place.rank, place.size, endpoint_of(place), timeout.count(), reason);
}

void report(c10d::Store& store, const RankPlace& place) {
  const std::string size = std::to_string(place.size);
  const auto bytes = std::vector<uint8_t>(size.begin(), size.end());
  const auto first = store.compareSet(kSizeKey, {}, bytes);
  if (first != bytes) {
    fail_usage("rank {} was started as one of {} ranks, another as one of {}: start all with the same number",
               place.rank, size, std::string(first.begin(), first.end()));
  }
  if (store.add(key_of(place.rank), 1) != 1) {
    fail_usage("two processes at {} say that they are rank {} of {}: give each its own", endpoint_of(place),
               place.rank, place.size);
  }
}

std::vector<int64_t> missing_ranks(c10d::Store& store, int64_t size) {
  std::vector<int64_t> missing;
  for (int64_t rank = 0; rank < size; ++rank) {
    if (!store.check({key_of(rank)})) missing.push_back(rank);
  }
  return missing;
}

void wait_for_all(c10d::Store& store, const RankPlace& place, std::chrono::seconds timeout) {
  std::vector<std::string> keys;
  for (int64_t rank = 0; rank < place.size; ++rank) keys.push_back(key_of(rank));
  std::string missing = "unknown";
  try {
    store.wait(keys, timeout);
    return;
  } catch (const std::exception&) {
  }
  try {
    missing = fmt::format("{}", fmt::join(missing_ranks(store, place.size), ", "));
  } catch (const std::exception&) {  // rank 0, which keeps the store, has ended
  }
  fail(
      "rank {} of {} has waited {} s at {} for the others: missing are {}; start as many processes as {} "
      "says, and "
      "see their messages",
      place.rank, place.size, timeout.count(), endpoint_of(place), missing, place.launcher);
}

}  // namespace

Store meet(const RankPlace& place, std::chrono::seconds timeout) {
  quieten_c10d();
  Store store;
  try {
    store = open_store(place, timeout);
  } catch (const std::exception& error) {
    fail_to_open(place, timeout, error);
  }
  report(*store, place);
  wait_for_all(*store, place, timeout);
  return store;
}

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

}  // namespace rpp
