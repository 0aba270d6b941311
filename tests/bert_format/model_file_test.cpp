#include "bert_format/model_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "core/atomic_file.h"
#include "core/xxh3.h"
#include "message_of.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ModelFileTest : public testing::Test {
 protected:
  ModelFileTest() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::temp_directory_path() / fmt::format("rpp_model_{}_{}", test->name(), ::getpid());
    fs::create_directories(directory_);
    path_ = directory_ / "model.rpp";
  }
  ~ModelFileTest() override { fs::remove_all(directory_); }

  ModelContents contents() const {
    return {.tensors = {{.name = "w", .shape = {2, 20}, .data = pruned_.view()},
                        {.name = "v", .shape = {2, 8}, .data = masked_.view()},
                        {.name = "b", .shape = {3}, .data = bias_.view()}},
            .metadata = {{"format", "pt"}},
            .files = {{"config.json", "{}"}}};
  }

  // Without the sync of the atomic writer, which would dominate the test's time.
  void overwrite(std::string_view bytes) const {
    std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  std::string read_error() const {
    return message_of([&] { const ModelFile file(path_); });
  }

  // The error for a file whose tensor list contradicts its data.
  std::string error_with(std::string_view list) const {
    const std::vector<TensorView> views = {
        {.name = "w", .shape = {2}, .data = std::as_bytes(std::span(kTwo))},
        {.name = "w:mask", .dtype = Dtype::u8, .shape = {1}, .data = std::as_bytes(std::span(kMask))}};
    save_checked_safetensors(path_, views,
                             {{"rpp_format", "rpp-model-1"}, {"rpp_tensors", std::string(list)}});
    return read_error();
  }

  static constexpr float kTwo[] = {1, 2};
  static constexpr uint8_t kMask[] = {0b101};
  const PackedTensor pruned_ = pack(std::vector<float>(40, 0.0F), 2, 20, Dtype::i8);
  const PackedTensor masked_ =
      pack(std::vector<float>{0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0, 0, 0, 5, 0}, 2, 8, Dtype::f32);
  const PackedTensor bias_ = pack_dense(std::vector<float>{1, 2, 3}, 1, 3, Dtype::f32);
  fs::path directory_, path_;
};

TEST_F(ModelFileTest, RoundTrips) {
  write_model_file(path_, contents());
  const ModelFile file(path_);
  ASSERT_EQ(file.contents().tensors.size(), 3U);
  EXPECT_EQ(file.contents().tensors[0].name, "w");
  EXPECT_EQ(file.find("w")->data.packing, Packing::gaps);
  EXPECT_EQ(file.find("v")->data.packing, Packing::bitmask);
  EXPECT_THAT(file.find("w")->shape, ElementsAre(2, 20));
  EXPECT_EQ(file.find("w")->data.num_values(), 0);
  std::vector<float> bias(3);
  unpack_into(file.find("b")->data, bias);
  EXPECT_THAT(bias, ElementsAre(1, 2, 3));
  EXPECT_EQ(file.file("config.json"), "{}");
  EXPECT_EQ(file.contents().metadata, contents().metadata);
}

TEST_F(ModelFileTest, AbsentEntriesAreReported) {
  write_model_file(path_, contents());
  const ModelFile file(path_);
  EXPECT_EQ(file.find("u"), nullptr);
  EXPECT_THAT(message_of([&] { file.file("vocab.txt"); }), HasSubstr("model.rpp holds no vocab.txt"));
}

TEST_F(ModelFileTest, EveryFlippedBitIsAnError) {
  write_model_file(path_, contents());
  const std::string whole = read_file(path_);
  for (size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    overwrite(damaged);
    ASSERT_THAT(read_error(), HasSubstr("model.rpp")) << "bit " << bit;
  }
}

