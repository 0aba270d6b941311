#include "rpp/core/model_path.h"

#include <gtest/gtest.h>

#include "message_of.h"

namespace rpp {
namespace {

TEST(ModelPath, ANameOfTheHubIsToldHowToBeFetched) {
  const std::string message = message_of([] { require_model_directory("bert-base-uncased"); });
  EXPECT_TRUE(message.starts_with("bert-base-uncased/config.json is missing: there is no bert-base-uncased."))
      << message;
  EXPECT_NE(message.find("hf download bert-base-uncased config.json model.safetensors vocab.txt"),
            std::string::npos)
      << message;
  EXPECT_NE(hub_advice("prajjwal1/bert-tiny"), "");
  EXPECT_TRUE(message_of([] { require_model("bert-base-uncased"); })
                  .starts_with("cannot open bert-base-uncased: No such file or directory. Names of the Hub"
                               "ging Face Hub are not fetched"));
}

TEST(ModelPath, APathIsNoNameOfTheHub) {
  for (const char* path :
       {"./absent", "/absent/model", "runs/absent/model", "absent/", "absent.rpp", "vocab.txt"}) {
    EXPECT_EQ(hub_advice(path), "") << path;
  }
}

TEST(ModelPath, WhatExistsIsNotAsked) {
  EXPECT_EQ(hub_advice("/"), "");
  EXPECT_EQ(message_of([] { require_model("."); }), "no error");
}

TEST(ModelPath, WhereADirectoryIsNeededAFileNamesTheWayToOne) {
  TempDir dir;
  const auto file = dir.write("m.rpp", "");
  EXPECT_EQ(message_of([&] { require_model_directory(file); }),
            fmt::format("{0} is a file, and a model directory is needed: rpp-export {0} --to-hf DIRECTORY "
                        "unpacks a model file",
                        file.string()));
}

TEST(ModelPath, AFileOfAModelDirectoryNamesTheDirectory) {
  TempDir dir;
  dir.write("config.json", "{}");
  const auto weights = dir.write("model.safetensors", "");
  EXPECT_EQ(message_of([&] { require_model_directory(weights); }),
            fmt::format("{} is a file: name its directory, {}", weights.string(), weights.parent_path().string()));
  const auto packed = dir.write("m.rpp", "");
  EXPECT_NE(message_of([&] { require_model_directory(packed); }).find("--to-hf"), std::string::npos);
}

TEST(ModelPath, ADirectoryWithoutAConfigurationIsNoModel) {
  TempDir dir;
  EXPECT_NE(message_of([&] { require_model_directory(dir / "."); }).find("is no model directory"),
            std::string::npos);
}

}  // namespace
}  // namespace rpp
