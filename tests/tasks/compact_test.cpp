#include "analysis/compact.h"

#include <gtest/gtest.h>

#include "analysis/edited_model.h"
#include "analysis/verify_zeros.h"
#include "bert_format/model_config.h"
#include "data/fake_tokenizer.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "tasks/inspect.h"

namespace rpp::test {
namespace {

namespace fs = std::filesystem;

class Compact : public testing::Test {
 protected:
  Compact()
      : dir_(fmt::format("compact_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {}

  // Saved with a vocabulary of words, most of which do not occur in any text.
  fs::path save(const EditedModel& model, const std::string& name = "model") const {
    model.save(dir_ / name);
    std::string vocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\nold\nbridge\nwater\nyes\n.\n,\n";
    for (int i = 12; i < 100; ++i) vocab += fmt::format("w{}\n", i);
    dir_.write(name + "/vocab.txt", vocab);
    return dir_ / name;
  }

  CompactReport compact(const EditedModel& model, CompactSizes sizes = CompactSizes::uniform) const {
    return compact_model(save(model), dir_ / "compacted", {.sizes = sizes, .texts = {}});
  }

  TestDir dir_;
};

// Layer 0: units 0 to 8 have no input, 20 to 22 no output; layer 1: units 30 to 46 have no input. The biases
// of units without input are far from zero. 36 and 31 units are live.
EditedModel with_dead_units(const fs::path& source = kGoldenModel) {
  EditedModel model(source);
  for (int64_t unit = 0; unit < 9; ++unit) {
    model.zero_row("0.intermediate.dense", unit).set_bias("0.intermediate.dense", unit, 0.5F - 0.3F * unit);
  }
  for (int64_t unit = 20; unit < 23; ++unit) model.zero_col("0.output.dense", unit);
  for (int64_t unit = 30; unit < 47; ++unit) {
    model.zero_row("1.intermediate.dense", unit).set_bias("1.intermediate.dense", unit, 1.0F);
  }
  return model;
}

void expect_equal_outputs(const CompactReport& report) {
  for (const auto& difference : report.differences) EXPECT_LT(difference.largest, 1e-5) << difference.name;
}

torch::Tensor hidden_of(const fs::path& model) {
  const std::vector<GlueExample> texts = {{.text_a = "w1 w2 w3 w4", .text_b = ""},
                                          {.text_a = "w9", .text_b = "w7 w8"}};
  const auto outputs = forward_texts(*open_model(model).bert, FakeTokenizer(100), texts);
  for (const auto& [name, tensor] : outputs) {
    if (name == "last_hidden_state") return tensor;
  }
  return {};
}

TEST_F(Compact, RemovingDeadUnitsKeepsTheOutputs) {
  const auto report = compact(with_dead_units());
  ASSERT_EQ(report.plan.layers.size(), 2U);
  EXPECT_EQ(report.plan.layers[0].units.size(), 36U);
  EXPECT_EQ(report.plan.layers[0].units.front(), 9);
  EXPECT_EQ(report.plan.layers[1].units.size(), 31U);
  EXPECT_EQ(report.plan.sizes_after(0).intermediate_size, 40);  // 36, rounded up to a multiple of 8
  ASSERT_EQ(report.differences.size(), 2U);                     // last_hidden_state, pooler_output
  expect_equal_outputs(report);
  EXPECT_LT((hidden_of(dir_ / "model") - hidden_of(dir_ / "compacted")).abs().max().item<float>(), 1e-5F);
}

TEST_F(Compact, WithoutTheFoldedBiasesTheOutputsWouldDiffer) {
  const auto model = save(with_dead_units());
  EditedModel without = with_dead_units();
  for (int64_t unit = 30; unit < 47; ++unit) without.zero_col("1.output.dense", unit);
  EXPECT_GT((hidden_of(model) - hidden_of(save(without, "without"))).abs().max().item<float>(), 0.01F);
}

TEST_F(Compact, TheCompactModelLoadsAsAnOrdinaryModel) {
  const auto report = compact(with_dead_units());
  const auto config = read_model_config(dir_ / "compacted");
  EXPECT_EQ(config.intermediate_size, 40);
  EXPECT_EQ(config.hidden_size, 32);
  const auto model = open_model(dir_ / "compacted");
  EXPECT_EQ(report.parameters_after, model.params->size());
  EXPECT_EQ(report.parameters_before - report.parameters_after, 2 * 8 * (2 * 32 + 1));
  EXPECT_EQ(report.plan.leftover_parameters(), 8 * (2 * 32 + 1));  // layer 1 needs only 32 units
  EXPECT_TRUE(model.bert->heads().pretraining);
  EXPECT_EQ(read_file(dir_ / "compacted" / "vocab.txt"), read_file(dir_ / "model" / "vocab.txt"));
}

TEST_F(Compact, ItsMaskCoversZerosAndFiller) {
  compact(with_dead_units());
  const auto check = verify_zeros(dir_ / "compacted");
  EXPECT_TRUE(check.holds());
  // Layer 0: 4 filler units with two lines each; layer 1: 9. All dead units are gone.
  EXPECT_EQ(check.total.masked, (4 + 9) * 2 * 32);
  const SafetensorsFile weights(dir_ / "compacted" / "model.safetensors");
  EXPECT_EQ(weights.metadata().at("mask_sha256"), check.mask_sha256);
}

TEST_F(Compact, ClassifierLogitsAreCompared) {
  const auto report = compact(with_dead_units(kGoldenModel / "classifier"));
  ASSERT_EQ(report.differences.size(), 3U);
  EXPECT_EQ(report.differences.back().name, "logits");
  expect_equal_outputs(report);
}

TEST_F(Compact, ADenseModelIsUnchanged) {
  const auto report = compact(EditedModel());
  EXPECT_EQ(report.plan.sizes_after(0).intermediate_size, 48);
  EXPECT_EQ(report.parameters_before, report.parameters_after);
  EXPECT_EQ(report.plan.leftover_parameters(), 0);
  for (const auto& difference : report.differences) EXPECT_EQ(difference.largest, 0.0);
}

TEST_F(Compact, WithoutLiveUnitsTheMinimumRemains) {
  EditedModel model;
  for (int64_t unit = 0; unit < 48; ++unit) {
    model.zero_row("0.intermediate.dense", unit).zero_col("1.output.dense", unit);
  }
  const auto report = compact(model);
  EXPECT_EQ(report.plan.sizes_after(0).intermediate_size, 8);
  expect_equal_outputs(report);
}

// Head 1 of layer 0 has the dimensions 8 to 15.
TEST_F(Compact, AQueryKeyDimensionIsDeadWhenItDoesNotAffectSoftmax) {
  EditedModel model;
  model.zero_row("0.attention.self.key", 8).set_bias("0.attention.self.key", 8, 0.7F);
  model.zero_row("0.attention.self.query", 9).set_bias("0.attention.self.query", 9, 0.0F);
  model.zero_row("0.attention.self.query", 10).set_bias("0.attention.self.query", 10, 3.0F);
  EXPECT_EQ(plan_compaction(save(model)).layers[0].dead_query_key, 2);  // not 10: its bias affects the keys

  const auto without = [&](int64_t dimension) {
    EditedModel copy(dir_ / "model");
    copy.zero_row("0.attention.self.query", dimension).set_bias("0.attention.self.query", dimension, 0.0F);
    return hidden_of(save(copy, "without"));
  };
  const auto hidden = hidden_of(dir_ / "model");
  EXPECT_LT((hidden - without(8)).abs().max().item<float>(), 1e-5F);
  EXPECT_GT((hidden - without(10)).abs().max().item<float>(), 1e-4F);
}

TEST_F(Compact, AHeadIsDeadWhenAllItsValueDimensionsAre) {
  EditedModel model;
  for (int64_t d = 8; d < 12; ++d) model.zero_row("0.attention.self.value", d);
  for (int64_t d = 12; d < 16; ++d) model.zero_col("0.attention.output.dense", d);
  model.zero_row("0.attention.self.key", 15);
  model.zero_col("1.attention.output.dense", 0);
  const auto plan = plan_compaction(save(model));
  EXPECT_EQ(plan.layers[0].dead_heads, 1);
  EXPECT_EQ(plan.layers[0].dead_value, 0);  // not counted again in the dead head
  EXPECT_EQ(plan.layers[0].dead_query_key, 0);
  EXPECT_EQ(plan.layers[1].dead_heads, 0);
  EXPECT_EQ(plan.layers[1].dead_value, 1);
  EXPECT_EQ(plan.leftover_parameters(), 8 * (4 * 32 + 3));  // layer 1 has a head with all dimensions
}

// In layer 0 head 1 is dead and the other heads keep at most 6 query-key and 7 value dimensions; the biases
// of dead parts are far from zero.
EditedModel with_dead_heads(const fs::path& source = kGoldenModel) {
  auto model = with_dead_units(source);
  for (int64_t d = 8; d < 16; ++d) {
    model.zero_row("0.attention.self.value", d).set_bias("0.attention.self.value", d, 0.4F);
  }
  for (const int64_t head : {0, 2, 3}) {
    model.zero_row("0.attention.self.key", 8 * head + head).set_bias("0.attention.self.key", 8 * head, 2.0F);
    model.zero_row("0.attention.self.query", 8 * head + 5)
        .set_bias("0.attention.self.query", 8 * head + 5, 0.0F);
    model.zero_row("0.attention.self.value", 8 * head + 7)
        .set_bias("0.attention.self.value", 8 * head + 7, -0.9F);
  }
  model.zero_col("0.attention.output.dense", 3);  // head 0 has 6 live value dimensions, padded to 7
  return model;
}

TEST_F(Compact, WithSizesPerLayerDeadHeadsAndDimensionsAreRemoved) {
  const auto report = compact(with_dead_heads(), CompactSizes::per_layer);
  const auto config = read_model_config(dir_ / "compacted");
  ASSERT_EQ(config.layer_sizes.size(), 2U);
  EXPECT_EQ(
      config.layer_sizes[0],
      (LayerSizes{.num_attention_heads = 3, .query_key_dim = 6, .value_dim = 7, .intermediate_size = 40}));
  EXPECT_EQ(
      config.layer_sizes[1],
      (LayerSizes{.num_attention_heads = 4, .query_key_dim = 8, .value_dim = 8, .intermediate_size = 32}));
  EXPECT_EQ(config.num_attention_heads, 4);  // determines the scale of the scores
  EXPECT_EQ(report.plan.leftover_parameters(), 0);
  expect_equal_outputs(report);
  EXPECT_LT((hidden_of(dir_ / "model") - hidden_of(dir_ / "compacted")).abs().max().item<float>(), 1e-5F);
  const int64_t of_query_key = 2 * (32 + 1), of_value = 2 * 32 + 1, of_unit = 2 * 32 + 1;
  EXPECT_EQ(report.parameters_before - report.parameters_after,
            (32 - 18) * of_query_key + (32 - 21) * of_value + (8 + 16) * of_unit);
  EXPECT_TRUE(verify_zeros(dir_ / "compacted").holds());
}

TEST_F(Compact, AModelWithSizesPerLayerIsSavedAndReadAgain) {
  compact(with_dead_heads(kGoldenModel / "classifier"), CompactSizes::per_layer);
  const auto model = open_model(dir_ / "compacted");
  fs::create_directories(dir_ / "saved");
  save_weights(*model.bert, dir_ / "saved", {});
  EXPECT_EQ(read_model_config(dir_ / "saved").layer_sizes, model.bert->config().layer_sizes);
  EXPECT_TRUE(torch::equal(hidden_of(dir_ / "saved"), hidden_of(dir_ / "compacted")));
}

TEST_F(Compact, ACompactModelIsNotCompactedAgain) {
  compact(with_dead_heads(), CompactSizes::per_layer);
  EXPECT_EQ(
      message_of([&] { plan_compaction(dir_ / "compacted"); }),
      fmt::format(
          "{} has different sizes per layer (layer_sizes or pruned_heads): it is compacted already, inspect "
          "the original model",
          dir_ / "compacted" / "config.json"));
}

TEST_F(Compact, ALayerWithoutALiveHeadKeepsOneZeroHead) {
  EditedModel model;
  for (int64_t d = 0; d < 32; ++d) {
    model.zero_row("1.attention.self.value", d).set_bias("1.attention.self.value", d, 0.3F);
  }
  const auto report = compact(model, CompactSizes::per_layer);
  EXPECT_EQ(
      report.plan.sizes_after(1),
      (LayerSizes{.num_attention_heads = 1, .query_key_dim = 1, .value_dim = 1, .intermediate_size = 48}));
  expect_equal_outputs(report);
}

// Two dead units that add about 3e7 and subtract it again: computed in float the live units between them lose
// digits, folded into a bias they do not.
TEST_F(Compact, AModelThatRoundingWouldChangeTooMuchIsRefused) {
  EditedModel model;
  model.zero_row("1.intermediate.dense", 0).set_bias("1.intermediate.dense", 0, 3000.0F);
  model.zero_row("1.intermediate.dense", 47).set_bias("1.intermediate.dense", 47, 3000.0F);
  model.set_col("1.output.dense", 0, 1e4F).set_col("1.output.dense", 47, -1e4F);
  const auto message = message_of([&] { compact(model); });
  EXPECT_TRUE(message.starts_with(
      fmt::format("{} cannot be compacted: its last_hidden_state would change by ", dir_ / "model")))
      << message;
  EXPECT_FALSE(fs::exists(dir_ / "compacted"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_.path()), fs::directory_iterator()), 1);  // the model
}

TEST_F(Compact, AnExistingDirectoryIsNotOverwritten) {
  EXPECT_EQ(message_of([&] { compact_model(save(EditedModel()), dir_.path()); }),
            fmt::format("{} exists already: name a new directory with --output", dir_.path()));
}

TEST_F(Compact, TheReportListsRemovedAndKeptSizes) {
  const auto text = format_compaction(compact(with_dead_units()));
  EXPECT_NE(text.find("layer  live FFN units  dead heads  dead query-key dims  dead value dims\n"
                      "    0              36           0                    0                0\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("intermediate_size 48 -> 40: 8 of 48 FFN units dropped in each of 2 layers\n"
                      "parameters 21,446 -> 20,406 (4.8 % less)\n"
                      "dead too, but dropped only with sizes per layer (--per-layer): 520 parameters\n"
                      "largest difference of last_hidden_state on 5 texts: "),
            std::string::npos)
      << text;
}

TEST_F(Compact, TheReportShowsTheSizesOfEachLayer) {
  const auto text = format_compaction(compact(with_dead_heads(), CompactSizes::per_layer));
  EXPECT_NE(text.find("layer  heads  query-key dims  value dims  FFN units\n"
                      "    0      3               6           7         40\n"
                      "    1      4               8           8         32\n"
                      "parameters 21,446 -> "),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace rpp::test
