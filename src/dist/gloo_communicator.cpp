#include "gloo_communicator.h"

#include "rpp/error.h"

#ifdef RPP_GLOO
#define USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

#include <cstdlib>
#include <limits>

#include "rendezvous.h"
#endif

namespace rpp {

#ifdef RPP_GLOO
namespace {

using c10d::ProcessGroupGloo;

constexpr int kExchangeTag = 1;

bool is_loopback(const std::string& address) {
  return address == "localhost" || address.starts_with("127.");
}

// The network to use: as in PyTorch GLOO_SOCKET_IFNAME, else the one of this machine's name. Ranks of one
// machine do not depend on its name.
std::shared_ptr<gloo::transport::Device> network_of(const RankPlace& place) {
  const char* interface = std::getenv("GLOO_SOCKET_IFNAME");
  if (interface != nullptr && *interface != '\0')
    return ProcessGroupGloo::createDeviceForInterface(interface);
  if (is_loopback(place.address)) return ProcessGroupGloo::createDeviceForHostname(place.address);
  return ProcessGroupGloo::createDefaultDevice();
}

c10::intrusive_ptr<ProcessGroupGloo::Options> options_of(const RankPlace& place,
                                                         std::chrono::seconds timeout) {
  auto options = ProcessGroupGloo::Options::create(timeout);
  options->devices = {network_of(place)};
  return options;
}

class GlooCommunicator : public Communicator {
 public:
  GlooCommunicator(const RankPlace& place, std::chrono::seconds timeout)
      : Communicator(place), timeout_(timeout), store_(meet(place, timeout)) {
    check_connection([&] {
      group_ = c10::make_intrusive<ProcessGroupGloo>(
          store_, static_cast<int>(place.rank), static_cast<int>(place.size), options_of(place, timeout));
    });
  }

  void sum(torch::Tensor tensor) override {
    std::vector<at::Tensor> tensors = {std::move(tensor)};
    check_connection([&] { group_->allreduce(tensors)->wait(); });
  }

  void broadcast(torch::Tensor tensor) override {
    std::vector<at::Tensor> tensors = {std::move(tensor)};
    check_connection([&] { group_->broadcast(tensors)->wait(); });
  }

  void barrier() override {
    check_connection([&] { group_->barrier()->wait(); });
  }

  torch::Tensor exchange(const torch::Tensor& own, int64_t partner) override {
    std::vector<at::Tensor> sent = {own}, received = {torch::empty_like(own)};
    check_connection([&] {
      const auto sending = group_->send(sent, static_cast<int>(partner), kExchangeTag);
      group_->recv(received, static_cast<int>(partner), kExchangeTag)->wait();
      sending->wait();
    });
    return received.front();
  }

  // Each rank fills its part of a buffer of zeros, and the buffers are added.
  std::vector<std::string> gather(const std::string& bytes) override {
    auto lengths = torch::zeros({size()}, torch::kInt64);
    lengths[rank()] = static_cast<int64_t>(bytes.size());
    sum(lengths);
    const auto ends = lengths.cumsum(0);
    auto buffer = torch::zeros({ends[-1].item<int64_t>()}, torch::kUInt8);
    const auto part_of = [&](int64_t rank) {
      return buffer.mutable_data_ptr<uint8_t>() + (ends[rank] - lengths[rank]).item<int64_t>();
    };
    std::copy(bytes.begin(), bytes.end(), part_of(rank()));
    if (buffer.numel() > 0) sum(buffer);
    std::vector<std::string> texts;
    for (int64_t i = 0; i < size(); ++i) {
      texts.emplace_back(part_of(i), part_of(i) + lengths[i].item<int64_t>());
    }
    return texts;
  }

 private:
  template <typename Action>
  void check_connection(const Action& action) const {
    try {
      action();
    } catch (const std::exception& error) {
      fail(
          "rank {} of {}: another rank has ended, or has not answered for {} s; see its own message, then "
          "start all ranks again with --resume auto (ranks meet at {}; Gloo: {})",
          rank(), size(), timeout_.count(), endpoint_of(place()), first_line(error.what()));
    }
  }

  std::chrono::seconds timeout_;
  c10::intrusive_ptr<c10d::Store> store_;
  c10::intrusive_ptr<ProcessGroupGloo> group_;
};

}  // namespace

std::unique_ptr<Communicator> connect_gloo(const RankPlace& place, std::chrono::seconds timeout) {
  return std::make_unique<GlooCommunicator>(place, timeout);
}

#else

std::unique_ptr<Communicator> connect_gloo(const RankPlace& place, std::chrono::seconds) {
  fail_usage(
      "{} says rank {} of {}, but this build has no Gloo and can run one process only: install libgloo-dev "
      "(scripts/setup.sh does) and build again",
      place.launcher, place.rank, place.size);
}

#endif

}  // namespace rpp
