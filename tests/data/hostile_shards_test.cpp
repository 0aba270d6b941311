#include "shard_files.h"

namespace rpp::test {
namespace {

// Shards with correct hashes and invalid contents, as a faulty or hostile program may write them.
class HostileShards : public Shards {
 protected:
  // Two documents of two sentences each, of three, four, five and six tokens; ids of 16 bits.
  HostileShards() {
    build(dir_.write("a.txt", "w1 w2 w3\nw1 w2 w3 w4\n\nw1 w2 w3 w4 w5\nw1 w2 w3 w4 w5 w6\n"));
    shard_ = read_file(dir_ / "shards/shard-00000.bin");
    manifest_ = nlohmann::json::parse(read_file(dir_ / "shards/manifest.json"));
  }

  template <typename T>
  void set(size_t offset, T value) {
    std::memcpy(&shard_[offset], &value, sizeof(value));
  }

  nlohmann::json& entry() { return manifest_["shards"][0]; }

  // The error from opening the changed files after their sizes and hashes were updated.
  std::string message() {
    entry()["bytes"] = shard_.size();
    entry()["xxh3"] = fmt::format("{:016x}", xxh3_64(std::as_bytes(std::span(shard_))));
    return message_as_it_is();
  }
  std::string message_as_it_is() const {
    dir_.write("shards/shard-00000.bin", shard_);
    dir_.write("shards/manifest.json", manifest_.dump());
    return message_of([&] { open(); });
  }

