#include "bert_format/model_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "bert_format/model_file.h"
#include "core/atomic_file.h"
#include "message_of.h"
#include "peak_memory_bound.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ModelExport : public testing::Test {
 protected:
  ModelExport() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    root_ = fs::temp_directory_path() / fmt::format("rpp_export_{}_{}", test->name(), ::getpid());
    fs::create_directories(directory_ = root_ / "model");
    output_ = root_ / "model.rpp";
    write_file_atomically(directory_ / "config.json", "{\"model_type\": \"bert\"}\n");
    write_file_atomically(directory_ / "vocab.txt", "[PAD]\n");
    for (size_t i = 0; i < matrix_.size(); i += 5) matrix_[i] = static_cast<float>(i) - 100.5F;
    save({words(),
          {.name = "query.weight", .shape = {20, 30}, .data = bytes(matrix_)},
          {.name = "query.bias", .shape = {3}, .data = bytes(kBias)}});
  }
  ~ModelExport() override { fs::remove_all(root_); }

  static std::span<const std::byte> bytes(const std::vector<float>& values) {
    return std::as_bytes(std::span(values));
  }
  static TensorView words(const char* name = "bert.embeddings.word_embeddings.weight") {
    return {.name = name, .shape = {2, 3}, .data = bytes(kWords)};
  }
  void save(const std::vector<TensorView>& tensors) const {
    save_safetensors(directory_ / "model.safetensors", tensors,
                     {{"format", "pt"}, {"mask_sha256", "ab"}, {"prune_ratio", "0.800000"}});
  }
  std::string export_error(const ExportOptions& options = {}) const {
    return message_of([&] { export_model(directory_, output_, options); });
  }

  static inline const std::vector<float> kWords = {0.5F, 0, 0, 0, 0, 0}, kBias = {0, 0, 1};
  std::vector<float> matrix_ = std::vector<float>(600, 0.0F);
  fs::path root_, directory_, output_;
};

TEST_F(ModelExport, TheDirectoryRoundTripsByteForByte) {
  write_file_atomically(directory_ / "eval_results.json", "{\"eval_accuracy\": 0.5}\n");
  export_model(directory_, output_);
  unpack_model(output_, root_ / "back");
  for (const char* name : {"model.safetensors", "config.json", "vocab.txt", "eval_results.json"}) {
    EXPECT_EQ(read_file(root_ / "back" / name), read_file(directory_ / name)) << name;
  }
}

TEST_F(ModelExport, OnlyMatricesLoseTheirZeros) {
  export_model(directory_, output_);
  const ModelFile file(output_);
  EXPECT_EQ(file.find("query.weight")->data.packing, Packing::bitmask);
  EXPECT_EQ(file.find("query.bias")->data.packing, Packing::dense);
  EXPECT_EQ(file.find("bert.embeddings.word_embeddings.weight")->data.packing, Packing::dense);
}

TEST_F(ModelExport, TheHeaderDescribesTheModel) {
  export_model(directory_, output_);
  const SafetensorsFile file(output_);
  EXPECT_EQ(file.metadata().at("mask_sha256"), "ab");
  EXPECT_EQ(file.metadata().at("prune_ratio"), "0.800000");
}

TEST_F(ModelExport, ValuesAndEmbeddingsHaveSeparateTypes) {
  export_model(directory_, output_, {.values = Dtype::i8, .embeddings = Dtype::bf16});
  const ModelFile file(output_);
  EXPECT_EQ(file.find("query.weight")->data.dtype, Dtype::i8);
  EXPECT_EQ(file.find("query.bias")->data.dtype, Dtype::f32);
  EXPECT_EQ(file.find("bert.embeddings.word_embeddings.weight")->data.dtype, Dtype::bf16);
}

TEST_F(ModelExport, HalfPrecisionIsAccepted) {
  const std::vector<uint16_t> halves = {0x3C00, 0, 0, 0xC000};
  save({{.name = "w", .dtype = Dtype::f16, .shape = {2, 2}, .data = std::as_bytes(std::span(halves))}});
  export_model(directory_, output_);
  std::vector<float> matrix(4);
  unpack_into(ModelFile(output_).find("w")->data, matrix);
  EXPECT_THAT(matrix, testing::ElementsAre(1, 0, 0, -2));
}