// An attacker can repair the checksum, so a file that still loads must be safe to unpack; the sanitizers
// check that.
TEST_F(ModelFileTest, AFlippedBitWithAMatchingChecksumNeverReadsOutsideTheFile) {
  write_model_file(path_, contents());
  const std::string whole = read_file(path_);
  const size_t num_hashed = whole.size() - sizeof(uint64_t);
  int64_t num_loaded = 0;
  for (size_t bit = 0; bit < num_hashed * 8; ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << (bit % 8)));
    const uint64_t checksum = xxh3_64(std::as_bytes(std::span(damaged).first(num_hashed)));
    std::memcpy(damaged.data() + num_hashed, &checksum, sizeof checksum);
    overwrite(damaged);
    message_of([&] {
      const ModelFile file(path_);
      for (const auto& tensor : file.contents().tensors) {
        std::vector<float> matrix(static_cast<size_t>(tensor.data.num_entries()));
        unpack_into(tensor.data, matrix);
      }
      ++num_loaded;
    });
  }
  EXPECT_GT(num_loaded, 0);  // the flip changed only values or names
}

TEST_F(ModelFileTest, EveryTruncationIsAnError) {
  write_model_file(path_, contents());
  const std::string whole = read_file(path_);
  for (size_t size = 0; size < whole.size(); ++size) {
    overwrite(std::string_view(whole).substr(0, size));
    ASSERT_THAT(read_error(), HasSubstr("model.rpp")) << "cut to " << size << " bytes";
  }
}

TEST_F(ModelFileTest, AnUnsupportedVersionIsNamed) {
  save_checked_safetensors(path_, {}, {{"rpp_format", "rpp-model-2"}});
  EXPECT_THAT(read_error(), HasSubstr("format 'rpp-model-2', this program reads rpp-model-1"));
}

TEST_F(ModelFileTest, AnOrdinarySafetensorsFileIsRefused) {
  save_safetensors(path_, {});
  EXPECT_THAT(read_error(), HasSubstr("is not a model file: rpp-export makes one"));
}

TEST_F(ModelFileTest, AMissingChecksumIsReported) {
  save_safetensors(path_, {}, {{"rpp_format", "rpp-model-1"}, {"rpp_tensors", "[]"}});
  EXPECT_THAT(read_error(), HasSubstr("does not end in the checksum 'xxh3'"));
}

TEST_F(ModelFileTest, TheChecksumMustBeTheLastBytes) {
  const std::array<uint8_t, 8> zeros{};
  TensorView checksum{
      .name = "xxh3", .dtype = Dtype::u8, .shape = {8}, .data = std::as_bytes(std::span(zeros))};
  TensorView behind = checksum;
  behind.name = "behind";
  const std::map<std::string, std::string> metadata = {{"rpp_format", "rpp-model-1"}, {"rpp_tensors", "[]"}};
  save_safetensors(path_, std::array{checksum, behind}, metadata);
  EXPECT_THAT(read_error(), HasSubstr("does not end in the checksum 'xxh3'"));
  save_safetensors(path_, std::array{behind, checksum}, metadata);
  EXPECT_THAT(read_error(), HasSubstr("its bytes do not match its checksum"));
}

// A hostile file can have a valid checksum; these do.
TEST_F(ModelFileTest, AMissingTensorIsNamed) {
  EXPECT_THAT(error_with(R"([{"name":"v","shape":[2],"packing":"dense"}])"), HasSubstr("no tensor 'v'"));
  EXPECT_THAT(error_with(R"([{"name":"w","shape":[1,3],"packing":"gaps"}])"),
              HasSubstr("no tensor 'w:gaps'"));
}

TEST_F(ModelFileTest, ATensorListThatIsNotAListIsRefused) {
  EXPECT_THAT(error_with("[{"), HasSubstr("rpp_tensors: broken JSON at byte"));
  EXPECT_THAT(error_with("{}"), HasSubstr("rpp_tensors is not a list"));
  EXPECT_THAT(error_with(std::string(65, '[')), HasSubstr("model.rpp: rpp_tensors: JSON of 65 levels"));
  EXPECT_THAT(error_with("[5]"), HasSubstr("lacks name, shape or packing"));
  EXPECT_THAT(error_with(R"([{"name":"w","shape":[2],"packing":"zip"}])"),
              HasSubstr("unknown packing 'zip'"));
  EXPECT_THAT(error_with(R"([{"name":"w","shape":[],"packing":"dense"}])"), HasSubstr("has 0 dimensions"));
}

