#include "model/heads_of.h"

#include "model/golden.h"
#include "tokenizer/text_files.h"

namespace rpp {
namespace {

class HeadsOf : public TextFiles {};

TEST_F(HeadsOf, AreTheHeadsWithTensorsInTheFile) {
  const HeadSpec pretraining = heads_of(golden_dir());
  EXPECT_TRUE(pretraining.pretraining && pretraining.pooler && !pretraining.span);
  EXPECT_EQ(pretraining.num_labels, 0);
  const HeadSpec classifier = heads_of(golden_dir() / "classifier");
  EXPECT_TRUE(!classifier.pretraining && classifier.pooler && !classifier.span);
  EXPECT_EQ(classifier.num_labels, 3);
  const HeadSpec span = heads_of(golden_dir() / "span");
  EXPECT_TRUE(!span.pretraining && !span.pooler && span.span);
}

TEST_F(HeadsOf, TheArchitectureTellsAClassifierOfTokens) {
  const HeadSpec tokens = heads_of(golden_dir() / "tokens");
  EXPECT_TRUE(!tokens.pretraining && !tokens.pooler && !tokens.span);
  EXPECT_EQ(tokens.num_labels, 0);
  EXPECT_EQ(tokens.num_token_labels, 3);
  EXPECT_EQ(heads_of(golden_dir() / "classifier").num_token_labels, 0);
}

TEST_F(HeadsOf, AClassifierWithoutAPoolerIsNotOneOfTexts) {
  const std::vector<float> values(6);
  const TensorView view{
      .name = "classifier.weight", .shape = {3, 2}, .data = std::as_bytes(std::span(values))};
  save_safetensors(directory_ / "model.safetensors", {&view, 1});
  EXPECT_EQ(heads_of(directory_).num_labels, 0);
  EXPECT_FALSE(heads_of(directory_).pooler);
}

TEST_F(HeadsOf, WithoutAFileThereAreNoHeads) {
  EXPECT_EQ(heads_of(directory_).num_labels, 0);
  EXPECT_FALSE(heads_of(directory_).pretraining || heads_of(directory_).span);
}

}  // namespace
}  // namespace rpp
