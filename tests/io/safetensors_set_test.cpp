#include "io/safetensors_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/atomic_file.h"
#include "message_of.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class SafetensorsShards : public testing::Test {
 protected:
  SafetensorsShards() {
    fs::create_directories(directory_);
    save_safetensors(directory_ / "one", {{tensor("a"), tensor("b")}}, {{"format", "pt"}});
    save_safetensors(directory_ / "two", {{tensor("c")}}, {{"format", "np"}, {"note", "mine"}});
  }
  ~SafetensorsShards() override { fs::remove_all(directory_); }

  static TensorView tensor(const char* name) {
    return {.name = name, .shape = {2}, .data = std::as_bytes(std::span(kValues))};
  }
  fs::path index(const std::string& weight_map) const {
    const fs::path path = directory_ / "all.index.json";
    write_file_atomically(
        path, fmt::format(R"({{"metadata": {{"total_size": 24}}, "weight_map": {}}})", weight_map));
    return path;
  }
  // Of the index with this weight_map; $ stands for the directory of the files.
  std::string error_of(const std::string& weight_map) const {
    const std::string folder = directory_.string() + "/";
    std::string message = message_of([&] { SafetensorsSet{index(weight_map)}; });
    for (size_t at = 0; (at = message.find(folder)) != std::string::npos;) {
      message = fmt::format("{}${}", message.substr(0, at), message.substr(at + folder.size()));
    }
    return message;
  }

  static constexpr std::array<float, 2> kValues = {0.5F, -2.0F};
  static constexpr const char* kWhole = R"({"c": "two", "a": "one", "b": "one"})";
  const fs::path directory_ = fs::temp_directory_path() / fmt::format("rpp_shards_{}", ::getpid());
};

TEST_F(SafetensorsShards, AreOneListOfTensors) {
  const SafetensorsSet set(index(kWhole));
  std::vector<std::string> names;
  for (const auto& tensor : set.tensors()) {
    names.push_back(tensor.name);
    EXPECT_THAT(tensor.as<float>(), ElementsAre(0.5F, -2.0F));
  }
  EXPECT_THAT(names, ElementsAre("a", "b", "c"));
  EXPECT_EQ(set.path(), directory_ / "all.index.json");
  EXPECT_THAT(safetensors_files(set.path()), ElementsAre(directory_ / "one", directory_ / "two"));
  EXPECT_EQ(set.metadata().at("format"), "pt");
  EXPECT_EQ(set.metadata().at("note"), "mine");
}

TEST_F(SafetensorsShards, ASingleFileIsASet) {
  const SafetensorsSet set(directory_ / "two");
  EXPECT_EQ(set.tensors().size(), 1U);
  EXPECT_THAT(safetensors_files(set.path()), ElementsAre(directory_ / "two"));
}

TEST_F(SafetensorsShards, AnAbsentShardIsNamed) {
  EXPECT_EQ(error_of(R"({"a": "one", "b": "one", "c": "three"})"),
            "$three is missing: $all.index.json names it for the tensor c: download the model again");
}

TEST_F(SafetensorsShards, ATensorThatItsShardLacksIsNamed) {
  EXPECT_EQ(error_of(R"({"a": "one", "b": "one", "c": "two", "d": "two"})"),
            "$two has no tensor d, which $all.index.json says it holds: download the model again");
}

TEST_F(SafetensorsShards, ATensorThatTheIndexDoesNotAssignIsNamed) {
  EXPECT_EQ(error_of(R"({"a": "one", "c": "two"})"),
            "$one holds the tensor b, which $all.index.json does not list for it: download the model again");
}

TEST_F(SafetensorsShards, AShardOutsideTheDirectoryIsRefused) {
  for (const char* name : {R"("../one")", R"("/one")", R"("sub/one")", R"("..")", R"(".")", R"("")", "1"}) {
    EXPECT_EQ(
        error_of(fmt::format(R"({{"a": {}}})", name)),
        fmt::format("$all.index.json: weight_map has {} for the tensor a, it must name a file beside it",
                    name));
  }
}

TEST_F(SafetensorsShards, AnIndexWithoutTensorsIsRefused) {
  for (const char* weight_map : {"{}", "[]", "null"}) {
    EXPECT_EQ(error_of(weight_map),
              "$all.index.json has no weight_map with the file of each tensor: download the model again");
  }
}

}  // namespace
}  // namespace rpp
