#include "analysis/model_zeros.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>

#include "analysis/edited_model.h"
#include "analysis/patterns.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// The golden model with two zeroed rows, as another program may store it.
class ZerosOfAModel : public testing::Test {
 protected:
  ~ZerosOfAModel() override { fs::remove_all(directory_); }

  const fs::path directory_ = fs::temp_directory_path() / fmt::format("rpp_zeros_{}", ::getpid());
  const fs::path edited_ = test::EditedModel()
                               .zero_row("0.attention.self.query", 3)
                               .zero_row("1.intermediate.dense", 5)
                               .save(directory_ / "edited");
};

TEST_F(ZerosOfAModel, AreThoseOfItsShards) {
  const SafetensorsFile file(edited_ / "model.safetensors");
  const fs::path shards = directory_ / "shards";
  fs::create_directories(shards);
  fs::copy(edited_ / "config.json", shards / "config.json");
  std::string weight_map;
  for (size_t i = 0; i < file.tensors().size(); ++i) {
    const std::string shard = fmt::format("{}.safetensors", i);
    save_safetensors(shards / shard, std::span(file.tensors()).subspan(i, 1));
    weight_map += fmt::format("{}\"{}\": \"{}\"", i == 0 ? "" : ", ", file.tensors()[i].name, shard);
  }
  write_file_atomically(shards / "model.safetensors.index.json",
                        fmt::format("{{\"weight_map\": {{{}}}}}", weight_map));
  EXPECT_EQ(read_zeros(shards).nonzero, read_zeros(edited_).nonzero);
  EXPECT_EQ(find_patterns(read_encoder_zeros(shards)).kinds[0].dead_rows, 1);
}

TEST_F(ZerosOfAModel, DoNotDependOnAnUntiedDecoderOrUnknownTensors) {
  const auto wanted = read_zeros(edited_);
  const SafetensorsFile file(edited_ / "model.safetensors");
  const std::vector<float> other(100, 0.5F), nan = {std::nanf("")};
  std::vector<TensorView> tensors = file.tensors();
  tensors.push_back(
      {.name = "cls.predictions.decoder.bias", .shape = {100}, .data = std::as_bytes(std::span(other))});
  tensors.push_back({.name = "logit_scale", .data = std::as_bytes(std::span(nan))});
  const fs::path changed = directory_ / "changed";
  fs::create_directories(changed);
  fs::copy(edited_ / "config.json", changed / "config.json");
  save_safetensors(changed / "model.safetensors", tensors);
  EXPECT_EQ(read_zeros(changed).nonzero, wanted.nonzero);
}

}  // namespace
}  // namespace rpp
