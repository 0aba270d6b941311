// The variables of each launcher, and what cannot be true.
#include "launch/rank_place.h"

#include <gtest/gtest.h>

#include "message_of.h"

namespace rpp::test {
namespace {

Variables torchrun() {
  return {{"RANK", "2"},
          {"WORLD_SIZE", "4"},
          {"LOCAL_WORLD_SIZE", "2"},
          {"MASTER_ADDR", "10.0.0.5"},
          {"MASTER_PORT", "1234"}};
}

Variables slurm() {
  return {{"SLURM_PROCID", "3"},
          {"SLURM_NTASKS", "8"},
          {"SLURM_STEP_NODELIST", "node[07-09,12],gpu1"},
          {"SLURM_LAUNCH_NODE_IPADDR", "10.0.0.1"},
          {"SLURM_JOB_ID", "1230042"}};
}

Variables open_mpi() {
  return {{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "2"}, {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
}

Variables with(Variables variables, const Variables& changes) {
  for (const auto& [name, value] : changes) variables[name] = value;
  return variables;
}

std::string message(const Variables& variables) {
  return message_of([&] { rank_place(variables); });
}

TEST(RankPlace, NoVariablesAreOneProcess) {
  const RankPlace place = rank_place({{"PATH", "/bin"}});
  EXPECT_EQ(place.rank, 0);
  EXPECT_EQ(place.size, 1);
  EXPECT_EQ(place.address, "");
}

TEST(RankPlace, OneProcessOfALauncherNeedsNoAddress) {
  EXPECT_EQ(rank_place({{"RANK", "0"}, {"WORLD_SIZE", "1"}}).size, 1);
  EXPECT_EQ(rank_place({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "1"}}).size, 1);
}

TEST(RankPlace, TorchrunGivesAllOfIt) {
  const RankPlace place = rank_place(torchrun());
  EXPECT_EQ(place.rank, 2);
  EXPECT_EQ(place.size, 4);
  EXPECT_EQ(place.local_size, 2);
  EXPECT_EQ(endpoint_of(place), "10.0.0.5:1234");
  EXPECT_EQ(place.launcher, "torchrun");
  EXPECT_FALSE(place.launcher_has_store);
}

TEST(RankPlace, TorchrunsStoreHasAPrefixForEachAttempt) {
  const RankPlace place = rank_place(
      with(torchrun(), {{"TORCHELASTIC_USE_AGENT_STORE", "True"}, {"TORCHELASTIC_RESTART_COUNT", "3"}}));
  EXPECT_TRUE(place.launcher_has_store);
  EXPECT_EQ(place.store_prefix, "/worker/attempt_3");
}

TEST(RankPlace, SlurmsFirstNodeHasRankZero) {
  const RankPlace place = rank_place(slurm());
  EXPECT_EQ(place.rank, 3);
  EXPECT_EQ(place.size, 8);
  EXPECT_EQ(endpoint_of(place), "node07:20042");
  EXPECT_EQ(place.launcher, "Slurm");
}

TEST(RankPlace, SlurmWithoutANodeListUsesTheLaunchNode) {
  Variables variables = slurm();
  variables.erase("SLURM_STEP_NODELIST");
  EXPECT_EQ(rank_place(variables).address, "10.0.0.1");
}

TEST(RankPlace, ASlurmStepMayBeSmallerThanItsJob) {
  EXPECT_EQ(rank_place(with(slurm(), {{"SLURM_STEP_NUM_TASKS", "4"}})).size, 4);
}

TEST(RankPlace, ASlurmJobWithoutAStepIsOneProcess) {
  EXPECT_EQ(rank_place({{"SLURM_NTASKS", "8"}}).size, 1);
  const Variables batch_script = {
      {"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_JOB_NODELIST", "node[07-09]"}};
  EXPECT_EQ(rank_place(batch_script).size, 1);
}

TEST(RankPlace, OpenMpiOnOneMachineNeedsNoAddress) {
  const RankPlace place = rank_place(open_mpi());
  EXPECT_EQ(place.rank, 1);
  EXPECT_EQ(place.size, 2);
  EXPECT_EQ(endpoint_of(place), "127.0.0.1:29500");
}

TEST(RankPlace, OpenMpiOnSeveralMachinesNeedsTheAddress) {
  const Variables variables = with(open_mpi(), {{"OMPI_COMM_WORLD_LOCAL_SIZE", "1"}});
  EXPECT_EQ(message(variables),
            "Open MPI says rank 1 of 2, but the environment variable MASTER_ADDR is not set: set it to the "
            "address of rank 0, the same for all ranks");
  EXPECT_EQ(endpoint_of(rank_place(with(variables, {{"MASTER_ADDR", "a"}, {"MASTER_PORT", "5"}}))), "a:5");
}

// mpirun in a batch script: all its processes inherit the script's Slurm variables.
TEST(RankPlace, OpenMpiWinsOverSlurm) {
  EXPECT_EQ(rank_place(with(slurm(), open_mpi())).launcher, "Open MPI");
}

TEST(RankPlace, TorchrunInsideASlurmJobWins) {
  EXPECT_EQ(rank_place(with(slurm(), torchrun())).rank, 2);
}

TEST(RankPlace, ExportedRanksThatContradictTheLauncherAreRefused) {
  Variables variables = with(slurm(), torchrun());
  variables.erase("LOCAL_WORLD_SIZE");
  EXPECT_EQ(
      message(variables),
      "the environment variables RANK and WORLD_SIZE say rank 2 of 4, those of Slurm rank 3 of 8: unset "
      "RANK and WORLD_SIZE, or start with torchrun or rpp-launch");
  variables = with(variables, {{"RANK", "3"}, {"WORLD_SIZE", "8"}});
  EXPECT_EQ(rank_place(variables).rank, 3);
}

TEST(RankPlace, ARankOutsideOfTheSizeIsRefused) {
  EXPECT_EQ(message(with(torchrun(), {{"RANK", "4"}})),
            "the environment variable RANK is 4, but WORLD_SIZE is 4: ranks are 0 to WORLD_SIZE - 1");
}

TEST(RankPlace, HalfOfTheVariablesIsRefused) {
  EXPECT_EQ(message({{"RANK", "0"}}),
            "the environment variable RANK is set, but WORLD_SIZE is not: set both, or none to run as one "
            "process");
  EXPECT_EQ(
      message({{"OMPI_COMM_WORLD_SIZE", "2"}}),
      "the environment variable OMPI_COMM_WORLD_SIZE is set, but OMPI_COMM_WORLD_RANK is not: set both, "
      "or none to run as one process");
}

TEST(RankPlace, TextThatIsNoNumberIsRefused) {
  EXPECT_EQ(message(with(torchrun(), {{"RANK", "two"}})),
            "the environment variable RANK is 'two', it must be a number that is not negative");
  EXPECT_EQ(message(with(torchrun(), {{"WORLD_SIZE", "-4"}})),
            "the environment variable WORLD_SIZE is '-4', it must be a number that is not negative");
}

TEST(RankPlace, AnImpossiblePortIsRefused) {
  EXPECT_EQ(message(with(torchrun(), {{"MASTER_PORT", "70000"}})),
            "the environment variable MASTER_PORT is 70000, the largest port is 65535");
  EXPECT_EQ(
      message(with(torchrun(), {{"MASTER_PORT", ""}})),
      "torchrun says rank 2 of 4, but the environment variable MASTER_PORT is not set: set it to the port "
      "of rank 0, the same for all ranks");
}

TEST(RankPlace, MoreLocalProcessesThanRanksAreRefused) {
  EXPECT_EQ(message(with(torchrun(), {{"LOCAL_WORLD_SIZE", "5"}})),
            "the environment variable LOCAL_WORLD_SIZE is 5, but WORLD_SIZE is 4");
}

TEST(RankPlace, TheFirstNodeOfAList) {
  EXPECT_EQ(first_node("node1"), "node1");
  EXPECT_EQ(first_node("a,b"), "a");
  EXPECT_EQ(first_node("node[07-09,12],gpu1"), "node07");
  EXPECT_EQ(first_node("r[1-2]n[3,5]-ib,x"), "r1n3-ib");
}

}  // namespace
}  // namespace rpp::test