TEST_F(ModelExport, TokenizerJsonIsLeftOutIfVocabTxtSaysTheSame) {
  const auto has_json = [&] {
    export_model(directory_, output_);
    return ModelFile(output_).contents().files.contains("tokenizer.json");
  };
  write_file_atomically(directory_ / "tokenizer_config.json",
                        R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true})");
  write_file_atomically(directory_ / "tokenizer.json",
                        R"({"added_tokens": [], "model": {"vocab": {"[PAD]": 0}}})");
  EXPECT_FALSE(has_json());
  fs::remove(directory_ / "vocab.txt");
  EXPECT_TRUE(has_json());
  write_file_atomically(directory_ / "vocab.txt", "[UNK]\n");
  EXPECT_TRUE(has_json());
}

TEST_F(ModelExport, VocabJsonAndMergesAreLeftOutBesideATokenizerJson) {
  const auto has = [&](const char* name) {
    export_model(directory_, output_);
    return ModelFile(output_).contents().files.contains(name);
  };
  fs::remove(directory_ / "vocab.txt");
  for (const char* name : {"vocab.json", "merges.txt"}) write_file_atomically(directory_ / name, "{}");
  for (const char* name : {"vocab.json", "merges.txt"}) EXPECT_TRUE(has(name)) << name;
  write_file_atomically(directory_ / "tokenizer.json", "{}");
  for (const char* name : {"vocab.json", "merges.txt"}) EXPECT_FALSE(has(name)) << name;
  EXPECT_TRUE(has("tokenizer.json"));
}

TEST_F(ModelExport, ATiedDecoderIsLeftOut) {
  save({words(), words("cls.predictions.decoder.weight")});
  export_model(directory_, output_);
  EXPECT_EQ(ModelFile(output_).contents().tensors.size(), 1U);
}

// The file then has no masked-LM head: with the word embeddings as its decoder it would answer wrongly.
TEST_F(ModelExport, AnUntiedDecoderIsLeftOutWithItsHead) {
  const auto with_decoder = [&](const char* name, int64_t size, const std::vector<float>& values) {
    save({words(),
          {.name = "cls.predictions.bias", .shape = {3}, .data = bytes(kBias)},
          {.name = "cls.seq_relationship.bias", .shape = {3}, .data = bytes(kBias)},
          {.name = name, .shape = {size}, .data = bytes(values)}});
    export_model(directory_, output_);
  };
  for (const char* name : {"cls.predictions.decoder.weight", "cls.predictions.decoder.bias"}) {
    with_decoder(name, 3, {0, 0, 2});
    const ModelFile file(output_);
    EXPECT_EQ(file.contents().tensors.size(), 2U);
    EXPECT_NE(file.find("cls.seq_relationship.bias"), nullptr);
    EXPECT_THAT(ModelFile(directory_).contents().untied_decoder,
                HasSubstr(fmt::format("{} differs from", name)));
  }
}

TEST_F(ModelExport, MissingFilesAreNamed) {
  fs::remove(directory_ / "config.json");
  EXPECT_THAT(export_error(), HasSubstr("config.json"));
  EXPECT_FALSE(fs::exists(output_));
}

TEST_F(ModelExport, NonFloatTensorsAreNamed) {
  const std::vector<int64_t> whole = {1, 2};
  save({{.name = "pooler.dense.bias",
         .dtype = Dtype::i64,
         .shape = {2},
         .data = std::as_bytes(std::span(whole))}});
  EXPECT_THAT(export_error(),
              HasSubstr("model.safetensors: tensor pooler.dense.bias is I64 with 1 dimensions"));
}

// Heads of other programs survive an export; what a model file cannot hold, and nothing here reads, does not.
TEST_F(ModelExport, UnknownTensorsAreKeptIfTheyAreVectorsOrMatricesOfFloats) {
  const std::vector<int64_t> whole = {1, 2};
  const std::vector<float> nan = {std::nanf("")};
  save({words(),
        {.name = "head.weight", .shape = {2, 3}, .data = bytes(kWords)},
        {.name = "head.bias", .shape = {3}, .data = bytes(kBias)},
        {.name = "counts", .dtype = Dtype::i64, .shape = {2}, .data = std::as_bytes(std::span(whole))},
        {.name = "logit_scale", .shape = {}, .data = bytes(nan)},
        {.name = "conv.weight", .shape = {1, 2, 3}, .data = bytes(kWords)}});
  export_model(directory_, output_);
  const ModelFile file(output_);
  std::vector<std::string> names;
  for (const auto& tensor : file.contents().tensors) names.push_back(tensor.name);
  EXPECT_THAT(names,
              testing::ElementsAre("bert.embeddings.word_embeddings.weight", "head.weight", "head.bias"));
}

