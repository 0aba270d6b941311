#include "runs/metrics_log.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"
#include "program/log.h"

namespace rpp::test {
namespace {

TEST(MetricsLog, WithoutAFileNothingIsWritten) {
  EXPECT_NO_THROW(MetricsLog().write(1, "train", {{"loss", 1.0}}));
}

TEST(MetricsLog, ALineIsAJsonObjectAndNonFiniteValuesAreNull) {
  const TestDir dir("metrics_line");
  MetricsLog log(dir / "metrics.jsonl", 0);
  log.write(20, "train", {{"loss", 2.5}, {"grad_norm", std::numeric_limits<double>::infinity()}});
  EXPECT_EQ(read_file(dir / "metrics.jsonl"),
            "{\"step\":20,\"kind\":\"train\",\"grad_norm\":null,\"loss\":2.5}\n");
}

TEST(MetricsLog, AResumedRunDropsLaterAndIncompleteLines) {
  const TestDir dir("metrics_resume");
  const auto path =
      dir.write("metrics.jsonl", "{\"step\":10,\"loss\":1}\n{\"step\":20,\"loss\":2}\n{\"step\":3");
  MetricsLog(path, 10).write(15, "eval", {});
  EXPECT_EQ(read_file(path), "{\"step\":10,\"loss\":1}\n{\"step\":15,\"kind\":\"eval\"}\n");
}

TEST(MetricsLog, LinesOfTheLastStepAreDroppedWhenRewritten) {
  const TestDir dir("metrics_repeated");
  const auto path = dir.write("metrics.jsonl",
                              "{\"step\":9,\"kind\":\"eval\"}\n{\"step\":10,\"kind\":\"train\"}\n"
                              "{\"step\":10,\"kind\":\"eval\"}\n");
  MetricsLog(path, 10, {"eval"}).write(10, "eval", {{"loss", 2}});
  EXPECT_EQ(read_file(path),
            "{\"step\":9,\"kind\":\"eval\"}\n{\"step\":10,\"kind\":\"train\"}\n"
            "{\"step\":10,\"kind\":\"eval\",\"loss\":2.0}\n");
}

// Invalid lines in the middle of a log; the last one is what a crash leaves.
TEST(MetricsLog, DamagedLinesAreDroppedAndNamed) {
  const TestDir dir("metrics_damaged");
  const auto path = dir.write("metrics.jsonl",
                              "{\"step\":\"x\"}\n{\"step\":1,\"kind\":5}\n[1]\n{\"kind\":\"eval\"}\n"
                              "{\"step\":2.5}\n{\"step\":3,\"kind\":\"train\"}\n{\"step\":4");
  init_logging();
  testing::internal::CaptureStderr();
  MetricsLog(path, 3);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(read_file(path), "{\"step\":1,\"kind\":5}\n{\"step\":3,\"kind\":\"train\"}\n");
  for (const int line : {1, 3, 4, 5}) {
    EXPECT_NE(log.find(fmt::format("{}:{}: not a line of a log: skipped", path.string(), line)),
              std::string::npos)
        << log;
  }
  EXPECT_EQ(log.find("jsonl:7"), std::string::npos) << log;
}

TEST(MetricsLog, ALineThatCannotBeWrittenIsAnErrorWithFileAndReason) {
  const TestDir dir("metrics_full");
  const auto path = dir / "metrics.jsonl";
  MetricsLog log(path, 0);
  std::filesystem::remove(path);
  std::filesystem::create_symlink("/dev/full", path);
  EXPECT_EQ(message_of([&] { log.write(1, "train", {}); }),
            fmt::format("cannot write to {}: No space left on device", path.string()));
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  EXPECT_EQ(message_of([&] { log.write(1, "train", {}); }),
            fmt::format("cannot write to {}: Is a directory", path.string()));
}

TEST(MetricsLog, LinesOfTheLastStepAreKeptAndLaterOnesDropped) {
  const TestDir dir("metrics_last_step");
  const auto path = dir.write("metrics.jsonl", "{\"step\":9}\n{\"step\":10}\n{\"step\":11}\n");
  MetricsLog(path, 10);
  EXPECT_EQ(read_file(path), "{\"step\":9}\n{\"step\":10}\n");
}

}  // namespace
}  // namespace rpp::test
