#include "tasks/inspect.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "analysis/model_zeros.h"
#include "analysis/overlap.h"
#include "analysis/verify_zeros.h"
#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"
#include "data/read_texts.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "plan/mask_file.h"
#include "prune/mask_file.h"
#include "runs/checkpoint.h"
#include "tokenizer_files/load_tokenizer.h"
#include "train/tensors.h"

namespace rpp::test {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(RPP_SOURCE_DIR) / "tests/golden/bert";
constexpr const char* kQuery = "bert.encoder.layer.0.attention.self.query.weight";

class Inspect : public testing::Test {
 protected:
  Inspect()
      : dir_(fmt::format("inspect_{}", testing::UnitTest::GetInstance()->current_test_info()->line())) {}

  // The golden model with the first `zeros` entries of its first query matrix pruned.
  fs::path pruned(const std::string& name, int64_t zeros,
                  const std::map<std::string, std::string>& metadata = {}) const {
    const auto model = open_model(kGolden);
    model.params->values().narrow(0, model.params->matrices().front().offset, zeros).zero_();
    fs::create_directories(dir_ / name);
    save_weights(*model.bert, dir_ / name, metadata);
    return dir_ / name;
  }

  static void save_own_mask(const fs::path& directory) {
    const ModelZeros model = read_zeros(directory);
    write_mask(directory / "mask.safetensors", model.matrices, model.nonzero);
  }

