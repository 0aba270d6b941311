#include "runtime/compare_outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exported_model.h"
#include "io/safetensors.h"
#include "message_of.h"

namespace rpp {
namespace {

using testing::HasSubstr;

// In the format of `rpp-inspect forward`, with the values that transformers computed for the golden model.
class GoldenOutputs : public testing::Test {
 protected:
  void write(std::span<const float> hidden, std::span<const float> logits = {}) const {
    const SafetensorsFile golden(golden_dir() / "golden.safetensors");
    std::vector<TensorView> tensors;
    for (const char* name : {"input_ids", "token_type_ids", "cu_seqlens", "pooler_output"}) {
      tensors.push_back(golden.at(name));
    }
    tensors.push_back({.name = "last_hidden_state",
                       .shape = {static_cast<int64_t>(hidden.size()) / 32, 32},
                       .data = std::as_bytes(hidden)});
    if (!logits.empty()) {
      tensors.push_back({.name = "logits", .shape = {3, 3}, .data = std::as_bytes(logits)});
    }
    save_safetensors(file_.path(), tensors);
  }

  TemporaryFile file_{"outputs.safetensors"};
  Golden golden_;
  Session session_ = Session(exported(golden_dir()));
};

TEST_F(GoldenOutputs, EqualOutputsDifferOnlyByRounding) {
  write(golden_.floats("hidden.2"));
  const auto differences = compare_outputs(session_, file_.path());
  ASSERT_EQ(differences.size(), 2U);
  EXPECT_EQ(differences[0].name, "last_hidden_state");
  EXPECT_EQ(differences[0].num_values, 25 * 32);
  EXPECT_LT(differences[0].largest, 1e-5);
  EXPECT_EQ(differences[1].name, "pooler_output");
  EXPECT_LT(differences[1].largest, 1e-5);
}

TEST_F(GoldenOutputs, TheLargestDifferenceIsFound) {
  auto hidden = std::vector<float>(golden_.floats("hidden.2").begin(), golden_.floats("hidden.2").end());
  hidden[77] += 0.25F;
  write(hidden);
  EXPECT_NEAR(compare_outputs(session_, file_.path())[0].largest, 0.25, 1e-5);
}

TEST_F(GoldenOutputs, TextsWithAnotherBestLabelAreCounted) {
  Session classifier(exported(golden_dir() / "classifier"));
  auto logits =
      std::vector<float>(golden_.floats("class_logits").begin(), golden_.floats("class_logits").end());
  write(golden_.floats("hidden.2"), logits);
  AnswerDifference difference = compare_outputs(classifier, file_.path()).back();
  EXPECT_EQ(difference.num_texts, 3);
  EXPECT_EQ(difference.other_labels, 0);
  *std::min_element(logits.begin() + 3, logits.begin() + 6) = 50.0F;  // the second text
  write(golden_.floats("hidden.2"), logits);
  difference = compare_outputs(classifier, file_.path()).back();
  EXPECT_EQ(difference.other_labels, 1);
}

TEST_F(GoldenOutputs, NanCountsAsADifference) {
  auto hidden = std::vector<float>(golden_.floats("hidden.2").begin(), golden_.floats("hidden.2").end());
  hidden[3] = NAN;
  write(hidden);
  EXPECT_EQ(compare_outputs(session_, file_.path())[0].largest, INFINITY);
}

TEST_F(GoldenOutputs, OutputsOfAnotherModelAreRefused) {
  write(golden_.floats("hidden.2").first(24 * 32));
  EXPECT_THAT(message_of([&] { compare_outputs(session_, file_.path()); }),
              HasSubstr("last_hidden_state has 768 values of F32, the model gives 800 of F32"));
}

}  // namespace
}  // namespace rpp
