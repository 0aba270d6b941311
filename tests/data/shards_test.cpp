#include "shard_files.h"

namespace rpp::test {
namespace {

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

}  // namespace rpp::test
