#include "config_files.h"

namespace rpp {
namespace {

using SettingsTest = ConfigFiles;

TEST_F(SettingsTest, UnknownKeyNamesItsLineAndTheNearestKey) {
  EXPECT_EQ(pretrain_error("output_dir: out\noptimizer:\n  learning_rat: 1\n"),
            "rpp.yaml:3: unknown key 'optimizer.learning_rat' (did you mean 'optimizer.learning_rate'?)");
}

TEST_F(SettingsTest, UnknownSectionNamesTheNearestSection) {
  EXPECT_EQ(pretrain_error("optimiser:\n  learning_rate: 1\n"),
            "rpp.yaml:1: unknown key 'optimiser' (did you mean 'optimizer'?)");
}

TEST_F(SettingsTest, RepeatedKeyNamesBothLines) {
  EXPECT_EQ(pretrain_error("model: a\noutput_dir: out\nmodel: b\n"),
            "rpp.yaml:3: model is already set at rpp.yaml:1: keep one of them");
}

TEST_F(SettingsTest, RepeatedSectionIsRefused) {
  EXPECT_EQ(pretrain_error("train:\n  steps: 1\nmodel: a\ntrain:\n  seed: 1\n"),
            "rpp.yaml:4: train is already set at rpp.yaml:1: keep one of them");
}

TEST_F(SettingsTest, SectionWithAPlainValueIsRefused) {
  EXPECT_EQ(pretrain_error("train: 5\n"),
            "rpp.yaml:1: train is a section: write its keys below it, indented");
}

TEST_F(SettingsTest, SectionWithEveryKeyCommentedOutKeepsTheDefaults) {
  EXPECT_EQ(load_pretrain_config(file(kPretrain + "train:\n  # steps: 5\n")).train.steps, 1000);
}

TEST_F(SettingsTest, AFileThatIsNotAMapIsRefused) {
  EXPECT_EQ(pretrain_error("- model\n"), "rpp.yaml:1: a configuration file holds lines of 'key: value'");
}

TEST_F(SettingsTest, AKeyThatIsAListIsRefused) {
  EXPECT_EQ(pretrain_error("[a, b]: 1\n"), "rpp.yaml:1: a key is a plain word");
}

TEST_F(SettingsTest, DamagedYamlNamesTheLine) {
  EXPECT_EQ(pretrain_error("model: bert\ndata: {train: [a\n").substr(0, 27), "rpp.yaml:3: not valid YAML:");
}

TEST_F(SettingsTest, MissingFileIsNamed) {
  const std::string missing = (directory_ / "none.yaml").string();
  EXPECT_EQ(error_of([&] { load_pretrain_config(missing); }), "cannot open the configuration file none.yaml");
}

TEST_F(SettingsTest, DirectoryInPlaceOfAFileIsNamed) {
  std::filesystem::create_directories(directory_ / "pretrain");
  EXPECT_EQ(error_of([&] { load_pretrain_config(directory_ / "pretrain"); }),
            "pretrain is a directory, not a configuration file");
}

TEST_F(SettingsTest, UnknownKeyInAnOverrideNamesTheOverride) {
  EXPECT_EQ(pretrain_error(kPretrain, {"train.step=5"}),
            "--set train.step=5: unknown key 'train.step' (did you mean 'train.steps'?)");
}

TEST_F(SettingsTest, OverrideWithoutEqualsSignIsRefused) {
  EXPECT_EQ(pretrain_error(kPretrain, {"train.steps"}), "--set train.steps: write it as key=value");
}

TEST_F(SettingsTest, OverrideOfASectionIsRefused) {
  EXPECT_EQ(pretrain_error(kPretrain, {"train={steps: 5}"}),
            "--set train={steps: 5}: train is a section: set its keys one by one, as train.key=value");
}

TEST_F(SettingsTest, OverrideWithDamagedYamlIsRefused) {
  EXPECT_EQ(pretrain_error(kPretrain, {"data.train=[a, b"}).substr(0, 55),
            "--set data.train=[a, b: the value is not valid YAML: en");
}

TEST_F(SettingsTest, AnUnknownKeyWithoutASimilarOneSaysHowToListAllKeys) {
  EXPECT_EQ(pretrain_error(kPretrain, {"foo=1"}),
            "--set foo=1: unknown key 'foo' (--print-config shows all keys)");
}

TEST_F(SettingsTest, StringsOnTheCommandLineAreNotParsedAsYaml) {
  for (const std::string name : {"x/exp #1", "@s", "a: b", "#1", "[x", "1", "null"}) {
    EXPECT_EQ(load_pretrain_config(file(kPretrain), {{"output_dir=" + name}}).output_dir, name);
  }
  EXPECT_EQ(load_pretrain_config(file(kPretrain), {{"output_dir=\"a\""}}).output_dir, "a");
}

TEST_F(SettingsTest, BracketsMakeAListForListKeys) {
  const auto train = [&](const std::string& value) {
    return load_pretrain_config(file(kPretrain), {{"data.train=" + value}}).data.train;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(load_pretrain_config(file(kPretrain), {{"output_dir=[x]"}}).output_dir, "[x]");
  EXPECT_EQ(train("[a, \"b, c\"]"), (Texts{"a", "b, c"}));
  for (const std::string name : {"a #1", "@s", "a: b", "x[1]", "- a", "null", "{a}", "*a"}) {
    EXPECT_EQ(train(name), Texts{name});
  }
  EXPECT_EQ(train("\"[x]\""), Texts{"[x]"});
  EXPECT_EQ(train("'it''s'"), Texts{"it's"});
  EXPECT_EQ(train("['a\\', b]"), (Texts{"a\\", "b"}));  // single quotes do not escape a backslash
  EXPECT_EQ(train("[\"a\\\"]\", b]"), (Texts{"a\"]", "b"}));
  for (const std::string broken : {"[a #1, b]", "[a], [b]", "[a] b", "[x].tsv", "[[a]]", "[a,", "'a' 'b'"}) {
    EXPECT_NE(pretrain_error(kPretrain, {"data.train=" + broken}), "no error") << broken;
  }
}

TEST_F(SettingsTest, AHashAfterANumberIsNotAComment) {
  EXPECT_EQ(pretrain_error(kPretrain, {"train.steps=10 #x"}),
            "--set train.steps=10 #x: train.steps is '10 #x', it must be a whole number");
  EXPECT_EQ(pretrain_error(kPretrain, {"train.steps=[10]"}),
            "--set train.steps=[10]: train.steps is '[10]', it must be a whole number");
  EXPECT_EQ(pretrain_error(kPretrain, {"data.next_sentence=true #"}),
            "--set data.next_sentence=true #: data.next_sentence is 'true #', it must be true or false");
}

TEST_F(SettingsTest, AFlagIsTakenLiterallyAndOverridesEarlierValues) {
  for (const std::string name : {"x/exp #1", "@s", "a: b", "[x]", "\"q\""}) {
    const std::vector<Flag> flags = {{"--output-dir", "output_dir", name}};
    EXPECT_EQ(load_pretrain_config(file(kPretrain), {{"output_dir=other"}}, flags).output_dir, name);
  }
}

TEST_F(SettingsTest, AFlagWithAWrongValueIsNamed) {
  const std::vector<Flag> flags = {{"--seed", "train.seed", "x"}};
  EXPECT_EQ(error_of([&] { load_pretrain_config(file(kPretrain), {}, flags); }),
            "--seed x: train.seed is 'x', it must be a whole number");
}

}  // namespace
}  // namespace rpp
