// Checks the contents of the report; model_export_test.cpp checks the export.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "bert_format/model_export.h"
#include "core/atomic_file.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ExportReportTest : public testing::Test {
 protected:
  ExportReportTest() {
    fs::create_directories(directory_);
    write_file_atomically(directory_ / "config.json", "{}");
    for (size_t i = 0; i < matrix_.size(); i += 5) matrix_[i] = static_cast<float>(i) - 100.5F;
  }
  ~ExportReportTest() override { fs::remove_all(directory_); }

  ExportReport report(const std::vector<TensorView>& others = {}) const {
    std::vector<TensorView> tensors = {
        {.name = "w", .shape = {20, 30}, .data = std::as_bytes(std::span(matrix_))}};
    tensors.insert(tensors.end(), others.begin(), others.end());
    save_safetensors(directory_ / "model.safetensors", tensors);
    export_model(directory_, output_);
    return measure_export(directory_, output_);
  }

  std::vector<float> matrix_ = std::vector<float>(600, 0.0F);
  const fs::path directory_ = fs::temp_directory_path() / fmt::format("rpp_report_{}", ::getpid());
  const fs::path output_ = directory_ / "model.rpp";
};

TEST_F(ExportReportTest, SizesCoverMatricesAndTheFile) {
  const auto sizes = report();
  EXPECT_EQ(sizes.num_pruned, 1);
  EXPECT_DOUBLE_EQ(sizes.prune_ratio, 0.8);
  EXPECT_EQ(sizes.pruned.dense, 600 * 4);
  EXPECT_EQ(sizes.pruned.packed, 120 * 4 + 600 / 8);
  EXPECT_EQ(sizes.whole.packed, static_cast<int64_t>(fs::file_size(output_)));
  EXPECT_GT(sizes.pruned.zstd, 0);
  EXPECT_THAT(format_report(sizes), HasSubstr("1 matrices without their zeros, 80.0 % of their entries"));
}

TEST_F(ExportReportTest, AMatrixWithoutZerosSavesNothing) {
  for (float& value : matrix_) value = 1.0F;
  EXPECT_THAT(format_report(report()), HasSubstr("no matrix is smaller without its zeros"));
}

TEST_F(ExportReportTest, AModelWithoutPrunedMatricesHasNoSizeRatio) {
  for (float& value : matrix_) value = 1.0F;
  const std::string text = format_report(report());
  EXPECT_EQ(text.find("nan"), std::string::npos) << text;
  EXPECT_THAT(text, HasSubstr("pruned matrices               0              0      -"));
}

TEST_F(ExportReportTest, TensorsThatTheFileLacksAreListed) {
  const std::vector<int64_t> whole = {1, 2};
  const auto data = std::as_bytes(std::span(whole));
  const auto sizes =
      report({{.name = "steps", .dtype = Dtype::i64, .shape = {2}, .data = data},
              {.name = "logit_scale", .dtype = Dtype::f64, .shape = {}, .data = data.first(8)},
              {.name = "embeddings.position_ids", .dtype = Dtype::i64, .shape = {2}, .data = data}});
  EXPECT_THAT(format_report(sizes), HasSubstr("left out, no program here uses them: logit_scale, steps\n"));
  EXPECT_THAT(format_report(report()), testing::Not(HasSubstr("left out")));
}

TEST_F(ExportReportTest, AnyVocabularyFileIsATokenizer) {
  EXPECT_FALSE(report().has_tokenizer);
  for (const char* name : {"vocab.txt", "tokenizer.json", "spiece.model"}) {
    write_file_atomically(directory_ / name, "{}");
    EXPECT_TRUE(report().has_tokenizer) << name;
    fs::remove(directory_ / name);
  }
}

}  // namespace
}  // namespace rpp
