// What each rank says when one of them was started for another run.
#include "tasks/rank_agreement.h"

#include <gtest/gtest.h>

#include "core/version.h"
#include "message_of.h"

namespace rpp::test {
namespace {

// The texts that the ranks of a run have, in the order in which they are gathered: versions, settings,
// inputs.
class ScriptedRanks : public Communicator {
 public:
  ScriptedRanks(int64_t rank, std::vector<std::vector<std::string>> texts)
      : Communicator({.rank = rank, .size = static_cast<int64_t>(texts.front().size())}),
        texts_(std::move(texts)) {}

  void sum(torch::Tensor) override {}
  void broadcast(torch::Tensor) override {}
  void barrier() override {}
  torch::Tensor exchange(const torch::Tensor& own, int64_t) override { return own; }
  std::vector<std::string> gather(const std::string& bytes) override {
    const auto& texts = texts_.at(num_gathered_++);
    EXPECT_EQ(bytes, texts[static_cast<size_t>(rank())]);
    return texts;
  }

 private:
  std::vector<std::vector<std::string>> texts_;
  size_t num_gathered_ = 0;
};

PretrainConfig with_seed(int64_t seed) {
  PretrainConfig config;
  config.train.seed = seed;
  return config;
}

RunIdentity identity(const PretrainConfig& config, const RunInputs& inputs = {}) {
  RunIdentity identity = identity_of(config);
  identity.inputs = inputs;
  return identity;
}

std::string yaml(const PretrainConfig& config) {
  return identity_of(config).config_yaml;
}

using Texts = std::vector<std::vector<std::string>>;

// Of check_same_run on this rank, when the ranks have these texts.
std::string message(int64_t rank, const Texts& texts, const RunIdentity& own) {
  ScriptedRanks ranks(rank, texts);
  return message_of([&] { check_same_run(ranks, own); });
}

std::vector<std::string> thrice(const std::string& text) {
  return {text, text, text};
}

TEST(RankAgreement, EqualRanksMayTrain) {
  const auto config = with_seed(1);
  EXPECT_EQ(message(1, {thrice(version_string()), thrice(yaml(config)), thrice("{\"model\":\"xxh3:1\"}")},
                    identity(config, {{"model", "xxh3:1"}})),
            "no error");
}

TEST(RankAgreement, AnotherVersionIsNamed) {
  auto versions = thrice(version_string());
  versions[2] = "0.0.1 (commit old)";
  EXPECT_EQ(message(0, {versions}, identity(with_seed(1))), "rank 2 runs 0.0.1 (commit old), rank 0 runs " +
                                                                version_string() +
                                                                ": start the same program on all machines");
}

// Rank 1 differs: it says so itself, as do the ranks that agree with rank 0.
TEST(RankAgreement, EveryRankNamesTheSettingThatDiffers) {
  const std::vector<std::string> configs = {yaml(with_seed(1)), yaml(with_seed(2)), yaml(with_seed(1))};
  for (int64_t rank = 0; rank < 3; ++rank) {
    EXPECT_EQ(
        message(rank, {thrice(version_string()), configs}, identity(with_seed(rank == 1 ? 2 : 1))),
        "rank 1 has other settings than rank 0: train.seed is '2', on rank 0 '1'; start all ranks with the "
        "same command");
  }
}

TEST(RankAgreement, AnInputWithOtherContentsIsNamed) {
  const auto config = with_seed(1);
  const std::string own = R"({"data.train":"xxh3:2","model":"xxh3:1"})";
  const std::string other = R"({"data.train":"xxh3:3","model":"xxh3:1"})";
  EXPECT_EQ(
      message(0, {thrice(version_string()), thrice(yaml(config)), {own, other, own}},
              identity(config, {{"model", "xxh3:1"}, {"data.train", "xxh3:2"}})),
      "rank 1 reads other data than rank 0: data.train has other contents there; copy the same files to all "
      "machines");
}

TEST(RankAgreement, AnInputThatOneRankLacksIsNamed) {
  const auto config = with_seed(1);
  const std::string own = R"({"model":"xxh3:1"})";
  EXPECT_EQ(message(2, {thrice(version_string()), thrice(yaml(config)), {own, "{}", own}},
                    identity(config, {{"model", "xxh3:1"}})),
            "rank 1 reads other data than rank 0: model has other contents there; copy the same files to all "
            "machines");
}

TEST(RankAgreement, OtherSeedsAreNamed) {
  const std::vector<int64_t> seeds = {3, 4};
  ScriptedRanks ranks(0, {{"3,4", "3,4", "3"}});
  EXPECT_EQ(message_of([&] { check_same_seeds(ranks, seeds); }),
            "rank 2 has other seeds than rank 0: --seeds is 3, on rank 0 3,4; start all ranks with the same "
            "command");
  ScriptedRanks equal(1, {{"3,4", "3,4"}});
  EXPECT_EQ(message_of([&] { check_same_seeds(equal, seeds); }), "no error");
}

}  // namespace
}  // namespace rpp::test
