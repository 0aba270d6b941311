#include "serve/access_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(AccessLog, ALineHasWhatHappened) {
  const std::string line = access_line({.client = "127.0.0.1:5000",
                                        .method = "POST",
                                        .path = "/embed",
                                        .status = 200,
                                        .seconds = 0.0125,
                                        .bytes_in = 100,
                                        .bytes_out = 200,
                                        .num_texts = 2,
                                        .num_tokens = 9});
  EXPECT_EQ(line, R"({"client":"127.0.0.1:5000","method":"POST","path":"/embed","status":200,"ms":12.5,)"
                  R"("bytes_in":100,"bytes_out":200,"texts":2,"tokens":9})");
}

TEST(AccessLog, AClientCannotForgeALineOrMakeALongOne) {
  const std::string line =
      access_line({.method = "GET", .path = "/\n{\xff" + std::string(9000, 'a'), .status = 404});
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_LT(line.size(), 400U);
  EXPECT_TRUE(nlohmann::json::accept(line));
}

TEST(AccessLog, LinesHaveATime) {
  const TestDir dir("access_log");
  AccessLog log(dir / "log");
  log.write({.method = "GET", .path = "/health", .status = 200});
  EXPECT_THAT(read_file(dir / "log"),
              testing::MatchesRegex("\\{\"time\":\"....-..-..T..:..:..\\....Z\",\"client\".*\\}\n"));
}

TEST(AccessLog, AfterARotationItWritesToTheNewFile) {
  const TestDir dir("rotated_log");
  AccessLog log(dir / "log");
  log.write({.path = "/old", .status = 200});
  std::filesystem::rename(dir / "log", dir / "log.1");
  log.reopen();
  log.write({.path = "/new", .status = 200});
  EXPECT_THAT(read_file(dir / "log.1"), HasSubstr("/old"));
  EXPECT_THAT(read_file(dir / "log"), HasSubstr("/new"));
}

TEST(AccessLog, AnUnwritableFileIsNamed) {
  EXPECT_THAT(message_of([] { AccessLog log("/absent/log"); }),
              HasSubstr("cannot open the access log /absent/log: No such file or directory"));
}

}  // namespace
}  // namespace rpp
