// Ranks as threads of one process, for tests of what is above the network.
#pragma once

#include <ATen/ATen.h>

#include <barrier>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "dist/communicator.h"

namespace rpp::test {

// What the ranks show each other.
struct ThreadBoard {
  explicit ThreadBoard(int64_t size) : tensors(static_cast<size_t>(size)), texts(tensors.size()), all(size) {}
  std::vector<torch::Tensor> tensors;
  std::vector<std::string> texts;
  std::barrier<> all;
};

class ThreadRank : public Communicator {
 public:
  ThreadRank(ThreadBoard& board, int64_t rank)
      : Communicator({.rank = rank, .size = static_cast<int64_t>(board.tensors.size())}), board_(board) {}

  void sum(torch::Tensor tensor) override {
    const auto shown = show(tensor);
    tensor.zero_();
    for (const auto& other : shown) tensor.add_(other);
  }
  void broadcast(torch::Tensor tensor) override { tensor.copy_(show(tensor).front()); }
  void barrier() override { board_.all.arrive_and_wait(); }
  torch::Tensor exchange(const torch::Tensor& own, int64_t partner) override {
    return show(own)[static_cast<size_t>(partner)];
  }
  std::vector<std::string> gather(const std::string& bytes) override {
    board_.texts[static_cast<size_t>(rank())] = bytes;
    barrier();
    auto texts = board_.texts;
    barrier();
    return texts;
  }

 private:
  std::vector<torch::Tensor> show(const torch::Tensor& own) {
    board_.tensors[static_cast<size_t>(rank())] = own.clone();
    barrier();
    auto tensors = board_.tensors;
    barrier();
    return tensors;
  }

  ThreadBoard& board_;
};

// The results of all ranks. The body must not throw: the others would wait for ever.
template <typename Result>
std::vector<Result> on_thread_ranks(int64_t size, const std::function<Result(Communicator& ranks)>& body) {
  ThreadBoard board(size);
  std::vector<Result> results(static_cast<size_t>(size));
  std::vector<std::thread> threads;
  for (int64_t rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      ThreadRank ranks(board, rank);
      results[static_cast<size_t>(rank)] = body(ranks);
    });
  }
  for (auto& thread : threads) thread.join();
  return results;
}

}  // namespace rpp::test
