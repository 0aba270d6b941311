#include "io/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <fstream>

#include "core/atomic_file.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class Safetensors : public testing::Test {
 protected:
  Safetensors() {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    directory_ = fs::temp_directory_path() / fmt::format("rpp_io_{}_{}", test->name(), ::getpid());
    fs::create_directories(directory_);
    path_ = directory_ / "model.safetensors";
  }
  ~Safetensors() override { fs::remove_all(directory_); }

  void write_raw(std::string_view header, size_t data_bytes) const {
    const uint64_t length = header.size();
    std::string text(reinterpret_cast<const char*>(&length), sizeof length);
    write_file_atomically(path_, text + std::string(header) + std::string(data_bytes, '\1'));
  }

  std::string read_error() const {
    try {
      const SafetensorsFile file(path_);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  std::string error_of(std::string_view header, size_t data_bytes) const {
    write_raw(header, data_bytes);
    return read_error();
  }

  fs::path directory_, path_;
};

const std::vector<float> kWeights = {1.5F, -2.0F, 0.0F, 3.25F, 4.0F, -0.0F};
const std::vector<uint8_t> kBits = {1, 2, 3};

TensorView weights() {
  return {.name = "w", .dtype = Dtype::f32, .shape = {2, 3}, .data = std::as_bytes(std::span(kWeights))};
}
TensorView bits() {
  return {.name = "bits", .dtype = Dtype::u8, .shape = {3}, .data = std::as_bytes(std::span(kBits))};
}

TEST_F(Safetensors, RoundTrips) {
  save_safetensors(path_, std::array{weights(), bits()}, {{"format", "pt"}, {"mask", "abc"}});
  const SafetensorsFile file(path_);
  ASSERT_EQ(file.tensors().size(), 2U);
  EXPECT_EQ(file.tensors()[0].name, "w");
  EXPECT_THAT(file.at("w").shape, ElementsAre(2, 3));
  EXPECT_EQ(file.at("w").num_elements(), 6);
  EXPECT_EQ(std::memcmp(file.at("w").data.data(), kWeights.data(), 24), 0);
  EXPECT_THAT(file.at("bits").as<uint8_t>(), ElementsAre(1, 2, 3));
  EXPECT_EQ(file.metadata().at("mask"), "abc");
}

TEST_F(Safetensors, DataIsAlignedToEightBytesAndBytesMatchTheFormat) {
  save_safetensors(path_, std::array{bits()}, {});
  const std::string text = read_file(path_);
  const std::string header = R"({"bits":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})";
  EXPECT_EQ(text.substr(8, header.size()), header);
  EXPECT_EQ((text.size() - 3) % 8, 0U);
  EXPECT_EQ(text.substr(text.size() - 3), "\1\2\3");
}

TEST_F(Safetensors, DataIsAlignedToEightBytesForAnyNameLength) {
  for (size_t length = 1; length <= 8; ++length) {
    auto named = bits();
    named.name = std::string(length, 'n');
    save_safetensors(path_, std::array{named}, {});
    EXPECT_EQ((fs::file_size(path_) - 3) % 8, 0U) << length;
    EXPECT_THAT(SafetensorsFile(path_).at(named.name).as<uint8_t>(), ElementsAre(1, 2, 3));
  }
}

TEST_F(Safetensors, ReadsAFileThatTransformersWrote) {
  const SafetensorsFile file(fs::path(RPP_SOURCE_DIR) / "tests/golden/bert/model.safetensors");
  EXPECT_THAT(file.at("bert.embeddings.word_embeddings.weight").shape, ElementsAre(100, 32));
  EXPECT_EQ(file.metadata().at("format"), "pt");
}

TEST_F(Safetensors, UnalignedFloatsAreReadable) {
  save_safetensors(path_, std::array{bits(), weights()});
  const SafetensorsFile file(path_);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(file.at("w").data.data()) % 4, 0U);
  EXPECT_FLOAT_EQ(file.at("w").as<float>()[3], 3.25F);
}

TEST_F(Safetensors, EmptyTensorsAndScalarsAreTensors) {
  const float one = 1;
  const TensorView scalar{.name = "s", .dtype = Dtype::f32, .data = std::as_bytes(std::span(&one, 1))};
  save_safetensors(path_, std::array{scalar, TensorView{.name = "none", .shape = {0, 4}}});
  const SafetensorsFile file(path_);
  EXPECT_EQ(file.at("s").num_elements(), 1);
  EXPECT_EQ(file.at("none").num_elements(), 0);
}

TEST_F(Safetensors, AnAbsentTensorIsNamedWithItsFile) {
  save_safetensors(path_, std::array{weights()});
  const SafetensorsFile file(path_);
  EXPECT_EQ(file.find("v"), nullptr);
  EXPECT_THROW(
      try { file.at("v"); } catch (const Error& error) {
        EXPECT_EQ(error.what(), path_.string() + " has no tensor 'v'");
        throw;
      },
      Error);
}

// A linear search would take hours on a hostile file.
TEST_F(Safetensors, EachOfManyTensorsIsFound) {
  constexpr int kCount = 20'000;
  std::string header;
  for (int i = 0; i < kCount; ++i) {
    header += fmt::format(R"({}"t{}":{{"dtype":"U8","shape":[1],"data_offsets":[{},{}]}})",
                          i == 0 ? '{' : ',', i, i, i + 1);
  }
  write_raw(header + "}", kCount);
  const SafetensorsFile file(path_);
  const std::byte* begin = file.at("t0").data.data();
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(file.at(fmt::format("t{}", i)).data.data() - begin, i);
}

