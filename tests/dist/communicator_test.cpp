// Ranks as real processes: this also shows that the installed headers of Gloo fit LibTorch's own copy.
#include "dist/communicator.h"

#include <ATen/ATen.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <csignal>

#include "dist/gather_values.h"
#include "dist/tree_sum.h"
#include "message_of.h"
#include "rank_processes.h"

namespace rpp::test {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Communicator, ASingleProcessChangesNothing) {
  Communicator& alone = single_process();
  const auto tensor = torch::tensor({1.5f, 2.5f});
  alone.sum(tensor);
  alone.broadcast(tensor);
  alone.barrier();
  EXPECT_EQ(tensor[1].item<float>(), 2.5f);
  EXPECT_THAT(alone.gather("text"), ElementsAre("text"));
  EXPECT_EQ(gather_values(alone, std::vector{1.5}), std::vector{1.5});
  EXPECT_TRUE(alone.is_first() && alone.is_alone());
  EXPECT_TRUE(connect({}, seconds(1))->is_alone());
}

#ifdef RPP_GLOO

template <typename T>
std::string sum_of_ranks(Communicator& ranks, torch::ScalarType type) {
  const auto tensor = torch::full({3}, static_cast<double>(1 << ranks.rank()), type);
  ranks.sum(tensor);
  return fmt::format("{} ", tensor[2].item<T>());
}

TEST(Communicator, SumsOverRanksInEveryTypeOfTraining) {
  const auto results = run_ranks(local_places(4), [](const RankPlace& place) {
    const auto ranks = connect(place, seconds(60));
    return sum_of_ranks<float>(*ranks, torch::kFloat32) + sum_of_ranks<double>(*ranks, torch::kFloat64) +
           sum_of_ranks<float>(*ranks, torch::kBFloat16) + sum_of_ranks<int64_t>(*ranks, torch::kInt64) +
           sum_of_ranks<int>(*ranks, torch::kUInt8);
  });
  EXPECT_THAT(results, testing::Each("15 15 15 15 15 "));
}

// The order of additions is not that of one process, but it is the same for all ranks.
TEST(Communicator, EveryRankHasTheSameBitsOfASum) {
  const auto results = run_ranks(local_places(3), [](const RankPlace& place) {
    const auto ranks = connect(place, seconds(60));
    const auto tensor = torch::arange(1, 1000, torch::kFloat32).div(static_cast<double>(7 + place.rank));
    ranks->sum(tensor);
    const auto bytes = tensor.view(torch::kInt32).sum().item<int64_t>();
    return fmt::format("{}", bytes);
  });
  EXPECT_THAT(results, testing::Each(results[0]));
}

TEST(Communicator, BroadcastsWhatRankZeroHas) {
  const auto results = run_ranks(local_places(2), [](const RankPlace& place) {
    const auto ranks = connect(place, seconds(60));
    const auto tensor = torch::full({2}, static_cast<double>(place.rank + 10), torch::kFloat64);
    ranks->barrier();
    ranks->broadcast(tensor);
    return fmt::format("{}", tensor[1].item<double>());
  });
  EXPECT_THAT(results, ElementsAre("10", "10"));
}

TEST(Communicator, GathersTextsOfDifferentLengths) {
  const auto results = run_ranks(local_places(3), [](const RankPlace& place) {
    const auto ranks = connect(place, seconds(60));
    const auto texts = ranks->gather(std::string(static_cast<size_t>(2 * place.rank), 'a') + "\n\xff");
    return fmt::format("{}", fmt::join(texts, "|"));
  });
  EXPECT_THAT(results, testing::Each("\n\xff|aa\n\xff|aaaa\n\xff"));
}

TEST(Communicator, GathersNothingFromRanksThatHaveNothing) {
  const auto results = run_ranks(local_places(2), [](const RankPlace& place) {
    const auto texts = connect(place, seconds(60))->gather("");
    return fmt::format("{} texts of {} bytes", texts.size(), texts[0].size() + texts[1].size());
  });
  EXPECT_THAT(results, testing::Each("2 texts of 0 bytes"));
}

TEST(Communicator, PartnersExchangeTheirTensors) {
  const auto results = run_ranks(local_places(4), [](const RankPlace& place) {
    const auto ranks = connect(place, seconds(60));
    std::string received;
    for (const int64_t distance : {1, 2}) {
      const auto own = torch::full({1000}, static_cast<double>(place.rank), torch::kFloat32);
      received += fmt::format("{} ", ranks->exchange(own, place.rank ^ distance)[999].item<float>());
    }
    return received;
  });
  EXPECT_THAT(results, ElementsAre("1 2 ", "0 3 ", "3 0 ", "2 1 "));
}

