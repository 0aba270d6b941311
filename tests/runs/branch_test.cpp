#include "runs/branch.h"

#include <gtest/gtest.h>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"
#include "program/log.h"
#include "runs/checkpoint.h"

namespace rpp::test {
namespace {

namespace fs = std::filesystem;

class Branch : public testing::Test {
 protected:
  Branch() : dir_(fmt::format("branch_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {
    init_logging();
    for (int64_t step : {2, 4, 6}) checkpoint("run", step);
    best("run", {.step = 6, .value = 0.5});
    dir_.write("run/metrics.jsonl", "{\"step\":6}\n");
  }

  fs::path checkpoint(const std::string& run, int64_t step) const {
    const auto path = checkpoint_path(dir_ / run, step);
    write_checkpoint(path, [](const fs::path& to) { write_file_atomically(to / "weights", "w"); });
    return path;
  }
  void best(const std::string& run, const BestRecord& record) const {
    write_checkpoint(dir_ / run / "best", [&](const fs::path& to) { write_best_record(to, record); });
  }
  std::vector<int64_t> steps(const std::string& run) const {
    std::vector<int64_t> steps;
    for (const auto& checkpoint : list_checkpoints(dir_ / run)) steps.push_back(checkpoint.step);
    return steps;
  }
  // The log of moving aside what is not part of the resumed branch.
  std::string set_aside(const BranchPoint& point) const {
    testing::internal::CaptureStderr();
    set_aside_abandoned(dir_ / "run", point);
    return testing::internal::GetCapturedStderr();
  }

  TestDir dir_;
};

using Steps = std::vector<int64_t>;

TEST_F(Branch, LaterCheckpointsAndTheirBestAreMovedAsideAndLogged) {
  const std::string log = set_aside({.checkpoint = dir_ / "run/checkpoint-2", .step = 2, .best = {{2, 0.1}}});
  EXPECT_EQ(steps("run"), (Steps{2}));
  EXPECT_EQ(steps("run/abandoned-1"), (Steps{4, 6}));
  EXPECT_EQ(read_best_record(dir_ / "run/abandoned-1/best"), (BestRecord{.step = 6, .value = 0.5}));
  EXPECT_FALSE(fs::exists(dir_ / "run/best"));
  EXPECT_EQ(read_file(dir_ / "run/abandoned-1/metrics.jsonl"), "{\"step\":6}\n");
  EXPECT_NE(log.find(fmt::format("the run continues from step 2: checkpoint-4, checkpoint-6, best of the "
                                 "abandoned branch are now in {}",
                                 (dir_ / "run/abandoned-1").string())),
            std::string::npos)
      << log;
}

TEST_F(Branch, FilesOfTheResumedBranchAreKept) {
  EXPECT_EQ(set_aside({.checkpoint = dir_ / "run/checkpoint-6", .step = 6, .best = {{6, 0.5}}}), "");
  EXPECT_EQ(steps("run"), (Steps{2, 4, 6}));
  EXPECT_TRUE(fs::exists(dir_ / "run/best"));
  EXPECT_FALSE(fs::exists(dir_ / "run/abandoned-1"));
}

// The step may be the same: another branch may have reached it.
TEST_F(Branch, ABestWithADifferentValueIsMovedAside) {
  set_aside({.checkpoint = dir_ / "run/checkpoint-6", .step = 6, .best = {{6, 0.25}}});
  EXPECT_EQ(steps("run"), (Steps{2, 4, 6}));
  EXPECT_FALSE(fs::exists(dir_ / "run/best"));
}

TEST_F(Branch, ARunWithoutABestKeepsNone) {
  set_aside({.checkpoint = dir_ / "run/checkpoint-6", .step = 6});
  EXPECT_FALSE(fs::exists(dir_ / "run/best"));
}

// A process killed between writing best/ and the checkpoint of the same step has left no branch.
TEST_F(Branch, ABestThatWillBeRecomputedIsRemoved) {
  best("run", {.step = 8, .value = 0.75});
  const auto last = dir_ / "run/checkpoint-6";
  EXPECT_EQ(set_aside({.checkpoint = last, .step = 6, .best = {{6, 0.5}}, .repeats = true}), "");
  EXPECT_FALSE(fs::exists(dir_ / "run/best") || fs::exists(dir_ / "run/abandoned-1"));
  EXPECT_EQ(steps("run"), (Steps{2, 4, 6}));
}

TEST_F(Branch, ABestOfOtherSettingsOrWithOtherFilesIsMovedAside) {
  const auto last = dir_ / "run/checkpoint-6";
  set_aside({.checkpoint = last, .step = 6, .repeats = false});
  EXPECT_TRUE(fs::exists(dir_ / "run/abandoned-1/best"));
  best("run", {.step = 6, .value = 0.5});
  set_aside({.checkpoint = dir_ / "run/checkpoint-4", .step = 4, .repeats = true});
  EXPECT_TRUE(fs::exists(dir_ / "run/abandoned-2/best"));
  fs::remove_all(dir_ / "run/checkpoint-2");
  fs::remove_all(dir_ / "run/checkpoint-4");
  best("run", {.step = 6, .value = 0.5});
  set_aside({.checkpoint = checkpoint("other", 4), .step = 4, .repeats = true});
  EXPECT_TRUE(fs::exists(dir_ / "run/abandoned-3/best"));
}

TEST_F(Branch, ResumingFromAnotherDirectoryMovesAllOwnCheckpointsAside) {
  set_aside({.checkpoint = checkpoint("other", 4), .step = 4});
  EXPECT_EQ(steps("run"), Steps());
  EXPECT_EQ(steps("run/abandoned-1"), (Steps{2, 4, 6}));
}

TEST_F(Branch, EachAbandonedBranchHasItsOwnDirectory) {
  set_aside({.checkpoint = dir_ / "run/checkpoint-4", .step = 4});
  set_aside({.checkpoint = dir_ / "run/checkpoint-2", .step = 2});
  EXPECT_EQ(steps("run/abandoned-1"), (Steps{6}));
  EXPECT_EQ(steps("run/abandoned-2"), (Steps{4}));
  remove_checkpoints(dir_ / "run");
  EXPECT_FALSE(fs::exists(dir_ / "run/abandoned-1") || fs::exists(dir_ / "run/abandoned-2"));
}

TEST_F(Branch, TheBestIsFoundInTheRunOrBesideItsCheckpoint) {
  const BestRecord record{.step = 4, .value = 0.5};
  const auto found = [&](const BranchPoint& point) { return find_best(dir_ / "run", point); };
  EXPECT_EQ(found({.checkpoint = dir_ / "run/checkpoint-6", .step = 6, .best = {{6, 0.5}}}),
            dir_ / "run/best");
  EXPECT_EQ(found({.checkpoint = dir_ / "run/checkpoint-6", .step = 6, .best = record}),
            dir_ / "run/checkpoint-4");
  EXPECT_EQ(found({.checkpoint = dir_ / "run/checkpoint-4", .step = 4, .best = record}),
            dir_ / "run/checkpoint-4");
  EXPECT_EQ(found({.checkpoint = dir_ / "run/checkpoint-6", .step = 6, .best = {{3, 0.5}}}), std::nullopt);
  fs::copy(dir_ / "run/checkpoint-4", dir_ / "copy", fs::copy_options::recursive);
  EXPECT_EQ(found({.checkpoint = dir_ / "copy", .step = 4, .best = record}), dir_ / "copy");
  const auto other = checkpoint("other", 6);
  best("other", {.step = 3, .value = 0.5});
  EXPECT_EQ(found({.checkpoint = other, .step = 6, .best = {{3, 0.5}}}), dir_ / "other/best");
}

TEST_F(Branch, ADamagedRecordIsNamed) {
  const auto file =
      dir_.write("run/best/best.json", R"({"format": "rpp-best-1", "step": "six", "value": 1})");
  EXPECT_EQ(message_of([&] { read_best_record(dir_ / "run/best"); }),
            file.string() + " is damaged: 'step' is \"six\"");
  dir_.write("run/best/best.json", R"({"format": "rpp-best-2"})");
  EXPECT_EQ(message_of([&] { read_best_record(dir_ / "run/best"); }),
            file.string() + " is of another version (this program reads rpp-best-1)");
}

}  // namespace
}  // namespace rpp::test
