#include "data/shards.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <thread>

#include "core/atomic_file.h"
#include "core/xxh3.h"
#include "data/fake_tokenizer.h"
#include "program/log.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

class Shards : public testing::Test {
 protected:
  BuildReport build(const fs::path& input, const std::string& output = "shards",
                    BuildOptions options = {}) const {
    options.inputs = {input};
    options.output_dir = dir_ / output;
    return build_shards(options, tokenizer_);
  }
  ShardSet open(const std::string& name = "shards") const {
    return ShardSet({dir_ / name}, fake_fingerprint());
  }

  const TestDir dir_{testing::UnitTest::GetInstance()->current_test_info()->name()};
  const FakeTokenizer tokenizer_;
};

std::vector<int32_t> ids_of(const SentenceIds& sentence) {
  std::vector<int32_t> ids;
  sentence.append_to(ids);
  return ids;
}

void expect_contains(const std::string& message, const std::string& part) {
  EXPECT_NE(message.find(part), std::string::npos) << message;
}

std::string all_bytes(const fs::path& dir) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(dir)) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string bytes;
  for (const auto& file : files) bytes += file.filename().string() + read_file(file);
  return bytes;
}

TEST_F(Shards, SentencesReadBackAsWritten) {
  const BuildReport report = build(dir_.write("a.txt", "w0 w1\nw2\n\n  \nw3 nope w4\n"));
  const ShardSet shards = open();
  EXPECT_EQ(shards.num_documents(), 2);
  EXPECT_EQ(shards.num_sentences(0), 2);
  EXPECT_EQ(ids_of(shards.sentence(0, 0)), (std::vector<int32_t>{5, 7}));
  EXPECT_EQ(ids_of(shards.sentence(1, 0)), (std::vector<int32_t>{11, 1, 13}));
  EXPECT_EQ(report.tokens, 6);
  EXPECT_EQ(report.unknown, 1);
  EXPECT_EQ(report.empty_lines, 2);
}

TEST_F(Shards, TheEndOfAFileEndsItsDocument) {
  BuildOptions options{.inputs = {dir_.write("a.txt", "w0"), dir_.write("b.txt", "w1")},
                       .output_dir = dir_ / "shards"};
  EXPECT_EQ(build_shards(options, tokenizer_).documents, 2);
}

TEST_F(Shards, ALineWithoutTokensIsDroppedAndCounted) {
  const BuildReport report = build(dir_.write("a.txt", "w0\n\xef\xbb\xbf\n\nw1\n"));
  EXPECT_EQ(report.empty_sentences, 1);
  EXPECT_EQ(open().num_sentences(0), 1);
}

TEST_F(Shards, TheBytesDoNotDependOnTheNumberOfThreads) {
  const auto input = dir_.write("a.txt", corpus_text(40, 1500));  // several blocks
  build(input, "one", {.num_threads = 1, .shard_tokens = 50000});
  build(input, "three", {.num_threads = 3, .shard_tokens = 50000});
  EXPECT_GT(std::distance(fs::directory_iterator(dir_ / "one"), {}), 3);
  EXPECT_EQ(all_bytes(dir_ / "one"), all_bytes(dir_ / "three"));
}

TEST_F(Shards, GzipAndZstdInputGiveTheSameShards) {
  const std::string text = corpus_text(5, 10);
  build(dir_.write("a.txt", text), "plain");
  gzFile gz = gzopen((dir_ / "a.gz").c_str(), "wb");
  gzputs(gz, text.c_str());
  gzclose(gz);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  build(dir_ / "a.gz", "gz");
  build(dir_.write("a.zst", packed), "zst");
  EXPECT_EQ(all_bytes(dir_ / "gz"), all_bytes(dir_ / "plain"));
  EXPECT_EQ(all_bytes(dir_ / "zst"), all_bytes(dir_ / "plain"));
}

TEST_F(Shards, SeveralShardsAndDirectoriesAreConcatenated) {
  const auto input = dir_.write("a.txt", corpus_text(6, 4));
  build(input, "small", {.shard_tokens = 30});
  build(input, "whole");
  const ShardSet whole = open("whole");
  const ShardSet twice({dir_ / "small", dir_ / "whole"}, fake_fingerprint());
  ASSERT_EQ(twice.num_documents(), 12);
  EXPECT_EQ(twice.num_tokens(), 2 * whole.num_tokens());
  for (int64_t number = 0; number < twice.num_sentences(); ++number) {
    const auto [document, index] = twice.locate(number);
    EXPECT_EQ(document * 4 + index, number);
    EXPECT_EQ(ids_of(twice.sentence(document, index)), ids_of(whole.sentence(document % 6, index)));
  }
}