  TestDir dir_;
};

TEST_F(Inspect, AModelIsOpenedWithTheHeadsInItsFile) {
  const auto pretraining = open_model(kGolden);
  EXPECT_TRUE(pretraining.bert->heads().pretraining);
  EXPECT_EQ(pretraining.bert->heads().num_labels, 0);
  const auto classifier = open_model(kGolden / "classifier");
  EXPECT_FALSE(classifier.bert->heads().pretraining);
  EXPECT_EQ(classifier.bert->heads().num_labels, 3);
}

TEST_F(Inspect, EveryParameterCountsOnce) {
  const auto model = open_model(kGolden);
  EXPECT_EQ(read_zeros(kGolden).num_parameters, model.params->size());
  EXPECT_EQ(model.params->matrices().front().name, kQuery);
  EXPECT_EQ(model.params->num_prunable(), 2 * (4 * 32 * 32 + 2 * 32 * 48));
}

TEST_F(Inspect, WithoutAPoolerThereIsNoPooledOutput) {
  Bert bert(read_model_config(kGolden), {.pooler = false});
  save_weights(bert, dir_.path());
  const auto model = open_model(dir_.path());
  const GlueExample text{.text_a = "w1", .text_b = ""};
  const auto outputs = forward_texts(*model.bert, FakeTokenizer(100), {&text, 1});
  EXPECT_EQ(outputs.back().first, "last_hidden_state");
}

// Masks of training and of analysis fit each other.
TEST_F(Inspect, MatricesAreThoseOfTheFlatBuffer) {
  const auto model = open_model(pruned("model", 40));
  const ModelZeros zeros = read_zeros(dir_ / "model");
  ASSERT_EQ(zeros.matrices.size(), model.params->matrices().size());
  for (size_t i = 0; i < zeros.matrices.size(); ++i) {
    const FlatMatrix &ours = zeros.matrices[i], &flat = model.params->matrices()[i];
    EXPECT_EQ(ours.name, flat.name);
    EXPECT_EQ(ours.offset, flat.offset);
    EXPECT_EQ(ours.rows, flat.rows);
    EXPECT_EQ(ours.cols, flat.cols);
  }
  EXPECT_EQ(zeros.nonzero, read_zeros(dir_ / "model").nonzero);
  EXPECT_EQ(sparsity_report(zeros).zeros(), 40);
}

TEST_F(Inspect, ZerosAreVerifiedAgainstTheModelsOwnMask) {
  const auto model = pruned("model", 40);
  save_own_mask(model);
  const auto check = verify_zeros(model);
  EXPECT_TRUE(check.holds());
  EXPECT_FALSE(check.has_manifest);
  EXPECT_EQ(format_check(check), fmt::format("mask    {}\nsha256  {}\n0 of 40 zeros drifted\n",
                                             model / "mask.safetensors", check.mask_sha256));
}

TEST_F(Inspect, DriftIsCountedPerMatrix) {
  const auto model = pruned("model", 40);
  save_own_mask(model);
  fs::copy(kGolden / "model.safetensors", model, fs::copy_options::overwrite_existing);
  const auto check = verify_zeros(model);
  EXPECT_FALSE(check.holds());
  ASSERT_EQ(check.drifted.size(), 1U);
  EXPECT_NE(format_check(check).find(fmt::format("{}: 40 of 40 zeros drifted\n40 of 40", kQuery)),
            std::string::npos)
      << format_check(check);
}

TEST_F(Inspect, ZerosOfAReferenceModelMustHoldButNotViceVersa) {
  const auto some = pruned("some", 40);
  const auto more = pruned("more", 50);
  EXPECT_TRUE(verify_zeros(more, some).holds());
  EXPECT_EQ(verify_zeros(some, more).total.drifted, 10);
  EXPECT_EQ(verify_zeros(some, more).total.masked, 50);
}

TEST_F(Inspect, AClassifierIsVerifiedAgainstItsPretrainedModel) {
  save_own_mask(pruned("model", 40));
  const auto check = verify_zeros(kGolden / "classifier", dir_ / "model" / "mask.safetensors");
  EXPECT_EQ(check.total.masked, 40);
  EXPECT_EQ(check.total.drifted, 40);
}

TEST_F(Inspect, AMaskOfAnotherModelIsRefused) {
  const auto model = pruned("model", 40, {{"format", "pt"}, {"mask_sha256", "0123"}});
  save_own_mask(model);
  const auto message = message_of([&] { verify_zeros(model); });
  EXPECT_NE(message.find("was saved with the mask 0123, but mask.safetensors beside it is "),
            std::string::npos)
      << message;
}

TEST_F(Inspect, WithoutAMaskTheErrorSaysWhichOptionToUse) {
  EXPECT_EQ(message_of([] { verify_zeros(kGolden); }),
            fmt::format("{} has no mask.safetensors: name a mask file, or the model it was pruned as, with "
                        "--against",
                        kGolden));
}

TEST_F(Inspect, AManifestIsCheckedFileByFile) {
  const auto checkpoint = dir_ / "checkpoint-3";
  write_checkpoint(checkpoint, [&](const fs::path& directory) {
    save_weights(*open_model(pruned("model", 40)).bert, directory);
    save_own_mask(directory);
  });
  const auto check = verify_zeros(checkpoint);
  EXPECT_TRUE(check.has_manifest);
  EXPECT_NE(format_check(check).find("files   as manifest.json lists them\n"), std::string::npos);
  write_file_atomically(checkpoint / "config.json", read_file(checkpoint / "config.json") + " ");
  const auto message = message_of([&] { verify_zeros(checkpoint); });
  EXPECT_NE(message.find("config.json is damaged"), std::string::npos) << message;
}

TEST_F(Inspect, ModelsAreComparedMatrixByMatrix) {
  const auto some = pruned("some", 40);
  const auto more = pruned("more", 50);
  const auto text = compare_models(some, more);
  EXPECT_TRUE(text.starts_with(fmt::format("A = {}\nB = {}\n", some, more))) << text;
  EXPECT_NE(text.find("            40            50            40    0.800"), std::string::npos) << text;
}

TEST_F(Inspect, ModelsOfDifferentArchitecturesAreNotCompared) {
  auto config = read_model_config(kGolden);
  config.num_hidden_layers = 1;
  save_weights(Bert(config, {}), dir_.path());
  EXPECT_EQ(
      message_of([&] { compare_models(kGolden, dir_.path()); }),
      fmt::format("{} and {} are of different architectures: their 12 and 6 prunable matrices do not match",
                  kGolden, dir_.path()));
}

TEST_F(Inspect, ALineHasOneOrTwoTexts) {
  const auto texts = read_texts(dir_.write("texts.tsv", "one text\na pair\tof texts\n\n"));
  ASSERT_EQ(texts.size(), 3U);
  EXPECT_EQ(texts[0].text_a, "one text");
  EXPECT_EQ(texts[1].text_b, "of texts");
  EXPECT_EQ(texts[2].text_a, "");
}

TEST_F(Inspect, InvalidTextsAreRefusedByLine) {
  const auto file = dir_.write("texts.tsv", "one\ta\tb\n");
  EXPECT_EQ(message_of([&] { read_texts(file); }),
            fmt::format("{}:1: more than one tab; a line is one text, or two with one tab between", file));
  dir_.write("texts.tsv", "one\ntwo\t\n");
  EXPECT_EQ(message_of([&] { read_texts(file); }),
            fmt::format("{}:2: the second text of the pair is empty", file));
  dir_.write("texts.tsv", "");
  EXPECT_EQ(message_of([&] { read_texts(file); }),
            fmt::format("{} holds no text: a line is one text, or two with a tab between", file));
}

std::map<std::string, torch::Tensor> outputs_of(const OpenModel& model, std::vector<GlueExample> texts,
                                                int64_t max_seq_length = 0) {
  const auto tensors = forward_texts(*model.bert, FakeTokenizer(100), texts, max_seq_length);
  return {tensors.begin(), tensors.end()};
}

TEST_F(Inspect, ForwardPacksSingleTextsAndPairs) {
  const auto model = open_model(kGolden / "classifier");
  const auto outputs =
      outputs_of(model, {{.text_a = "w1 w2", .text_b = ""}, {.text_a = "w3", .text_b = "w4 w5"}});
  EXPECT_TRUE(outputs.at("input_ids").equal(torch::tensor({2, 7, 9, 3, 2, 11, 3, 13, 15, 3}, torch::kInt64)));
  EXPECT_TRUE(
      outputs.at("token_type_ids").equal(torch::tensor({0, 0, 0, 0, 0, 0, 0, 1, 1, 1}, torch::kInt64)));
  EXPECT_TRUE(outputs.at("cu_seqlens").equal(torch::tensor({0, 4, 10}, torch::kInt64)));
  EXPECT_EQ(outputs.at("last_hidden_state").sizes(), (std::vector<int64_t>{10, 32}));
  EXPECT_EQ(outputs.at("pooler_output").sizes(), (std::vector<int64_t>{2, 32}));
  EXPECT_EQ(outputs.at("logits").sizes(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(outputs_of(open_model(kGolden), {{.text_a = "w1", .text_b = ""}}).count("logits"), 0U);
}

TEST_F(Inspect, ABatchEqualsSeparateTexts) {
  const auto model = open_model(kGolden / "classifier");
  std::vector<GlueExample> texts;
  for (int i = 0; i < 70; ++i)
    texts.push_back({.text_a = fmt::format("w{} w{}", i % 40, i % 7), .text_b = ""});
  const auto together = outputs_of(model, texts);
  for (const int64_t i : {0, 31, 32, 69}) {
    const auto alone = outputs_of(model, {texts[static_cast<size_t>(i)]});
    EXPECT_TRUE(together.at("logits")[i].allclose(alone.at("logits")[0], 1e-5, 1e-6)) << i;
    const auto hidden = together.at("last_hidden_state").narrow(0, 4 * i, 4);
    EXPECT_TRUE(hidden.allclose(alone.at("last_hidden_state"), 1e-5, 1e-6)) << i;
  }
}

TEST_F(Inspect, LongTextsAreTruncatedToTheGivenLength) {
  std::string text = "w1";
  for (int i = 0; i < 40; ++i) text += " w2";
  const auto model = open_model(kGolden);
  EXPECT_EQ(outputs_of(model, {{.text_a = text, .text_b = ""}}).at("input_ids").numel(),
            24);  // its positions
  EXPECT_EQ(outputs_of(model, {{.text_a = text, .text_b = ""}}, 10).at("input_ids").numel(), 10);
  EXPECT_EQ(message_of([&] { outputs_of(model, {{.text_a = text, .text_b = ""}}, 25); }),
            "max_seq_length is 25, the model has 24 positions");
}

TEST_F(Inspect, ATokenizerOfAnotherModelIsRefused) {
  const auto model = open_model(kGolden);
  const GlueExample text{.text_a = "w1", .text_b = ""};
  EXPECT_EQ(message_of([&] {
              forward_texts(*model.bert, FakeTokenizer(105), {&text, 1});
            }),
            "the tokenizer has 105 pieces, the model's vocabulary only 100: use the model's own tokenizer");
}

TEST_F(Inspect, InBf16TheOutputsStayClose) {
  const std::vector<GlueExample> texts = {{.text_a = "w1 w2 w3", .text_b = ""}};
  const auto exact = outputs_of(open_model(kGolden), texts);
  const auto rounded = outputs_of(open_model(kGolden, {.precision = Precision::bf16}), texts);
  EXPECT_EQ(rounded.at("pooler_output").scalar_type(), torch::kFloat32);
  EXPECT_LT((rounded.at("pooler_output") - exact.at("pooler_output")).abs().max().item<float>(), 0.1F);
}

TEST_F(Inspect, AModelWithANanIsRefusedNamingTheTensor) {
  const fs::path directory = pruned("nan", 0);
  auto tensors = load_tensors(directory / "model.safetensors");
  tensors.at(kQuery)[1][2] = std::nanf("");
  save_tensors(directory / "model.safetensors", NamedTensors(tensors.begin(), tensors.end()));
  EXPECT_NE(message_of([&] {
              open_model(directory);
            }).find(fmt::format("tensor {} holds 1 value that is not finite", kQuery)),
            std::string::npos);
}

TEST_F(Inspect, OutputsThatAreNotFiniteAreNotWritten) {
  const auto model = open_model(kGolden / "classifier");
  const torch::NoGradGuard no_grad;
  for (auto& weight : model.bert->named_weights()) {
    if (weight.name == "classifier.bias") weight.tensor[0] = INFINITY;
  }
  const auto tokenizer = load_tokenizer(dir_.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\none\n"));
  EXPECT_EQ(message_of([&] {
              forward_texts(*model.bert, *tokenizer, std::vector<GlueExample>{{"one", ""}}, 0);
            }),
            "the outputs of the model are not finite: its weights are too large for its precision");
}

}  // namespace
}  // namespace rpp::test