TEST_F(Safetensors, DataIsNotReadAsATypeOfAnotherSize) {
  EXPECT_THROW(weights().as<double>(), Error);
}

TEST_F(Safetensors, AnEmptyFileIsRefused) {
  write_file_atomically(path_, "");
  EXPECT_THAT(read_error(), HasSubstr("model.safetensors is not a safetensors file: 0 bytes"));
}

TEST_F(Safetensors, AHeaderLongerThanTheFileIsRefused) {
  write_file_atomically(path_, "\xff\xff\xff\xff\xff\xff\xff\xff{}");
  EXPECT_THAT(read_error(), HasSubstr("truncated or not a safetensors file"));
}

TEST_F(Safetensors, TheHeaderLimitEqualsTheReferenceImplementation) {
  for (const uint64_t length : {100'000'000, 100'000'001}) {
    write_raw("", 0);
    fs::resize_file(path_, 8 + length);  // a sparse file of zeros, which takes no disk space
    std::fstream(path_, std::ios::in | std::ios::out | std::ios::binary)
        .write(reinterpret_cast<const char*>(&length), sizeof length);
    EXPECT_THAT(read_error(), HasSubstr(length == 100'000'000 ? "the header: broken JSON"
                                                              : "its header says 100000001 bytes"));
  }
}

TEST_F(Safetensors, AHeaderThatIsNotJsonIsRefused) {
  EXPECT_THAT(error_of("{\"w\": ", 0), HasSubstr("the header: broken JSON"));
  EXPECT_THAT(error_of("[]", 0), HasSubstr("the header holds no JSON object"));
}

TEST_F(Safetensors, ADeeplyNestedHeaderIsRefused) {
  const std::string deep = R"({"w":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
  EXPECT_THAT(error_of(deep, 0), HasSubstr("model.safetensors: the header: JSON of 100001 levels"));
}

TEST_F(Safetensors, AnEntryWithoutItsFieldsIsRefused) {
  EXPECT_THAT(error_of(R"({"w":{"dtype":"F32"}})", 0),
              HasSubstr("tensor 'w' lacks dtype, shape or data_offsets"));
  EXPECT_THAT(error_of(R"({"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}})", 1),
              HasSubstr("shape of tensor 'w' is not a list of sizes"));
}

TEST_F(Safetensors, AnUnknownDtypeIsNamed) {
  EXPECT_THAT(error_of(R"({"w":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}})", 1),
              HasSubstr("tensor 'w' has the unknown dtype 'F4'"));
}

TEST_F(Safetensors, OffsetsPastTheEndAreRefused) {
  EXPECT_THAT(error_of(R"({"w":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", 8),
              HasSubstr("tensor 'w' ends at byte 9 of 8"));
}

TEST_F(Safetensors, OffsetsThatRunBackwardsAreRefused) {
  EXPECT_THAT(error_of(R"({"w":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}})", 8),
              HasSubstr("are no [begin, end]"));
}

TEST_F(Safetensors, OverlappingTensorsAreRefusedByName) {
  EXPECT_THAT(error_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                       R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                       3),
              HasSubstr("tensors 'a' and 'b' overlap"));
}

TEST_F(Safetensors, BytesWithoutATensorAreRefused) {
  EXPECT_THAT(error_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3),
              HasSubstr("bytes between 'the header' and 'a'"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 3),
              HasSubstr("bytes behind 'a' belong to no tensor"));
}

TEST_F(Safetensors, AShapeThatDoesNotFitItsBytesIsRefused) {
  EXPECT_THAT(error_of(R"({"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,8]}})", 8),
              HasSubstr("'w' of shape [2, 3] and type F32 does not fit its 8 bytes"));
  EXPECT_THAT(error_of(R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0),
              HasSubstr("does not fit its 0 bytes"));
}

TEST_F(Safetensors, DuplicateNamesAreRefused) {
  EXPECT_THAT(error_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                       R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                       1),
              HasSubstr("two entries named 'a'"));
}

TEST_F(Safetensors, EveryTruncationIsRefused) {
  save_safetensors(path_, std::array{weights(), bits()});
  const std::string whole = read_file(path_);
  for (size_t size = 0; size < whole.size(); ++size) {
    write_file_atomically(path_, std::string_view(whole).substr(0, size));
    EXPECT_THAT(read_error(), HasSubstr("model.safetensors")) << "cut to " << size << " bytes";
  }
}

TEST_F(Safetensors, WritingTwoTensorsWithOneNameIsRefused) {
  EXPECT_THROW(save_safetensors(path_, std::array{bits(), bits()}), Error);
  auto named_as_metadata = bits();
  named_as_metadata.name = "__metadata__";
  EXPECT_THROW(save_safetensors(path_, std::array{named_as_metadata}, {}), Error);
  EXPECT_FALSE(fs::exists(path_));
}

// A limit on the file size makes write() fail as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(Safetensors, AFailedWriteKeepsTheOldFileWithoutLeftovers) {
  save_safetensors(path_, std::array{bits()});
  const std::string before = read_file(path_);
  const std::vector<float> many(4096, 1.0F);
  const TensorView big{.name = "big", .shape = {4096}, .data = std::as_bytes(std::span(many))};
  {
    const FileSizeLimit limit(1024);
    EXPECT_THROW(save_safetensors(path_, std::array{big}), Error);
  }
  EXPECT_EQ(read_file(path_), before);
  EXPECT_EQ(std::distance(fs::directory_iterator(directory_), fs::directory_iterator()), 1);
}

}  // namespace
}  // namespace rpp
