// Models and sessions of the C interface, freed at the end of a test.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "bert_format/model_export.h"
#include "data/fake_tokenizer.h"
#include "rpp/rpp.h"

namespace rpp {

using Texts = std::vector<const char*>;

// The golden models with a vocabulary of whole words, as model files.
class CApi : public testing::Test {
 protected:
  CApi() : dir_(testing::UnitTest::GetInstance()->current_test_info()->name()) {}

  std::string exported(const std::string& golden) {
    const std::filesystem::path model = dir_ / golden;
    std::filesystem::copy(std::filesystem::path(RPP_SOURCE_DIR) / "tests/golden/bert" / golden, model);
    dir_.write(golden + "/vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nw0\nw1\nw2\n\u00e9\n");
    export_model(model, dir_ / (golden + ".rpp"));
    return (dir_ / (golden + ".rpp")).string();
  }

  rpp_model* load(const std::string& path, const rpp_load_options* options = nullptr) {
    rpp_model* model = nullptr;
    EXPECT_EQ(rpp_load(path.c_str(), options, &model), RPP_OK) << rpp_last_error();
    models_.emplace_back(model, rpp_free);
    return model;
  }

  rpp_session* open(const rpp_model* model, const rpp_session_options* options = nullptr) {
    rpp_session* session = nullptr;
    EXPECT_EQ(rpp_open(model, options, &session), RPP_OK) << rpp_last_error();
    sessions_.emplace_back(session, rpp_close);
    return session;
  }

  std::vector<float> scores(rpp_session* session, const Texts& texts, const Texts& pairs = {}) {
    std::vector<float> scores(3 * texts.size());
    const auto status =
        rpp_score(session, texts.data(), pairs.empty() ? nullptr : pairs.data(), texts.size(), scores.data());
    EXPECT_EQ(status, RPP_OK) << rpp_last_error();
    return scores;
  }

  TestDir dir_;
  std::vector<std::unique_ptr<rpp_model, void (*)(rpp_model*)>> models_;
  std::vector<std::unique_ptr<rpp_session, void (*)(rpp_session*)>> sessions_;
};

}  // namespace rpp
