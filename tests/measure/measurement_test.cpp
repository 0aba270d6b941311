#include "measure/measurement.h"

#include <gtest/gtest.h>

namespace rpp {
namespace {

TEST(Measurement, NamesTheMachine) {
  const auto line = begin_measurement("train", 2);
  EXPECT_EQ(line.at("bench"), "train");
  EXPECT_EQ(line.at("threads"), 2);
  EXPECT_GE(line.at("cores").get<int>(), 1);
  EXPECT_FALSE(line.at("machine").get<std::string>().empty());
}

TEST(Measurement, ATableListsSharedSettingsAboveIt) {
  const std::vector<Measurement> lines = {
      {{"bench", "x"}, {"rate", 1234567.0}, {"name", "a"}, {"parts", {{"one", 1}}}},
      {{"bench", "x"}, {"rate", 0.5}, {"other", 3}, {"name", "long name"}}};
  EXPECT_EQ(format_table(lines),
            "bench: x\n"
            "     rate       name  other  \n"
            "1,234,567          a      -  \n"
            "      0.5  long name      3  \n");
}

TEST(Measurement, OneLineMakesATable) {
  EXPECT_EQ(format_table({{{"bench", "x"}, {"n", 12}}}), "bench: x\n n  \n12  \n");
}

TEST(Measurement, ATableUsesReadableUnitsAndOmitsDetails) {
  EXPECT_EQ(format_table({{{"file_bytes", 58'468'432}, {"sparse_p50_ms", 1.6049}, {"sparse_p99_ms", 3.0}}}),
            "file MB    ms  \n"
            "   58.5  1.60  \n");
}

TEST(Measurement, TheShortestCallIsReported) {
  int calls = 0;
  const double seconds = best_seconds(3, [&] { ++calls; });
  EXPECT_EQ(calls, 3);
  EXPECT_GE(seconds, 0.0);
}

}  // namespace
}  // namespace rpp
