#include "bert_format/model_path.h"

#include <gtest/gtest.h>

#include <fstream>

#include "message_of.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

class ModelPath : public testing::Test {
 protected:
  ModelPath() { fs::create_directories(dir_); }
  ~ModelPath() override { fs::remove_all(dir_); }
  fs::path write(const std::string& name, std::string_view text) const {
    std::ofstream(dir_ / name) << text;
    return dir_ / name;
  }
  const fs::path dir_ =
      fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(ModelPath, AHubNameIsAnsweredWithTheDownloadCommand) {
  const std::string message = message_of([] { require_model_directory("bert-base-uncased"); });
  EXPECT_TRUE(message.starts_with("bert-base-uncased/config.json is missing: there is no bert-base-uncased."))
      << message;
  EXPECT_NE(message.find("hf download bert-base-uncased config.json model.safetensors tokenizer.json"),
            std::string::npos)
      << message;
  EXPECT_NE(hub_advice("prajjwal1/bert-tiny"), "");
  EXPECT_TRUE(
      message_of([] { require_model("bert-base-uncased"); })
          .starts_with("cannot open bert-base-uncased: No such file or directory. Names of the Hugging Face "
                       "Hub are not fetched"));
}

TEST_F(ModelPath, APathIsNotTakenForAHubName) {
  for (const char* path :
       {"./absent", "/absent/model", "runs/absent/model", "absent/", "absent.rpp", "vocab.txt", "m.yaml"}) {
    EXPECT_EQ(hub_advice(path), "") << path;
  }
}

TEST_F(ModelPath, ExistingPathsAreNotTakenForHubNames) {
  EXPECT_EQ(hub_advice("/"), "");
  EXPECT_EQ(message_of([] { require_model("."); }), "no error");
}

TEST_F(ModelPath, AFileWhereADirectoryIsNeededSaysHowToMakeOne) {
  const auto file = write("m.rpp", "");
  EXPECT_EQ(message_of([&] { require_model_directory(file); }),
            fmt::format("{0} is a file, and a model directory is needed: rpp-export {0} --to-hf DIRECTORY "
                        "unpacks a model file",
                        file.string()));
}

TEST_F(ModelPath, AFileOfAModelDirectoryNamesTheDirectory) {
  write("config.json", "{}");
  const auto weights = write("model.safetensors", "");
  EXPECT_EQ(
      message_of([&] { require_model_directory(weights); }),
      fmt::format("{} is a file: name its directory, {}", weights.string(), weights.parent_path().string()));
  const auto packed = write("m.rpp", "");
  EXPECT_NE(message_of([&] { require_model_directory(packed); }).find("--to-hf"), std::string::npos);
}

TEST_F(ModelPath, ADirectoryWithoutAConfigurationIsRefused) {
  EXPECT_NE(message_of([&] { require_model_directory(dir_); }).find("is no model directory"),
            std::string::npos);
}

}  // namespace
}  // namespace rpp
