// Checks what the lines report, never how fast anything is.
#include <gtest/gtest.h>

#include "data/fake_tokenizer.h"
#include "measure/benches.h"
#include "rpp/error.h"
#include "runtime/exported_model.h"

namespace rpp {
namespace {

TEST(InferBench, ReportsEachModelUnderEachLoad) {
  const TemporaryFile file("bench.rpp");
  export_model(golden_dir(), file.path(), {});
  const auto lines = bench_infer(
      {.models = {file.path()}, .lengths = {5, 9}, .sequences = {1, 3}, .threads = {1, 2}, .seconds = 1e-3});
  ASSERT_EQ(lines.size(), 8U);
  EXPECT_EQ(lines[3].at("sequences"), 3);
  EXPECT_EQ(lines[3].at("longest"), 5);
  EXPECT_EQ(lines[3].at("tokens"), 15);
  EXPECT_EQ(lines[3].at("threads"), 2);
  for (const auto& line : lines) {
    EXPECT_EQ(line.at("file_bytes"), std::filesystem::file_size(file.path()));
    for (const std::string side : {"dense", "sparse"}) {
      EXPECT_GE(line.at(side + "_calls"), 3);
      EXPECT_LE(line.at(side + "_p50_ms"), line.at(side + "_p99_ms"));
      EXPECT_GT(line.at(side + "_first_answer_ms"), 0.0);
      EXPECT_GT(line.at(side + "_memory_bytes"), 0);
    }
    EXPECT_GT(line.at("speedup"), 0.0);
    EXPECT_EQ(line.at("sparse_wins"), "no");  // no matrix is sparse, so noise does not matter
  }
}

// In the format of `rpp-inspect forward`, with the values that transformers computed.
void write_outputs(const std::filesystem::path& path) {
  const SafetensorsFile golden(golden_dir() / "golden.safetensors");
  auto hidden = golden.at("hidden.2");
  hidden.name = "last_hidden_state";
  const std::vector<TensorView> tensors = {golden.at("input_ids"), golden.at("token_type_ids"),
                                           golden.at("cu_seqlens"), hidden};
  save_safetensors(path, tensors);
}

TEST(InferBench, ReadsTextsFromAFileAndComparesTheStoredOutputs) {
  const TemporaryFile model("bench.rpp"), outputs("outputs.safetensors");
  export_model(golden_dir(), model.path(), {});
  write_outputs(outputs.path());
  const auto lines =
      bench_infer({.models = {model.path()}, .input = outputs.path(), .threads = {1}, .seconds = 1e-3});
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].at("tokens"), 25);
  EXPECT_LT(lines[0].at("difference").at("last_hidden_state"), 1e-5);
}

TEST(InferBench, ShowsTheRecordedScoresOfEachModel) {
  const TestDir dir("bench_scores");
  std::filesystem::copy(golden_dir() / "classifier", dir.path());
  dir.write("eval_results.json",
            R"({"eval_accuracy": 0.8039, "eval_loss": 0.4, "eval_samples": 872, "eval_f1": 1})");
  const TemporaryFile scored("scored.rpp"), bare("bare.rpp");
  export_model(dir.path(), scored.path(), {});
  export_model(golden_dir(), bare.path(), {});
  const auto lines = bench_infer({.models = {scored.path(), bare.path()},
                                  .lengths = {5},
                                  .sequences = {1},
                                  .threads = {1},
                                  .seconds = 1e-3});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].at("score"), "accuracy 0.8039, f1 1.0000");
  EXPECT_EQ(lines[1].at("score"), "");
}

Measurement load(int64_t longest, double speedup) {
  return {{"model", "a.rpp"},     {"threads", 1},
          {"arithmetic", "fp32"}, {"sparse_matrices", 6},
          {"sequences", 8},       {"longest", longest},
          {"speedup", speedup},   {"sparse_wins", speedup > 1 ? "yes" : "no"}};
}

TEST(InferBench, ComparesInt8WithDenseFp32EvenWithoutSparseMatrices) {
  auto line = load(16, 1.5);
  line["arithmetic"] = "int8";
  line["sparse_matrices"] = 0;
  EXPECT_EQ(conclude_infer({line}), "a.rpp: int8 is faster than dense fp32 in all measurements.\n");
}

TEST(InferBench, NamesTheLoadsWhereSparseIsNotFaster) {
  EXPECT_EQ(conclude_infer({load(16, 2.0), load(128, 1.1)}),
            "a.rpp: sparse is faster than dense in all measurements.\n");
  EXPECT_EQ(conclude_infer({load(16, 0.5), load(64, 2.0), load(128, 0.98)}),
            "a.rpp: sparse does not win with 8 x 16 tokens on 1 threads (0.50x), 8 x 128 tokens on 1 threads "
            "(0.98x).\n");
}

TEST(InferBench, ReportsModelsWithoutSparseMatrices) {
  auto line = load(16, 1.01);
  line["sparse_matrices"] = 0;
  line["sparse_from"] = 0.49;
  line["model"] = "b.rpp";
  EXPECT_EQ(
      conclude_infer({load(16, 2.0), line}),
      "a.rpp: sparse is faster than dense in all measurements.\n"
      "b.rpp: no matrix has enough zeros for the sparse kernel, 49 % or more: both sides were dense.\n");
}

}  // namespace
}  // namespace rpp
