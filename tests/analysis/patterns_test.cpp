#include "analysis/patterns.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "data/fake_tokenizer.h"
#include "edited_model.h"

namespace rpp::test {
namespace {

ModelPatterns patterns_of(const EditedModel& model) {
  const TestDir dir("patterns");
  return find_patterns(read_encoder_zeros(model.save(dir.path())));
}

const MatrixPattern& at(const ModelPatterns& patterns, const std::string& name) {
  const auto is_it = [&](const auto& matrix) {
    return matrix.name == "bert.encoder.layer." + name + ".weight";
  };
  return *std::find_if(patterns.matrices.begin(), patterns.matrices.end(), is_it);
}

// Zeroes all parts of head 2 of layer 1 that `zero` names; its dimensions are 16 to 23.
EditedModel with_head(const std::function<void(EditedModel&, int64_t dimension)>& zero) {
  EditedModel model;
  for (int64_t dimension = 16; dimension < 24; ++dimension) zero(model, dimension);
  return model;
}

TEST(Patterns, ADenseModelHasNoPatterns) {
  const auto patterns = patterns_of(EditedModel());
  EXPECT_EQ(patterns.matrices.size(), 12U);
  EXPECT_EQ(patterns.kinds.size(), 6U);
  EXPECT_EQ(patterns.heads.size(), 8U);
  EXPECT_EQ(patterns.head_dim, 8);
  for (const auto& matrix : patterns.matrices) {
    EXPECT_EQ(matrix.ratio, 0.0);
    EXPECT_EQ(matrix.rows.effect, 1.0);
  }
}

TEST(Patterns, RowsAreOutputsAndColumnsInputs) {
  const auto patterns = patterns_of(EditedModel()
                                        .zero_row("0.intermediate.dense", 47)
                                        .zero_col("0.intermediate.dense", 31)
                                        .zero_col("1.output.dense", 47));
  const auto& both = at(patterns, "0.intermediate.dense");
  EXPECT_EQ(both.dead_rows, 1);
  EXPECT_EQ(both.dead_cols, 1);
  EXPECT_DOUBLE_EQ(both.ratio, (32.0 + 47.0) / (48 * 32));
  EXPECT_EQ(both.rows.degrees_of_freedom, 47);
  EXPECT_EQ(both.cols.degrees_of_freedom, 31);
  EXPECT_EQ(at(patterns, "1.output.dense").dead_rows, 0);
  EXPECT_EQ(at(patterns, "1.output.dense").dead_cols, 1);
}

TEST(Patterns, AMatrixKindIsTheMeanOverLayers) {
  const auto patterns = patterns_of(EditedModel().zero_row("1.attention.self.key", 3));
  const auto& key = patterns.kinds[1];
  EXPECT_EQ(key.kind, "key");
  EXPECT_DOUBLE_EQ(key.ratio, 0.5 / 32);
  EXPECT_DOUBLE_EQ(key.row_effect, (1.0 + at(patterns, "1.attention.self.key").rows.effect) / 2);
  EXPECT_EQ(key.dead_rows, 1);
  EXPECT_EQ(patterns.kinds[0].dead_rows, 0);
}

TEST(Patterns, AFullyPrunedHeadIsStructureBetweenHeads) {
  const auto patterns = patterns_of(with_head([](auto& model, auto d) {
    model.zero_row("0.attention.self.query", d).zero_col("0.attention.output.dense", d);
  }));
  for (const char* name : {"0.attention.self.query", "0.attention.output.dense"}) {
    EXPECT_GT(at(patterns, name).heads->between.effect, 10.0) << name;
    EXPECT_NEAR(at(patterns, name).heads->within.effect, 0.0, 1e-6) << name;
  }
  EXPECT_FALSE(at(patterns, "0.intermediate.dense").heads.has_value());
  EXPECT_GT(patterns.kinds[0].head_effect, 5.0);
  EXPECT_EQ(patterns.kinds[4].head_effect, 0.0);
}

TEST(Patterns, DeadDimensionsAreCountedPerHead) {
  // Head 1 of layer 0 has the dimensions 8 to 15.
  const auto patterns = patterns_of(EditedModel()
                                        .zero_row("0.attention.self.query", 8)
                                        .zero_row("0.attention.self.query", 9)
                                        .zero_row("0.attention.self.key", 9)
                                        .zero_row("0.attention.self.value", 15)
                                        .zero_col("0.attention.output.dense", 16));
  const auto& head = patterns.heads[1];
  EXPECT_EQ(head.layer, 0);
  EXPECT_EQ(head.head, 1);
  EXPECT_EQ(head.dead_query, 2);
  EXPECT_EQ(head.dead_key, 1);
  EXPECT_EQ(head.dead_query_and_key, 1);
  EXPECT_EQ(head.dead_value, 1);
  EXPECT_EQ(head.dead_output, 0);
  EXPECT_EQ(patterns.heads[2].dead_output, 1);
  EXPECT_EQ(patterns.heads[4].layer, 1);
  const auto& pairing = patterns.pairings[0];
  EXPECT_EQ(pairing.dimensions, 64);
  EXPECT_EQ(pairing.dead_both, 1);
  EXPECT_DOUBLE_EQ(pairing.expected_both, 2.0 * 1 / 8);
  EXPECT_NEAR(pairing.dead_p_value, 0.25, 1e-12);
}

TEST(Patterns, AHeadIsDeadWithoutValuesOrWithoutOutputs) {
  const auto dead = [](const ModelPatterns& patterns) {
    return std::count_if(patterns.heads.begin(), patterns.heads.end(),
                         [](const auto& head) { return head.dead; });
  };
  const auto values = with_head([](auto& model, auto d) { model.zero_row("1.attention.self.value", d); });
  EXPECT_TRUE(patterns_of(values).heads[6].dead);
  EXPECT_EQ(dead(patterns_of(values)), 1);
  const auto outputs = with_head([](auto& model, auto d) { model.zero_col("1.attention.output.dense", d); });
  EXPECT_TRUE(patterns_of(outputs).heads[6].dead);
  const auto rows = with_head([](auto& model, auto d) { model.zero_row("1.attention.output.dense", d); });
  EXPECT_EQ(dead(patterns_of(rows)), 0);
}

TEST(Patterns, ValueRowsPairWithOutputColumnsAndUnitsWithTheirColumns) {
  const auto patterns = patterns_of(EditedModel()
                                        .zero_row("0.attention.self.value", 5)
                                        .zero_col("0.attention.output.dense", 5)
                                        .zero_row("1.intermediate.dense", 40)
                                        .zero_col("1.output.dense", 40));
  EXPECT_EQ(patterns.pairings[1].dead_both, 1);
  EXPECT_EQ(patterns.pairings[2].dead_both, 1);
  EXPECT_DOUBLE_EQ(patterns.pairings[2].expected_both, 1.0 / 48);
  EXPECT_EQ(patterns.pairings[0].dead_both, 0);
}

TEST(Patterns, TheTablesListDeadHeadsAndUnits) {
  const auto text = format_patterns(
      patterns_of(with_head([](auto& model, auto d) { model.zero_row("1.attention.self.value", d); })));
  EXPECT_NE(text.find("1 of 8 heads are dead; 1 have dead dimensions (of 8)\n"
                      "layer  head   query    key   both   value output\n"
                      "    1     2       0      0      0       8      0  dead\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("\nvalue             12.5 % "), std::string::npos) << text;
}

TEST(Patterns, TheJsonHoldsEveryHead) {
  const auto patterns = patterns_of(EditedModel().zero_row("0.attention.self.query", 8));
  const auto json = nlohmann::json::parse(to_json(patterns));
  EXPECT_EQ(json["matrices"].size(), 12U);
  EXPECT_EQ(json["heads"].size(), 8U);
  EXPECT_EQ(json["heads"][1]["dead_query"], 1);
  EXPECT_EQ(json["matrices"][0]["name"], "bert.encoder.layer.0.attention.self.query.weight");
  EXPECT_GT(json["matrices"][0]["heads"]["effect"], 1.0);
  EXPECT_FALSE(json["matrices"][4].contains("heads"));
  EXPECT_DOUBLE_EQ(json["matrices"][0]["rows"]["effect"], patterns.matrices[0].rows.effect);
}

TEST(Patterns, AnIncompleteModelIsRefused) {
  const TestDir dir("patterns");
  EXPECT_NE(message_of([&] { read_encoder_zeros(dir.path()); }).find("config.json"), std::string::npos);
  EditedModel().save(dir.path());
  auto config = nlohmann::json::parse(read_file(dir / "config.json"));
  config["intermediate_size"] = 56;
  dir.write("config.json", config.dump());
  EXPECT_EQ(
      message_of([&] { read_encoder_zeros(dir.path()); }),
      fmt::format("{}: tensor bert.encoder.layer.0.intermediate.dense.weight has shape [48, 32], config.json "
                  "asks for [56, 32]: is it of another model?",
                  dir / "model.safetensors"));
  config["intermediate_size"] = 48;
  config["num_hidden_layers"] = 3;
  dir.write("config.json", config.dump());
  const auto message = message_of([&] { read_encoder_zeros(dir.path()); });
  EXPECT_NE(message.find("encoder.layer.2.attention.self.query.weight"), std::string::npos) << message;
}

}  // namespace
}  // namespace rpp::test
