#include "prune/mask_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>

#include "core/atomic_file.h"
#include "io/safetensors.h"
#include "ops/torch.h"
#include "program/sha256.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// Sizes that do not fill their last byte: 15 and 21 entries.
const std::vector<FlatMatrix> kMatrices = {{"layer.query", 0, 3, 5}, {"layer.key", 15, 3, 7}};
constexpr int64_t kEntries = 36;

torch::Tensor some_mask() {
  return torch::arange(kEntries).remainder(3).ne(0).to(torch::kUInt8);
}

class MaskFile : public testing::Test {
 protected:
  MaskFile() { fs::create_directories(dir_); }
  ~MaskFile() override { fs::remove_all(dir_); }

  // The error of load_mask after the saved mask was changed.
  std::string message_after(const std::function<void(std::string&)>& change) const {
    save_mask(path_, kMatrices, some_mask());
    std::string bytes = read_file(path_);
    change(bytes);
    std::ofstream(path_, std::ios::binary) << bytes;
    return message_for(kMatrices);
  }

  std::string message_for(const std::vector<FlatMatrix>& matrices) const {
    try {
      load_mask(path_, matrices);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  void expect_refused(const std::vector<FlatMatrix>& matrices, const std::string& reason) const {
    EXPECT_EQ(message_for(matrices), path_.string() + reason);
  }

  const fs::path dir_ =
      fs::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
  const fs::path path_ = dir_ / "mask.safetensors";
};

TEST_F(MaskFile, RoundTrips) {
  save_mask(path_, kMatrices, some_mask());
  EXPECT_TRUE(load_mask(path_, kMatrices).equal(some_mask()));
}

TEST_F(MaskFile, AnyNonZeroEntryMeansKept) {
  save_mask(path_, kMatrices, some_mask().to(torch::kBool));
  EXPECT_TRUE(load_mask(path_, kMatrices).equal(some_mask()));
  save_mask(path_, kMatrices, some_mask() * 7);
  EXPECT_TRUE(load_mask(path_, kMatrices).equal(some_mask()));
}

TEST_F(MaskFile, BitsAreStoredLeastSignificantFirst) {
  auto mask = torch::zeros({kEntries}, torch::kUInt8);
  for (const int64_t kept : {0, 9, 15}) mask[kept] = 1;
  save_mask(path_, kMatrices, mask);
  const SafetensorsFile file(path_);
  const auto query = file.at("layer.query").as<uint8_t>();
  ASSERT_EQ(query.size(), 2U);
  EXPECT_EQ(query[0], 0b00000001);
  EXPECT_EQ(query[1], 0b00000010);
  EXPECT_EQ(file.at("layer.key").as<uint8_t>()[0], 1);
  EXPECT_EQ(file.metadata().at("prune_ratio"), "0.916667");  // 33 of 36
  EXPECT_EQ(file.metadata().at("shape:layer.key"), "3,7");
  EXPECT_EQ(file.metadata().at("sha256"), mask_sha256(kMatrices, mask));
}

TEST_F(MaskFile, LoadingPlacesEachMatrixByName) {
  save_mask(path_, kMatrices, some_mask());
  const std::vector<FlatMatrix> swapped = {{"layer.key", 0, 3, 7}, {"layer.query", 21, 3, 5}};
  const auto expected = torch::cat({some_mask().narrow(0, 15, 21), some_mask().narrow(0, 0, 15)});
  EXPECT_TRUE(load_mask(path_, swapped).equal(expected));
}

TEST_F(MaskFile, TheHashDoesNotDependOnTheOrderInTheBuffer) {
  const std::vector<FlatMatrix> swapped = {{"layer.key", 0, 3, 7}, {"layer.query", 21, 3, 5}};
  const auto same = torch::cat({some_mask().narrow(0, 15, 21), some_mask().narrow(0, 0, 15)});
  EXPECT_EQ(mask_sha256(swapped, same), mask_sha256(kMatrices, some_mask()));
  EXPECT_EQ(mask_sha256(kMatrices, some_mask()).size(), 64U);
}

TEST_F(MaskFile, TheHashCoversBitsNamesAndShapes) {
  const auto hash = mask_sha256(kMatrices, some_mask());
  for (int64_t i = 0; i < kEntries; ++i) {
    auto other = some_mask();
    other[i] = 1 - other[i];
    EXPECT_NE(mask_sha256(kMatrices, other), hash) << i;
  }
  EXPECT_NE(mask_sha256({{"layer.query", 0, 5, 3}, {"layer.key", 15, 3, 7}}, some_mask()), hash);
  EXPECT_NE(mask_sha256({{"layer.value", 0, 3, 5}, {"layer.key", 15, 3, 7}}, some_mask()), hash);
}

TEST_F(MaskFile, AFlippedBitIsReportedAsDamage) {
  const auto message = message_after([](std::string& bytes) { bytes.back() ^= 1; });
  EXPECT_TRUE(message.starts_with(path_.string() + " is damaged: its contents hash to ")) << message;
  EXPECT_NE(message.find("take the mask from an earlier checkpoint"), std::string::npos) << message;
}

TEST_F(MaskFile, AFlippedBitAfterTheLastEntryIsReportedAsDamage) {
  const auto message = message_after([](std::string& bytes) { bytes.back() ^= 0x80; });
  EXPECT_NE(message.find("is damaged"), std::string::npos) << message;
}

TEST_F(MaskFile, AChangedShapeInTheHeaderIsDamage) {
  const auto message =
      message_after([](std::string& bytes) { bytes.replace(bytes.find("\"3,7\""), 5, "\"7,3\""); });
  EXPECT_NE(message.find("is damaged"), std::string::npos) << message;
}

TEST_F(MaskFile, ATruncatedFileIsNamed) {
  const auto message = message_after([](std::string& bytes) { bytes.pop_back(); });
  EXPECT_TRUE(message.starts_with(path_.string())) << message;
  EXPECT_NE(message.find("truncated"), std::string::npos) << message;
}

TEST_F(MaskFile, AMissingFileIsNamed) {
  EXPECT_EQ(message_for(kMatrices), fmt::format("cannot open {}: No such file or directory", path_));
}

TEST_F(MaskFile, AMaskOfAnotherModelIsRefusedNamingTheMatrix) {
  save_mask(path_, kMatrices, some_mask());
  expect_refused({{"layer.query", 0, 5, 3}, {"layer.key", 15, 3, 7}},
                 ": the mask of layer.query is [3,5], the model's matrix is [5,3]");
  expect_refused({{"layer.query", 0, 3, 5}},
                 " masks layer.key, which this model does not have: is it another model's?");
  expect_refused({{"layer.query", 0, 3, 5}, {"layer.key", 15, 3, 7}, {"layer.value", 36, 2, 2}},
                 " has no mask for layer.value: is it another model's?");
}

TEST_F(MaskFile, AModelFileIsRefused) {
  const std::vector<float> weights(15, 0.0F);
  TensorView view{
      .name = "layer.query", .dtype = Dtype::f32, .shape = {3, 5}, .data = std::as_bytes(std::span(weights))};
  save_safetensors(path_, std::span(&view, 1));
  expect_refused(kMatrices, " has the format pt, this program reads rpp-mask-v1");
  save_safetensors(path_, std::span(&view, 1), {});
  expect_refused(kMatrices, " is not a mask file: its metadata has no format");
}

// Files with a valid hash and invalid contents.
class HostileMask : public MaskFile {
 protected:
  struct Tensor {
    std::string name, shape;
    std::vector<uint8_t> bytes;
  };

  // tensors: by name.
  void write(const std::vector<Tensor>& tensors, const std::string& format = "rpp-mask-v1",
             Dtype dtype = Dtype::u8) const {
    Sha256 hash;
    std::map<std::string, std::string> metadata = {{"format", format}};
    std::vector<TensorView> views;
    for (const auto& [name, shape, bytes] : tensors) {
      hash.update(fmt::format("{}\n{}\n", name, shape));
      hash.update(std::as_bytes(std::span(bytes)));
      metadata["shape:" + name] = shape;
      views.push_back({.name = name,
                       .dtype = dtype,
                       .shape = {static_cast<int64_t>(bytes.size())},
                       .data = std::as_bytes(std::span(bytes))});
    }
    metadata["sha256"] = hash.hex();
    save_safetensors(path_, views, metadata);
  }

  const Tensor key_ = {"layer.key", "3,7", {255, 255, 31}}, query_ = {"layer.query", "3,5", {255, 127}};
};

TEST_F(HostileMask, TheUnchangedMaskIsRead) {
  write({key_, query_});
  EXPECT_TRUE(load_mask(path_, kMatrices).equal(torch::ones({kEntries}, torch::kUInt8)));
}

TEST_F(HostileMask, OtherVersionsAreRefused) {
  for (const std::string format : {"rpp-mask-v0", "rpp-mask-v2", "rpp-mask-v10", "rpp-mask", ""}) {
    write({key_, query_}, format);
    expect_refused(kMatrices, " has the format " + format + ", this program reads rpp-mask-v1");
  }
}

TEST_F(HostileMask, TheByteCountMustMatchTheMatrix) {
  write({key_, {"layer.query", "3,5", {255}}});
  expect_refused(kMatrices, ": the mask of layer.query has 1 bytes, expected 2");
  write({key_, {"layer.query", "3,5", {255, 127, 0}}});
  expect_refused(kMatrices, ": the mask of layer.query has 3 bytes, expected 2");
}

TEST_F(HostileMask, AMaskOfAnotherTypeIsRefused) {
  write({key_, query_}, "rpp-mask-v1", Dtype::i8);
  expect_refused(kMatrices, ": layer.key is I8, a mask is U8");
}

TEST_F(MaskFile, AMaskOfAnotherSizeIsNotSaved) {
  try {
    save_mask(path_, kMatrices, torch::ones({35}, torch::kUInt8));
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the mask has 35 entries, the model's matrices have 36");
  }
  EXPECT_FALSE(fs::exists(path_));
}

}  // namespace
}  // namespace rpp