TEST_F(Shards, IdsAbove65535SurviveInALargeVocabulary) {
  const FakeTokenizer large(70001);
  build_shards({.inputs = {dir_.write("a.txt", "w34000\n\nw1\n")}, .output_dir = dir_ / "shards"}, large);
  EXPECT_EQ(open().sentence(0, 0)[0], 68005);
}

TEST_F(Shards, BadCorporaAreRefusedByName) {
  expect_contains(message_of([&] { build(dir_ / "absent"); }), "cannot open " + (dir_ / "absent").string());
  expect_contains(message_of([&] { build(dir_.write("e", "\n\n")); }),
                  (dir_ / "e").string() + " holds no text");
  EXPECT_FALSE(fs::exists(dir_ / "shards"));
}

TEST_F(Shards, TextThatIsNotUtf8IsRefusedByFileAndLine) {
  const auto message = [&](const std::string& before, const std::string& text) {
    BuildOptions options{
        .inputs = {dir_.write("a.txt", before), dir_.write("empty.txt", ""), dir_.write("l.txt", text)},
        .output_dir = dir_ / "shards"};
    return message_of([&] { build_shards(options, tokenizer_); });
  };
  const std::string file = (dir_ / "l.txt").string();
  expect_contains(message("w0\n", "w1\nw2 \xe9 w3\n"), file + ":2: byte 4 of the line is not UTF-8");
  expect_contains(message("", "\xe9"), file + ":1: byte 1");
  expect_contains(message("w0\n", "w1\nw2 \xc3\n\xa9 w3\n"),
                  file + ":2: byte 4");  // complete without the line end
  expect_contains(message("w0\n", corpus_text(40, 1500) + "\xff\n"), file + ":60041: byte 1");
  EXPECT_FALSE(fs::exists(dir_ / "shards"));
}

TEST_F(Shards, APipeGivesTheSameShardsAsAFile) {
  const std::string text = corpus_text(40, 1500);  // several chunks
  build(dir_.write("a.txt", text), "file");
  const fs::path pipe = dir_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::jthread writer([&] { std::ofstream(pipe) << text; });
  build(pipe, "piped");
  EXPECT_EQ(all_bytes(dir_ / "piped"), all_bytes(dir_ / "file"));
}

TEST_F(Shards, ATextWithoutBlankLinesIsOneDocumentWithAWarning) {
  init_logging();
  testing::internal::CaptureStderr();
  build(dir_.write("o", "w0\nw1\n"));
  expect_contains(testing::internal::GetCapturedStderr(), (dir_ / "o").string() + " holds one document only");
  EXPECT_EQ(open().num_documents(), 1);
  EXPECT_EQ(open().num_sentences(), 2);
}

TEST_F(Shards, TextWithoutBlankLinesIsSplitEveryTwoShards) {
  build_shards(
      {.inputs = {dir_.write("o", "w0\nw1\nw2\nw3\nw4\n")}, .output_dir = dir_ / "shards", .shard_tokens = 1},
      tokenizer_);
  EXPECT_EQ(open().num_documents(), 3);  // of two, two and one tokens
  EXPECT_EQ(open().num_sentences(), 5);
  EXPECT_EQ(open().num_sentences(2), 1);
}

TEST_F(Shards, TheShardSizeIsAtLeastOneToken) {
  const auto input = dir_.write("a.txt", "w0\n");
  for (const int64_t tokens : {0, -1}) {
    EXPECT_EQ(message_of([&] { build(input, "shards", {.shard_tokens = tokens}); }),
              fmt::format("shard_tokens is {}, it must be positive", tokens));
  }
  EXPECT_EQ(build(input, "shards", {.shard_tokens = 1}).tokens, 1);
}

TEST_F(Shards, TheReportCountsDroppedBytesOfAllBlocks) {
  const std::string text = corpus_text(40, 1500);  // several blocks
  EXPECT_EQ(build(dir_.write("a.txt", text)).bytes, static_cast<int64_t>(text.size()));
}

TEST_F(Shards, AnOutputDirectoryWithOtherFilesIsRefused) {
  const auto input = dir_.write("a.txt", corpus_text(2, 2));
  expect_contains(message_of([&] { build(input, "."); }), "already holds something else (a.txt)");
  EXPECT_TRUE(fs::exists(input));
}

