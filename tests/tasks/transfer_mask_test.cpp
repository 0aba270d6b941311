#include "analysis/transfer_mask.h"

#include <gtest/gtest.h>

#include "analysis/edited_model.h"
#include "analysis/verify_zeros.h"
#include "data/fake_tokenizer.h"
#include "io/safetensors.h"
#include "message_of.h"
#include "ops/torch.h"
#include "tasks/inspect.h"
#include "train/tensors.h"

namespace rpp::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kUp = "bert.encoder.layer.0.intermediate.dense.weight";

class TransferMask : public testing::Test {
 protected:
  TransferMask()
      : dir_(fmt::format("transfer_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {
    EditedModel(kGoldenModel).zero_row("0.intermediate.dense", 3).save(dir_ / "pruned");
    EditedModel(kGoldenModel).zero_row("0.intermediate.dense", 5).save(dir_ / "model");
  }

  TestDir dir_;
};

TEST_F(TransferMask, ZerosOfBothAreAppliedAndAllElseIsUntouched) {
  const SparsityReport report = transfer_mask(dir_ / "model", dir_ / "pruned", dir_ / "out");
  EXPECT_EQ(report.zeros(), 2 * 32);
  const auto before = load_tensors(dir_ / "model/model.safetensors");
  for (const auto& [name, tensor] : load_tensors(dir_ / "out/model.safetensors")) {
    auto expected = before.at(name).clone();
    if (name == kUp) expected[3].zero_();
    EXPECT_TRUE(torch::equal(tensor, expected)) << name;
  }
}

TEST_F(TransferMask, TheNewModelPassesVerificationAndKeepsTheMask) {
  transfer_mask(dir_ / "model", dir_ / "pruned", dir_ / "out");
  EXPECT_EQ(verify_zeros(dir_ / "out").total.masked, 2 * 32);
  EXPECT_TRUE(verify_zeros(dir_ / "out", dir_ / "pruned").holds());
  EXPECT_EQ(SafetensorsFile(dir_ / "out/model.safetensors").metadata().at("prune_method"), "transfer");
  const auto again = transfer_mask(kGoldenModel, dir_ / "out/mask.safetensors", dir_ / "again");
  EXPECT_EQ(again.zeros(), 2 * 32);
}

TEST_F(TransferMask, ExistingOutputsAndMissingModelsAreRefused) {
  EXPECT_EQ(message_of([&] { transfer_mask(dir_ / "model", dir_ / "pruned", dir_ / "pruned"); }),
            fmt::format("{} exists already: name a new directory with --output", dir_ / "pruned"));
  EXPECT_NE(message_of([&] { transfer_mask(dir_ / "model", dir_ / "absent", dir_ / "out"); }), "no error");
  EXPECT_FALSE(fs::exists(dir_ / "out"));
}

}  // namespace
}  // namespace rpp::test