  static constexpr size_t kVersion = 8, kBytesPerId = 12, kDocuments = 16, kSentences = 24, kTokens = 32;
  static constexpr size_t kDocumentOffsets = 40, kSentenceOffsets = 40 + 3 * 8,
                          kIds = kSentenceOffsets + 5 * 8;
  std::string shard_;
  nlohmann::json manifest_;
};

TEST_F(HostileShards, UnchangedShardsAreRead) {
  EXPECT_EQ(message(), "no error");
}

TEST_F(HostileShards, OtherVersionsOfAShardAndOfAManifestAreRefused) {
  for (const uint32_t version : {0U, 2U}) {
    set(kVersion, version);
    expect_contains(message(),
                    fmt::format("shard-00000.bin has format version {}, this program reads 1", version));
  }
  set(kVersion, uint32_t{1});
  for (const auto& version : {nlohmann::json(0), nlohmann::json(2), nlohmann::json("1"), nlohmann::json()}) {
    manifest_["version"] = version;
    expect_contains(message(),
                    fmt::format("manifest.json has format version {}, this program reads 1", version.dump()));
  }
}

TEST_F(HostileShards, AFileOfAnotherFormatIsRefused) {
  set(0, 'r');
  expect_contains(message(),
                  "shard-00000.bin is not a shard, or is damaged: its first bytes are not those of a shard");
  set(0, 'R');
  set(7, 'd');
  expect_contains(message(), "its first bytes are not those of a shard");
}

TEST_F(HostileShards, OffsetsStartAtZeroAscendAndEndAtTheCount) {
  const auto check = [&](size_t offset, uint64_t value, const std::string& of) {
    const std::string whole = shard_;
    set(offset, value);
    expect_contains(message(), "the offsets of its " + of + " are out of order");
    shard_ = whole;
  };
  for (const uint64_t value : {uint64_t{0}, uint64_t{4}, uint64_t{5}, uint64_t{1} << 60}) {  // 2 is correct
    check(kDocumentOffsets + 8, value, "documents");
  }
  check(kDocumentOffsets, 1, "documents");
  check(kDocumentOffsets + 16, 3, "documents");
  for (const uint64_t value : {uint64_t{0}, uint64_t{7}, uint64_t{1} << 40}) {  // 3 is correct
    check(kSentenceOffsets + 8, value, "sentences");
  }
  check(kSentenceOffsets, 1, "sentences");
  for (const uint64_t value : {17, 19}) check(kSentenceOffsets + 32, value, "sentences");
}

TEST_F(HostileShards, CountsThatDoNotFitTheFileAreRefusedEvenIfTheyOverflow) {
  const auto check = [&](size_t offset, uint64_t value) {
    const std::string whole = shard_;
    set(offset, value);
    expect_contains(message(), "its counts do not fit its size");
    shard_ = whole;
  };
  const uint64_t huge = uint64_t{1} << 61;
  for (const uint64_t change : {uint64_t{1}, huge, huge - 1}) {
    check(kDocuments, 2 + change);
    check(kSentences, 4 + change);
    check(kTokens, 18 + change);
    check(kTokens, 18 + 4 * change);
  }
  check(kTokens, 17);
}

TEST_F(HostileShards, CountsMustEqualTheManifest) {
  for (const char* key : {"documents", "sentences", "tokens"}) {
    const auto whole = manifest_;
    entry()[key] = entry()[key].get<int64_t>() + 1;
    expect_contains(message(), "its counts are not those in manifest.json");
    manifest_ = whole;
    manifest_[key] = manifest_[key].get<int64_t>() + 1;
    expect_contains(message(), "manifest.json is damaged: its counts of documents, sentences or tokens");
    manifest_ = whole;
    for (const auto& value :
         {nlohmann::json(-1), nlohmann::json(2.5), nlohmann::json("2"), nlohmann::json()}) {
      entry()[key] = value;
      expect_contains(message(), "manifest.json is damaged: " + std::string(key) + " is " + value.dump());
    }
    manifest_ = whole;
  }
}

TEST_F(HostileShards, IdWidthMustMatchTheVocabularySize) {
  for (const uint32_t width : {0U, 1U, 4U, 1U << 31}) {
    set(kBytesPerId, width);
    expect_contains(message(), fmt::format("{} bytes an id for a vocabulary of 1005", width));
  }
  set(kBytesPerId, 2U);
  manifest_["vocab_size"] = 65536;
  expect_contains(message(), "2 bytes an id for a vocabulary of 65536");
  manifest_["vocab_size"] = 65535;
  EXPECT_EQ(message(), "no error");
  for (const auto& size :
       {nlohmann::json(0), nlohmann::json(int64_t{1} << 31), nlohmann::json(-5), nlohmann::json()}) {
    manifest_["vocab_size"] = size;
    expect_contains(message(), "manifest.json is damaged: vocab_size is ");
  }
}

TEST_F(HostileShards, IdsOutsideTheVocabularyAreRefusedAtEveryPosition) {
  for (const size_t index : {0, 9, 17}) {
    const std::string whole = shard_;
    set(kIds + 2 * index, uint16_t{1005});
    expect_contains(message(), "id 1005 in a vocabulary of 1005");
    set(kIds + 2 * index, uint16_t{1004});
    EXPECT_EQ(message(), "no error");
    shard_ = whole;
  }
}

TEST_F(HostileShards, NegativeWideIdsAreRefused) {
  const FakeTokenizer large(70001);
  build_shards({.inputs = {dir_.write("a.txt", "w34000\n\nw1\n")}, .output_dir = dir_ / "shards"}, large);
  shard_ = read_file(dir_ / "shards/shard-00000.bin");
  manifest_ = nlohmann::json::parse(read_file(dir_ / "shards/manifest.json"));
  EXPECT_EQ(message(), "no error");
  set(shard_.size() - 4, int32_t{-1});
  expect_contains(message(), "id 4294967295 in a vocabulary of 70001");
}

TEST_F(HostileShards, AShardNameMustNotLeaveItsDirectory) {
  dir_.write("outside.bin", shard_);
  for (const std::string name : {"../outside.bin", "..", ".", "", "/etc/passwd", "a/shard.bin"}) {
    entry()["file"] = name;
    expect_contains(message(),
                    "manifest.json is damaged: the shard '" + name + "' is not a name in this folder");
  }
  entry()["file"] = 3;
  expect_contains(message(), "manifest.json is damaged");
}

TEST_F(HostileShards, AManifestWithAnotherStructureIsRefused) {
  const auto whole = manifest_;
  for (const char* key : {"format", "tokenizer", "vocab_size", "shards", "documents"}) {
    manifest_ = whole;
    manifest_.erase(key);
    expect_contains(message_as_it_is(), "manifest.json is damaged");
    manifest_[key] = nlohmann::json::object();
    expect_contains(message_as_it_is(), "manifest.json is damaged");
  }
  manifest_ = whole;
  entry().erase("xxh3");
  expect_contains(message_as_it_is(), "manifest.json is damaged");
}

}  // namespace
}  // namespace rpp::test
