#include "dist/communicator.h"

#include "gloo_communicator.h"

namespace rpp {
namespace {

class SingleProcess : public Communicator {
 public:
  SingleProcess() : Communicator({}) {}
  void sum(torch::Tensor) override {}
  void broadcast(torch::Tensor) override {}
  void barrier() override {}
  torch::Tensor exchange(const torch::Tensor& own, int64_t) override { return own; }
  std::vector<std::string> gather(const std::string& bytes) override { return {bytes}; }
};

}  // namespace

Communicator& single_process() {
  static SingleProcess process;  // without state
  return process;
}

std::unique_ptr<Communicator> connect(const RankPlace& place, std::chrono::seconds timeout) {
  if (place.size == 1) return std::make_unique<SingleProcess>();
  return connect_gloo(place, timeout);
}

}  // namespace rpp
