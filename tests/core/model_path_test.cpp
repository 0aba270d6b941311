#include "rpp/core/model_path.h"

#include <gtest/gtest.h>

#include "message_of.h"

namespace rpp {
namespace {

TEST(ModelPath, ANameOfTheHubIsToldHowToBeFetched) {
  const std::string message = message_of([] { require_model("bert-base-uncased"); });
  EXPECT_TRUE(message.starts_with("bert-base-uncased/config.json is missing: there is no bert-base-uncased."))
      << message;
  EXPECT_NE(message.find("hf download bert-base-uncased config.json model.safetensors vocab.txt"),
            std::string::npos)
      << message;
  EXPECT_NE(hub_advice("prajjwal1/bert-tiny"), "");
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

}  // namespace
}  // namespace rpp