TEST_F(Shards, OldShardsAreReplaced) {
  build(dir_.write("a.txt", corpus_text(2, 2)));
  build(dir_.write("a.txt", corpus_text(3, 2)));
  EXPECT_EQ(open().num_documents(), 3);
}

TEST_F(Shards, AnotherVocabularyIsRefusedByDirectory) {
  build(dir_.write("a.txt", corpus_text(2, 2)));
  const std::string message = message_of([&] { ShardSet({dir_ / "shards"}, "other"); });
  expect_contains(message,
                  "the shards in " + (dir_ / "shards").string() + " were built with another vocabulary");
}

TEST_F(Shards, DocumentsOfOneSentenceAreCountedAndReported) {
  init_logging();
  const auto warning = [&](const std::string& text) {
    testing::internal::CaptureStderr();
    build(dir_.write("o.txt", text));
    return testing::internal::GetCapturedStderr();
  };
  expect_contains(
      warning("w0\n\nw1\n\nw2\n\n"),
      "o.txt: every document has one sentence, so that no sentence has a next one: put blank lines "
      "between documents only, not after each sentence, or set data.next_sentence=false");
  EXPECT_EQ(open().num_lone_sentences(), 3);
  expect_contains(warning("w0\n\nw1\n\nw2\n\nw3\nw4\n"),
                  "o.txt: 3 of 5 sentences are alone in their document");
  EXPECT_EQ(open().num_lone_sentences(), 3);
  EXPECT_EQ(warning("w0\n\nw1\n\nw3\nw4\n").find("warning"), std::string::npos);  // fewer than half
  EXPECT_EQ(build(dir_ / "o.txt").lone_sentences, 2);
}

TEST_F(Shards, DocumentsOfOneSentenceAreCountedInAllShards) {
  build(dir_.write("o.txt", "w0\n\nw1\n\nw2\nw3\n\nw4\n"), "shards", {.shard_tokens = 2});
  ASSERT_TRUE(fs::exists(dir_ / "shards/shard-00002.bin"));
  EXPECT_EQ(open().num_lone_sentences(), 3);
  EXPECT_EQ(ShardSet({dir_ / "shards", dir_ / "shards"}, "").num_lone_sentences(), 6);
}

TEST_F(Shards, DirectoriesWithDifferentVocabulariesAreRefused) {
  const auto input = dir_.write("a.txt", corpus_text(2, 2));
  build(input, "one");
  build_shards({.inputs = {input}, .output_dir = dir_ / "two"}, FakeTokenizer(1005, "another"));
  EXPECT_EQ(message_of([&] { ShardSet({dir_ / "one", dir_ / "one"}, ""); }), "no error");
  expect_contains(message_of([&] {
                    ShardSet({dir_ / "one", dir_ / "two"}, "");
                  }),
                  "the shards in " + (dir_ / "two").string() + " were built with another vocabulary");
}

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

TEST_F(Shards, DamageIsFoundAndNamed) {
  const auto shard = dir_ / "shards/shard-00000.bin";
  build(dir_.write("a.txt", corpus_text(2, 20)));
  const std::string whole = read_file(shard);

  std::string flipped = whole;
  flipped[whole.size() / 2] ^= 4;
  dir_.write("shards/shard-00000.bin", flipped);
  expect_contains(message_of([&] { open(); }), shard.string() + " is damaged: its hash");
  dir_.write("shards/shard-00000.bin", whole.substr(0, whole.size() - 1));
  expect_contains(message_of([&] { open(); }), shard.string() + " is truncated");
  fs::remove(shard);
  expect_contains(message_of([&] { open(); }), shard.string() + " is missing");
  dir_.write("shards/manifest.json", "{");
  expect_contains(message_of([&] { open(); }), "manifest.json: broken JSON at byte 1");
  dir_.write("shards/manifest.json", "{}");
  expect_contains(message_of([&] { open(); }), "manifest.json is damaged");
  dir_.write("shards/manifest.json", std::string(300'000, '['));
  expect_contains(message_of([&] { open(); }), "manifest.json: JSON of 300000 levels");
  fs::remove(dir_ / "shards/manifest.json");
  expect_contains(message_of([&] { open(); }), (dir_ / "shards").string() + " holds no shards");
}

}  // namespace
}  // namespace rpp
