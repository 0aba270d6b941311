// The C interface around the answers: versions, models in memory, tokens, threads and forks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "c_api.h"
#include "core/atomic_file.h"
#include "core/version.h"

namespace rpp {
namespace {

using testing::ElementsAre;

class CModel : public CApi {
 protected:
  rpp_status load_bytes(const std::string& bytes, const rpp_load_options* options = nullptr) {
    rpp_model* model = nullptr;
    const auto status = rpp_load_memory(bytes.data(), bytes.size(), options, &model);
    EXPECT_EQ(model == nullptr, status != RPP_OK);
    if (model != nullptr) models_.emplace_back(model, rpp_free);
    return status;
  }

  std::vector<int32_t> ids_of(const rpp_model* model, const char* text, const char* pair = nullptr) {
    size_t count = 0;
    EXPECT_EQ(rpp_tokenize(model, text, pair, nullptr, 0, &count), RPP_OK) << rpp_last_error();
    std::vector<int32_t> ids(count);
    EXPECT_EQ(rpp_tokenize(model, text, pair, ids.data(), ids.size(), &count), RPP_OK);
    EXPECT_EQ(count, ids.size());
    return ids;
  }
};

TEST_F(CModel, TheVersionIsThatOfTheProgramsWithoutTheCommit) {
  EXPECT_EQ(version_string().find(std::string(rpp_version()) + " (commit "), 0U);
  EXPECT_THAT(rpp_version(), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST_F(CModel, BytesInMemoryGiveTheScoresOfTheirFile) {
  const std::string path = exported("classifier");
  std::string bytes = read_file(path);
  ASSERT_EQ(load_bytes(bytes), RPP_OK) << rpp_last_error();
  std::fill(bytes.begin(), bytes.end(), '\0');  // they were copied
  const rpp_model* in_memory = models_.back().get();
  EXPECT_EQ(scores(open(in_memory), {"w0 w1", "w2"}), scores(open(load(path)), {"w0 w1", "w2"}));
}

TEST_F(CModel, BytesThatAreNoModelAreRefused) {
  std::string bytes = read_file(exported("classifier"));
  EXPECT_EQ(load_bytes(""), RPP_ERROR);
  EXPECT_STREQ(rpp_last_error(), "the model in memory is not a safetensors file: 0 bytes hold no header");
  EXPECT_EQ(load_bytes(bytes.substr(0, bytes.size() - 1)), RPP_ERROR);
  EXPECT_THAT(rpp_last_error(), testing::StartsWith("the model in memory: tensor 'xxh3' ends at byte "));
  bytes[bytes.size() / 2] ^= 1;
  EXPECT_EQ(load_bytes(bytes), RPP_ERROR);
  EXPECT_STREQ(rpp_last_error(),
               "the model in memory is damaged: its bytes do not match its checksum; copy or make it again");
  const rpp_load_options mapped = {.size = sizeof mapped, .mapped = 1};
  EXPECT_EQ(load_bytes(bytes, &mapped), RPP_USAGE_ERROR);
  EXPECT_STREQ(rpp_last_error(), "a model in memory is copied, only files can be mapped");
}

// Positions in the vocabulary: [CLS] 2, [SEP] 3, w0 5, w1 6, w2 7.
TEST_F(CModel, TokensAreThoseOfTheVocabularyWithoutTruncation) {
  const rpp_model* model = load(exported("classifier"));
  EXPECT_THAT(ids_of(model, "w0 w2"), ElementsAre(2, 5, 7, 3));
  EXPECT_THAT(ids_of(model, "w0", "w1 unknown"), ElementsAre(2, 5, 3, 6, 1, 3));
  EXPECT_THAT(ids_of(model, ""), ElementsAre(2, 3));
  std::string long_text;
  for (int i = 0; i < 100; ++i) long_text += "w1 ";
  EXPECT_EQ(ids_of(model, long_text.c_str()).size(), 102U);
  EXPECT_EQ(rpp_max_tokens(model), 24);
}

TEST_F(CModel, TokensThatDoNotFitAreCounted) {
  const rpp_model* model = load(exported("classifier"));
  std::vector<int32_t> ids = {-1, -1, -1};
  size_t count = 0;
  EXPECT_EQ(rpp_tokenize(model, "w0 w1 w2", nullptr, ids.data(), 2, &count), RPP_OK);
  EXPECT_EQ(count, 5U);
  EXPECT_THAT(ids, ElementsAre(2, 5, -1));
  EXPECT_EQ(rpp_tokenize(model, "w0 \xff", nullptr, ids.data(), 2, &count), RPP_ERROR);
  EXPECT_STREQ(rpp_last_error(), "byte 3 of the text is not UTF-8");
  EXPECT_EQ(rpp_tokenize(model, "w0", "\xff", ids.data(), 2, &count), RPP_ERROR);
  EXPECT_STREQ(rpp_last_error(), "byte 0 of the second text is not UTF-8");
  EXPECT_EQ(count, 0U);
}

#ifdef __linux__
int64_t num_threads_of_process() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
}

TEST_F(CModel, ASessionStartsItsThreadsWithTheFirstAnswer) {
  const rpp_model* model = load(exported("classifier"));
  const int64_t before = num_threads_of_process();
  const rpp_session_options three = {.size = sizeof three, .num_threads = 3};
  rpp_session* session = open(model, &three);
  EXPECT_EQ(num_threads_of_process(), before);
  scores(session, {"w0"});
  EXPECT_EQ(num_threads_of_process(), before + 2);
}
#endif

// As a server does that loads its model, opens a session and forks its workers.
TEST_F(CModel, WorkersThatAreForkedBeforeTheFirstAnswerEachAnswer) {
  const rpp_model* model = load(exported("classifier"));
  const rpp_session_options three = {.size = sizeof three, .num_threads = 3};
  rpp_session* session = open(model, &three);
  std::vector<pid_t> workers;
  for (int worker = 0; worker < 3; ++worker) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);  // a hang is a failure
      const auto found = scores(session, {"w0 w1", "w2"});
      rpp_session* of_child = open(model, &three);
      ::_exit(found == scores(of_child, {"w0 w1", "w2"}) ? 0 : 1);
    }
    workers.push_back(child);
  }
  for (const pid_t worker : workers) {
    int status = 0;
    ::waitpid(worker, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  EXPECT_EQ(scores(session, {"w0"}).size(), 3U);
}

}  // namespace
}  // namespace rpp
