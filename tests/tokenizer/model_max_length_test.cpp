#include "tokenizer/model_max_length.h"

#include "core/atomic_file.h"
#include "rpp/tokenizer.h"
#include "tokenizer/text_files.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

class ModelMaxLength : public TextFiles {
 protected:
  std::optional<int64_t> read_from(std::string_view config) const {
    write("tokenizer_config.json", config);
    return read_model_max_length(directory_);
  }
};

TEST_F(ModelMaxLength, IsAddedToTheSavedTokenizerConfig) {
  const auto vocabulary = write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n");
  const auto tokenizer = load_tokenizer(vocabulary);
  tokenizer->save(directory_ / "model");
  EXPECT_EQ(read_model_max_length(directory_ / "model"), std::nullopt);
  write_model_max_length(directory_ / "model", 384);
  EXPECT_EQ(read_model_max_length(directory_ / "model"), 384);
  EXPECT_EQ(fingerprint(*load_tokenizer(directory_ / "model")), fingerprint(*tokenizer));
}

TEST_F(ModelMaxLength, MayBeAbsent) {
  EXPECT_EQ(read_model_max_length(directory_), std::nullopt);
  EXPECT_EQ(read_from(R"({"model_max_length": null})"), std::nullopt);
  EXPECT_EQ(read_from(R"({"model_max_length": 1000000000000000019884624838656})"), std::nullopt);
}

TEST_F(ModelMaxLength, AnInvalidValueIsNamed) {
  for (const char* value : {"\"512\"", "0", "-1", "1.5"}) {
    EXPECT_EQ(message_of([&] { read_from(fmt::format("{{\"model_max_length\": {}}}", value)); }),
              fmt::format("{}: model_max_length is {}, it must be a number of tokens",
                          directory_ / "tokenizer_config.json", value));
  }
  EXPECT_EQ(message_of([&] { read_from("[1]"); }),
            fmt::format("{} holds no JSON object, but [1]; write it again or remove it",
                        directory_ / "tokenizer_config.json"));
}

}  // namespace
}  // namespace rpp