TEST_F(ModelExport, ValuesThatDoNotFitAreNamedWithTheirTensor) {
  matrix_[0] = 1e6F;
  save({{.name = "query.weight", .shape = {20, 30}, .data = bytes(matrix_)}});
  EXPECT_THAT(export_error({.values = Dtype::f16}),
              HasSubstr("tensor query.weight: fp16 cannot hold 1000000"));
}

TEST_F(ModelExport, AnExistingDirectoryIsNotOverwritten) {
  export_model(directory_, output_);
  EXPECT_THAT(message_of([&] { unpack_model(output_, directory_); }), HasSubstr("exists already"));
}

TEST_F(ModelExport, AFileOutsideTheDirectoryIsRefused) {
  for (const std::string name : {"../evil", "a/../evil", "/tmp/evil", ".", "a/b/evil", "a/"}) {
    write_model_file(output_, {.files = {{name, "text"}}});
    EXPECT_THAT(message_of([&] { unpack_model(output_, root_ / "back"); }),
                HasSubstr("'" + name + "' is not a file name"));
    EXPECT_FALSE(fs::exists(root_ / "back"));
  }
}

TEST_F(ModelExport, ADecoderBiasIsLeftOutOnlyWhenTiedToTheMaskedLm) {
  const TensorView decoder = {.name = "cls.predictions.decoder.bias", .shape = {3}, .data = bytes(kBias)};
  const auto bias = [](const std::vector<float>& values) {
    return TensorView{.name = "cls.predictions.bias", .shape = {3}, .data = bytes(values)};
  };
  save({words(), bias(kBias), decoder});
  export_model(directory_, output_);
  EXPECT_EQ(ModelFile(output_).find(decoder.name), nullptr);
  save({words(), decoder});  // some files have only this name
  export_model(directory_, output_);
  EXPECT_NE(ModelFile(output_).find(decoder.name), nullptr);
}

TEST_F(ModelExport, AnEmptyWeightIsNamed) {
  save({words(), {.name = "classifier.weight", .shape = {1 << 24, 0}, .data = {}}});
  EXPECT_THAT(export_error(), HasSubstr("tensor classifier.weight of shape [16777216, 0] has no entries"));
}

// A matrix of zeros takes one byte per 255 entries.
TEST_F(ModelExport, ImportingAHighlyCompressedMatrixNeedsLittleMemory) {
  PackedTensor zeros{.rows = 1 << 10, .cols = 1 << 14, .packing = Packing::gaps};
  zeros.index.assign((size_t{1} << 24) / kLongGap, kLongGap);
  zeros.index.push_back((1 << 24) % kLongGap);
  write_model_file(output_, {.tensors = {{.name = "w", .shape = {1 << 10, 1 << 14}, .data = zeros.view()}}});
  EXPECT_LT(test::peak_growth([&] { unpack_model(output_, root_ / "back"); }), 10'000'000);
  const SafetensorsFile back(root_ / "back/model.safetensors");
  EXPECT_THAT(back.at("w").shape, testing::ElementsAre(1 << 10, 1 << 14));
  EXPECT_THAT(back.at("w").as<float>(), testing::Each(0.0F));
}

TEST_F(ModelExport, AWeightThatIsNotFiniteIsNamed) {
  matrix_[7] = std::nanf("");
  save({words(), {.name = "query.weight", .shape = {20, 30}, .data = bytes(matrix_)}});
  for (const Dtype type : {Dtype::f32, Dtype::f16, Dtype::bf16, Dtype::i8}) {
    EXPECT_THAT(
        export_error({.values = type}),
        HasSubstr("tensor query.weight holds 1 value that is not finite, the first is nan (entry 7 of 600)"));
  }
  EXPECT_FALSE(fs::exists(output_));
}

}  // namespace
}  // namespace rpp
