// What the ranks of a data-parallel run tell each other: sums, copies, texts.
//
// Every rank calls the same functions in the same order. After a sum all ranks hold the same bits.
#pragma once

#include <torch/types.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "launch/rank_place.h"

namespace rpp {

class Communicator {
 public:
  explicit Communicator(RankPlace place) : place_(std::move(place)) {}
  virtual ~Communicator() = default;
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;

  const RankPlace& place() const { return place_; }
  int64_t rank() const { return place_.rank; }
  int64_t size() const { return place_.size; }
  bool is_first() const { return place_.rank == 0; }  // the rank that writes files and logs
  bool is_alone() const { return place_.size == 1; }

  // All throw Error when a rank has ended or does not answer within the timeout. Tensors are contiguous, on
  // the CPU, and of the same size and type on all ranks.
  virtual void sum(torch::Tensor tensor) = 0;        // over the ranks, in place
  virtual void broadcast(torch::Tensor tensor) = 0;  // the values of rank 0, in place
  virtual void barrier() = 0;
  // The tensor of another rank, which calls this at the same time with this one.
  virtual torch::Tensor exchange(const torch::Tensor& own, int64_t partner) = 0;
  // The bytes of each rank, in their order, on every rank.
  virtual std::vector<std::string> gather(const std::string& bytes) = 0;

 private:
  RankPlace place_;
};

// A run of one process: nothing to do.
Communicator& single_process();

// Meets the other ranks. Throws Error when rank 0 does not answer or cannot listen, ranks do not come within
// the timeout, or two say that they are the same; and UsageError for more than one rank in a build without
// Gloo.
std::unique_ptr<Communicator> connect(const RankPlace& place, std::chrono::seconds timeout);

}  // namespace rpp
