#include "bert_format/weight_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "bert_format/description.h"
#include "core/atomic_file.h"
#include "message_of.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// A model directory without weights, which a test adds.
class WeightFiles : public testing::Test {
 protected:
  WeightFiles() {
    fs::create_directories(directory_);
    write("config.json", R"({"vocab_size": 1, "hidden_size": 1, "num_hidden_layers": 1,
      "num_attention_heads": 1, "intermediate_size": 1, "max_position_embeddings": 1, "type_vocab_size": 1})");
  }
  ~WeightFiles() override { fs::remove_all(directory_); }

  void write(const char* name, std::string_view text) const {
    write_file_atomically(directory_ / name, text);
  }
  void save(const char* name, int64_t count) const {
    const std::vector<float> values(static_cast<size_t>(count));
    save_safetensors(directory_ / name,
                     {{{.name = name, .shape = {count}, .data = std::as_bytes(std::span(values))}}});
  }
  void save_shards() const {
    save("x1", 100), save("x2", 100);
    write("model.safetensors.index.json", R"({"weight_map": {"x1": "x1", "x2": "x2"}})");
  }

  const fs::path directory_ = fs::temp_directory_path() / fmt::format("rpp_weight_files_{}", ::getpid());
};

TEST_F(WeightFiles, TheIndexIsUsedWithoutASingleFile) {
  EXPECT_EQ(find_weights(directory_), std::nullopt);
  save_shards();
  EXPECT_EQ(find_weights(directory_), directory_ / "model.safetensors.index.json");
  EXPECT_EQ(open_weights(directory_).tensors().size(), 2U);
}

TEST_F(WeightFiles, TheSingleFileIsPreferred) {
  save_shards();
  save("model.safetensors", 1);
  EXPECT_EQ(find_weights(directory_), directory_ / "model.safetensors");
  EXPECT_EQ(open_weights(directory_).tensors().size(), 1U);
}

TEST_F(WeightFiles, TheirSizeIsThatOfAllShards) {
  save_shards();
  const auto bytes = fs::file_size(directory_ / "x1") + fs::file_size(directory_ / "x2");
  EXPECT_EQ(weights_bytes(directory_ / "model.safetensors.index.json"), static_cast<int64_t>(bytes));
}

TEST_F(WeightFiles, APytorchFileIsAnsweredWithItsConversion) {
  for (const std::string name : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    write(name.c_str(), "x");
    const std::string wanted = fmt::format(
        "{0}/model.safetensors is missing; {0} holds {1} instead: convert it with "
        "scripts/convert_bin.py {0}",
        directory_.string(), name);
    EXPECT_EQ(message_of([&] { open_weights(directory_); }), wanted);
    EXPECT_EQ(message_of([&] { read_model_config(directory_); }), wanted);
    EXPECT_EQ(message_of([&] { ModelFile{directory_}; }), wanted);
    fs::remove(directory_ / name);
  }
  EXPECT_EQ(message_of([&] { open_weights(directory_); }),
            fmt::format("cannot open {}/model.safetensors: No such file or directory", directory_.string()));
}

TEST_F(WeightFiles, APytorchFileBesideOthersIsIgnored) {
  write("pytorch_model.bin", "x");
  save_shards();
  EXPECT_EQ(message_of([&] { read_model_config(directory_); }), "no error");
}

// The check of sizes comes first, and would call 130 bytes too few for the model.
TEST_F(WeightFiles, AGitLfsPointerIsNamedWhereTheConfigurationIsRead) {
  write("model.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n");
  EXPECT_EQ(message_of([&] { read_model_config(directory_); }),
            fmt::format("{}/model.safetensors is a Git LFS pointer, not the file itself: run git lfs pull or "
                        "download it again",
                        directory_.string()));
}

}  // namespace
}  // namespace rpp