TEST_F(ModelFileTest, AShapeWithInvalidSizesIsRefused) {
  for (const char* extent : {"2.5", "1e300", "-2", "18446744073709551615", "true", "\"2\""}) {
    EXPECT_THAT(error_with(fmt::format(R"([{{"name":"w","shape":[{}],"packing":"dense"}}])", extent)),
                HasSubstr("tensor w: its shape is not a list of sizes"));
  }
}

TEST_F(ModelFileTest, ATensorThatIsListedTwiceIsRefused) {
  EXPECT_THAT(error_with(R"([{"name":"w","shape":[2],"packing":"dense"},)"
                         R"({"name":"w","shape":[1,2],"packing":"dense"}])"),
              HasSubstr("rpp_tensors lists tensor w twice"));
}

TEST_F(ModelFileTest, ShapesThatDoNotFitTheDataAreRefused) {
  EXPECT_THAT(error_with(R"([{"name":"w","shape":[3],"packing":"dense"}])"), HasSubstr("2 values for 3"));
  EXPECT_THAT(error_with(R"([{"name":"w","shape":[2,9],"packing":"bitmask"}])"),
              HasSubstr("the mask has 1 bytes, 18 entries ask for 3"));
  EXPECT_THAT(error_with(R"([{"name":"w","shape":[4294967296,4294967296],"packing":"bitmask"}])"),
              HasSubstr("is too large"));
}

TEST_F(ModelFileTest, AMatchingMaskIsAccepted) {
  EXPECT_EQ(error_with(R"([{"name":"w","shape":[1,3],"packing":"bitmask"}])"), "no error");
}

TEST_F(ModelFileTest, AVectorThatIsNotDenseFp32IsRefused) {
  EXPECT_THAT(error_with(R"([{"name":"w","shape":[3],"packing":"bitmask"}])"),
              HasSubstr("model.rpp: tensor w is bitmask of F32: vectors are dense F32"));
  EXPECT_EQ(error_with(R"([{"name":"w","shape":[2],"packing":"dense"}])"), "no error");
  const PackedTensor half = pack_dense(std::vector<float>{1, 2}, 1, 2, Dtype::bf16);
  write_model_file(path_, {.tensors = {{.name = "b", .shape = {2}, .data = half.view()}}});
  EXPECT_THAT(read_error(), HasSubstr("tensor b is dense of BF16: vectors are dense F32"));
  write_model_file(path_, {.tensors = {{.name = "b", .shape = {1, 2}, .data = half.view()}}});
  EXPECT_EQ(read_error(), "no error");
}

TEST_F(ModelFileTest, AMatrixWithoutRowsOrColumnsIsRefused) {
  EXPECT_THAT(error_with(R"([{"name":"w","shape":[0,134217728],"packing":"bitmask"}])"),
              HasSubstr("model.rpp: tensor w: a matrix of 0 x 134217728 has no entries"));
  EXPECT_THAT(error_with(R"([{"name":"w","shape":[0],"packing":"dense"}])"), HasSubstr("has no entries"));
}

TEST_F(ModelFileTest, OlderAndEmptyVersionsAreNamed) {
  for (const char* format : {"rpp-model-0", "rpp-model-10", "rpp-model", ""}) {
    save_checked_safetensors(path_, {}, {{"rpp_format", format}, {"rpp_tensors", "[]"}});
    EXPECT_THAT(read_error(), HasSubstr(fmt::format("is of the format '{}'", format)));
  }
  save_checked_safetensors(path_, {}, {{"rpp_format", "rpp-model-1"}, {"rpp_tensors", "[]"}});
  EXPECT_EQ(read_error(), "no error");
}

}  // namespace
}  // namespace rpp
