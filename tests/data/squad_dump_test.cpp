#include "data/squad_dump.h"

#include <gtest/gtest.h>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"

namespace rpp {
namespace {

TEST(SquadDump, WritesIdsCodePointOffsetsAndLabelsOfEachWindow) {
  const TestDir dir("squad_dump");
  const SquadDumpOptions options{
      .data = dir.write("data.json", R"({"data": [{"paragraphs": [{"context": "\u00c9va met the 3.", "qas": [
               {"id": "a", "question": "met", "answers": [{"text": "the", "answer_start": 8}]}]}]}]})"),
      .tokenizer = dir.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\neva\nmet\nthe\n3\n.\n"),
      .output = dir / "features.jsonl",
      .features = {.max_seq_length = 8, .doc_stride = 1, .max_query_length = 1}};
  const SquadDumpReport report = dump_squad_features(options);
  EXPECT_EQ(read_file(options.output),
            "{\"id\":\"a\",\"windows\":["
            "[[2,6,3,5,6,7,8,3],[[0,3],[4,7],[8,11],[12,13]],5,5],"
            "[[2,6,3,8,9,3],[[12,13],[13,14]],0,0]]}\n");
  EXPECT_EQ(report.num_questions, 1);
  EXPECT_EQ(report.num_windows, 2);
  EXPECT_EQ(report.num_tokens, 14);
}

}  // namespace
}  // namespace rpp