// (a + b) + (c + d) on every rank; a float is too short for another order.
TEST(Communicator, ATreeSumOfProcessesAddsNeighboursFirst) {
  const auto results = run_ranks(local_places(4), [](const RankPlace& place) {
    const auto ranks = connect(place, seconds(60));
    const auto tensor = torch::tensor({std::array{1e8F, 3.0F, -1e8F, 3.0F}[static_cast<size_t>(place.rank)]});
    tree_sum(*ranks, tensor);
    return fmt::format("{}", tensor[0].item<float>());
  });
  const float expected = (1e8F + 3.0F) + (-1e8F + 3.0F);
  EXPECT_THAT(results, testing::Each(fmt::format("{}", expected)));
}

TEST(Communicator, ADeadPartnerIsNoticed) {
  const auto results = run_ranks(local_places(2), [](const RankPlace& place) -> std::string {
    const auto ranks = connect(place, seconds(30));
    ranks->barrier();
    if (place.rank == 1) std::raise(SIGKILL);
    ranks->exchange(torch::ones({1 << 20}), 1);
    return "not noticed";
  });
  EXPECT_THAT(results[0], HasSubstr("rank 0 of 2: another rank has ended, or has not answered for 30 s"));
}

TEST(Communicator, ADeadRankIsNoticedByTheOthers) {
  const auto results = run_ranks(local_places(3), [](const RankPlace& place) -> std::string {
    const auto ranks = connect(place, seconds(30));
    ranks->barrier();
    if (place.rank == 1) std::raise(SIGKILL);
    ranks->sum(torch::ones({1 << 20}));
    return "not noticed";
  });
  for (const size_t rank : {0, 2}) {
    EXPECT_THAT(results[rank], HasSubstr(fmt::format(
                                   "rank {} of 3: another rank has ended, or has not answered for 30 s; see "
                                   "its own message, then start all ranks again with --resume auto (ranks "
                                   "meet at 127.0.0.1:",
                                   rank)));
  }
}

TEST(Communicator, RanksThatDoNotComeAreNamed) {
  auto places = local_places(4);
  const int64_t port = places[0].port;
  places.resize(2);
  const auto results =
      run_ranks(places, [](const RankPlace& place) { return connect(place, seconds(2)) ? "met" : ""; });
  EXPECT_EQ(results[0],
            fmt::format("rank 0 of 4 has waited 2 s at 127.0.0.1:{} for the others: missing are 2, 3; "
                        "start as many processes as the test says, and see their messages",
                        port));
  EXPECT_THAT(results[1], HasSubstr("rank 1 of 4 has waited 2 s"));
}

TEST(Communicator, AnAddressThatNobodyAnswersIsNamed) {
  const auto place = local_places(2)[1];
  const auto results =
      run_ranks({place}, [](const RankPlace& p) { return connect(p, seconds(2)) ? "met" : ""; });
  EXPECT_THAT(results[0],
              HasSubstr(fmt::format("rank 1 of 2: nobody answers at 127.0.0.1:{} within 2 s: start "
                                    "rank 0 there, or correct MASTER_ADDR and MASTER_PORT (",
                                    place.port)));
}

TEST(Communicator, APortInUseIsNamed) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(socket, generic, size), 0);
  ASSERT_EQ(listen(socket, 1), 0);
  ASSERT_EQ(getsockname(socket, generic, &size), 0);
  auto place = local_places(2)[0];
  place.port = ntohs(address.sin_port);
  const auto results =
      run_ranks({place}, [](const RankPlace& p) { return connect(p, seconds(2)) ? "met" : ""; });
  close(socket);
  EXPECT_EQ(results[0], fmt::format("rank 0 of 2 cannot listen at 127.0.0.1:{}: the port is in use; set "
                                    "MASTER_PORT to another one for all ranks",
                                    place.port));
}

TEST(Communicator, TwoProcessesOfOneRankAreRefused) {
  auto places = local_places(3);
  places[2].rank = 1;
  const auto results =
      run_ranks(places, [](const RankPlace& place) { return connect(place, seconds(3)) ? "met" : ""; });
  const std::string expected = fmt::format(
      "two processes at 127.0.0.1:{} say that they are rank 1 of 3: give each its own", places[0].port);
  EXPECT_THAT(results, testing::Contains(expected));
  EXPECT_THAT(results[0], HasSubstr("missing are 2"));
}

TEST(Communicator, AnotherNumberOfRanksIsRefused) {
  auto places = local_places(2);
  places[1].size = 3;
  const auto results =
      run_ranks(places, [](const RankPlace& place) { return connect(place, seconds(3)) ? "met" : ""; });
  EXPECT_THAT(results, testing::Contains(HasSubstr("start all with the same number")));
}

#else

TEST(Communicator, WithoutGlooThereIsOneRank) {
  EXPECT_EQ(message_of([] { connect({.rank = 1, .size = 2, .launcher = "torchrun"}, seconds(1)); }),
            "torchrun says rank 1 of 2, but this build has no Gloo and can run one process only: install "
            "libgloo-dev (scripts/setup.sh does) and build again");
}

#endif

}  // namespace
}  // namespace rpp::test
