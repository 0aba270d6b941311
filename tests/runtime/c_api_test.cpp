#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "bert_format/model_export.h"
#include "bert_format/model_file.h"
#include "c_api.h"
#include "peak_memory_bound.h"
#include "rpp/answerer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

std::vector<Answer> answered(const std::string& path, const std::vector<TextLine>& lines) {
  const auto model = RuntimeModel::load(path);
  const auto tokenizer = make_tokenizer(model->file());
  const auto answerer = make_answerer(model, *tokenizer, tokens_read(*model));
  for (const TextLine& line : lines) answerer->add(line);
  return answerer->answer_added();
}

TEST_F(CApi, ScoresAreTheProbabilitiesInTheOrderOfTheLabels) {
  const std::string path = exported("classifier");
  const rpp_model* model = load(path);
  const auto found = scores(open(model), {"w0 w1", "w2"}, {nullptr, "w1"});
  const std::vector<Answer> answers = answered(path, {{.text = "w0 w1"}, {.text = "w2", .text_pair = "w1"}});
  ASSERT_EQ(rpp_num_labels(model), 3);
  for (size_t line = 0; line < 2; ++line) {
    for (const auto& [name, score] : answers.at(line).scores) {
      size_t label = 0;
      while (rpp_label(model, static_cast<int32_t>(label)) != name) ASSERT_LT(++label, 3U);
      EXPECT_NEAR(found[3 * line + label], score, 1e-6);
    }
  }
}

TEST_F(CApi, ASessionOutlivesItsModel) {
  rpp_model* model = nullptr;
  ASSERT_EQ(rpp_load(exported("classifier").c_str(), nullptr, &model), RPP_OK);
  rpp_session* session = open(model);
  const auto before = scores(session, {"w1"});
  rpp_free(model);
  EXPECT_EQ(scores(session, {"w1"}), before);
}

TEST_F(CApi, ThreadsShareAModelAndGetTheSameScores) {
  const rpp_model* model = load(exported("classifier"));
  const auto expected = scores(open(model), {"w0", "w1 w2"});
  std::array<rpp_session*, 3> sessions = {open(model), open(model), open(model)};
  std::array<std::vector<float>, 3> found;
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < 3; ++i)
      threads.emplace_back([&, i] { found[i] = scores(sessions[i], {"w0", "w1 w2"}); });
  }
  for (const auto& one : found) EXPECT_EQ(one, expected);
}

// One pass over 70,000 tokens would take 80 MB.
TEST_F(CApi, ManyTextsInOneCallAreProcessedInSmallPasses) {
  rpp_session* session = open(load(exported("classifier")));
  const auto few = scores(session, {"w0 w1", "w2"});
  Texts texts;
  for (int i = 0; i < 10'000; ++i) texts.insert(texts.end(), {"w0 w1", "w2"});
  std::vector<float> many;
  EXPECT_LT(test::peak_growth([&] { many = scores(session, texts); }), 40'000'000);
  for (size_t i = 0; i < many.size(); ++i) ASSERT_EQ(many[i], few[i % few.size()]) << i;
}

TEST_F(CApi, EmbeddingsDependOnTheText) {
  const rpp_model* model = load(exported("classifier"));
  const auto size = static_cast<size_t>(rpp_hidden_size(model));
  std::vector<float> embeddings(2 * size);
  const Texts texts = {"w0", "w1"};
  ASSERT_EQ(rpp_embed(open(model), texts.data(), 2, nullptr, embeddings.data()), RPP_OK);
  EXPECT_NE(std::vector(embeddings.begin(), embeddings.begin() + static_cast<int64_t>(size)),
            std::vector(embeddings.begin() + static_cast<int64_t>(size), embeddings.end()));
}

TEST_F(CApi, EmbeddingsOfSeveralPassesKeepTheOrderOfTheTexts) {
  const rpp_model* model = load(exported("classifier"));
  const auto size = static_cast<size_t>(rpp_hidden_size(model));
  Texts texts;
  for (int i = 0; i < 1000; ++i) texts.insert(texts.end(), {"w0 w1", "w2"});  // 7000 tokens
  std::vector<float> few(2 * size), many(texts.size() * size);
  rpp_session* session = open(model);
  ASSERT_EQ(rpp_embed(session, texts.data(), 2, nullptr, few.data()), RPP_OK);
  ASSERT_EQ(rpp_embed(session, texts.data(), texts.size(), nullptr, many.data()), RPP_OK);
  for (size_t i = 0; i < many.size(); ++i) ASSERT_EQ(many[i], few[i % few.size()]) << i;
}

TEST_F(CApi, AnAnswerIsAByteRangeOfTheContext) {
  const rpp_model* model = load(exported("span"));
  const std::string context = "\u00e9 w1 \u00e9 w2";
  rpp_answer answer = {};
  ASSERT_EQ(rpp_ask(open(model), "w0", context.c_str(), &answer), RPP_OK) << rpp_last_error();
  ASSERT_LT(answer.begin, answer.end);
  const std::string text = context.substr(answer.begin, answer.end - answer.begin);
  const auto answers = answered((dir_ / "span.rpp").string(), {{.text = "w0", .text_pair = context}});
  EXPECT_EQ(text, answers.at(0).scores.front().first);
}

TEST_F(CApi, AQuestionOrAContextThatIsNotUtf8IsNamed) {
  rpp_session* session = open(load(exported("span")));
  rpp_answer answer = {};
  EXPECT_EQ(rpp_ask(session, "w0", "w1 \xff", &answer), RPP_ERROR);
  EXPECT_NE(std::string(rpp_last_error()).find("the context"), std::string::npos) << rpp_last_error();
  EXPECT_EQ(rpp_ask(session, "w0 \xff", "w1", &answer), RPP_ERROR);
  EXPECT_NE(std::string(rpp_last_error()).find("the question"), std::string::npos) << rpp_last_error();
}

TEST_F(CApi, AMaskIsFilledByTheLikeliestTokens) {
  const std::string path = exported("classifier");
  for (const char* file : {"config.json", "model.safetensors"}) {  // the same encoder with the masked-LM head
    fs::copy_file(fs::path(RPP_SOURCE_DIR) / "tests/golden/bert" / file, dir_ / "classifier" / file,
                  fs::copy_options::overwrite_existing);
  }
  export_model(dir_ / "classifier", path);
  rpp_session* session = open(load(path));
  std::array<rpp_filling, 3> fillings = {};
  ASSERT_EQ(rpp_fill(session, "w0 [MASK]", 3, fillings.data()), RPP_OK) << rpp_last_error();
  const auto answers = answered(path, {{.text = "w0 [MASK]"}});
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(fillings[i].token, answers.at(0).scores[i].first);
    EXPECT_EQ(fillings[i].probability, answers.at(0).scores[i].second);
  }
  EXPECT_EQ(rpp_fill(session, "w0", 3, fillings.data()), RPP_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()).substr(0, 9), "no [MASK]");
  EXPECT_EQ(rpp_fill(session, "[MASK]", 21, fillings.data()), RPP_USAGE_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()), "21 fillings, there are 20");
  EXPECT_EQ(rpp_fill(session, "[MASK]", 20, fillings.data()), RPP_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()), "20 fillings, the vocabulary has 9 tokens");
  EXPECT_EQ(rpp_fill(session, "[MASK]", 10, fillings.data()), RPP_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()), "10 fillings, the vocabulary has 9 tokens");
}

TEST_F(CApi, ErrorsHaveACodeAndAMessage) {
  rpp_model* none = nullptr;
  EXPECT_EQ(rpp_load("absent.rpp", nullptr, &none), RPP_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()), "cannot open absent.rpp: No such file or directory");
  EXPECT_EQ(rpp_load(nullptr, nullptr, &none), RPP_USAGE_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()), "path is NULL");
  const rpp_model* model = load(exported("classifier"));
  EXPECT_STREQ(rpp_last_error(), "");
  EXPECT_EQ(rpp_label(model, 3), nullptr);
  rpp_filling filling = {};
  EXPECT_EQ(rpp_fill(open(model), "[MASK]", 1, &filling), RPP_ERROR);
  EXPECT_NE(std::string(rpp_last_error()).find("is not a masked language model"), std::string::npos);
  const rpp_session_options too_long = {.size = sizeof too_long, .num_threads = 1, .max_tokens = 99};
  rpp_session* session = nullptr;
  EXPECT_EQ(rpp_open(model, &too_long, &session), RPP_USAGE_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()), "max_tokens is 99, this model takes 8 to 24");
  rpp_answer answer = {};
  EXPECT_EQ(rpp_ask(open(model), "w0", "w1", &answer), RPP_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()),
            (dir_ / "classifier.rpp").string() + " has no head for answers (qa_outputs)");
}

TEST_F(CApi, AnInvalidTokenLimitIsRefusedWhenTheModelIsLoaded) {
  const std::string path = exported("classifier");
  dir_.write("classifier/tokenizer_config.json", R"({"model_max_length": "all"})");
  export_model(dir_ / "classifier", path);
  rpp_model* model = nullptr;
  EXPECT_EQ(rpp_load(path.c_str(), nullptr, &model), RPP_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()),
            path + "/tokenizer_config.json: model_max_length is \"all\", it must be a number of tokens");
  EXPECT_EQ(model, nullptr);
}

TEST_F(CApi, ALongTextIsTruncatedOrRefusedAndTheNextIsScored) {
  const rpp_model* model = load(exported("classifier"));
  const rpp_session_options refusing = {
      .size = sizeof refusing, .num_threads = 1, .max_tokens = 8, .refuse_longer = 1};
  const rpp_session_options cutting = {.size = sizeof cutting, .num_threads = 1, .max_tokens = 8};
  rpp_session* session = open(model, &refusing);
  const Texts texts = {"w0 w1 w2 w0 w1 w2 w0"};
  std::vector<float> scores_of(3);
  EXPECT_EQ(rpp_score(session, texts.data(), nullptr, 1, scores_of.data()), RPP_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()),
            "text 0 has 9 tokens, 8 are read: shorten it, or allow truncation");
  const Texts invalid = {"w0 \xff"};
  EXPECT_EQ(rpp_score(session, invalid.data(), nullptr, 1, scores_of.data()), RPP_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()), "byte 3 of text 0 is not UTF-8");
  EXPECT_EQ(scores(session, {"w0 w1 w2 w0 w1 w2"}), scores(open(model, &cutting), texts));
  const auto empty = scores(session, {""});
  EXPECT_NEAR(std::accumulate(empty.begin(), empty.end(), 0.0), 1, 1e-6);
}

TEST_F(CApi, AFailedLoadSetsTheModelToNull) {
  rpp_model* model = load(exported("classifier"));
  EXPECT_EQ(rpp_load("absent.rpp", nullptr, &model), RPP_ERROR);
  EXPECT_EQ(model, nullptr);
}

// cp overwrites the existing file in place, after truncating it.
TEST_F(CApi, AModelIsUnaffectedWhenItsFileIsOverwritten) {
  const std::string path = exported("classifier");
  const rpp_model* model = load(path);
  const auto before = scores(open(model), {"w0 w1", "w2"});
  std::ofstream(path, std::ios::binary | std::ios::trunc) << "short";
  EXPECT_EQ(scores(open(model), {"w0 w1", "w2"}), before);
}

TEST_F(CApi, AMappedModelGivesTheSameScores) {
  const std::string path = exported("classifier");
  const rpp_load_options options = {.size = sizeof options, .mapped = 1};
  EXPECT_EQ(scores(open(load(path, &options)), {"w0 w1"}), scores(open(load(path)), {"w0 w1"}));
}

TEST_F(CApi, AModelInInt8GivesScoresNearby) {
  const std::string path = exported("classifier");
  const rpp_load_options options = {.size = sizeof options, .int8 = 1};
  const auto exact = scores(open(load(path)), {"w0 w1"}),
             rounded = scores(open(load(path, &options)), {"w0 w1"});
  ASSERT_EQ(rounded.size(), exact.size());
  EXPECT_NE(rounded, exact);
  for (size_t i = 0; i < exact.size(); ++i) EXPECT_NEAR(rounded[i], exact[i], 0.02) << i;
}

TEST_F(CApi, AForkedProcessUsesTheModelAndSessionOfItsParent) {
  const rpp_model* model = load(exported("classifier"));
  const rpp_session_options three = {.size = sizeof three, .num_threads = 3};
  rpp_session* session = open(model, &three);
  const auto before = scores(session, {"w0 w1", "w2"});
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);  // a hang is a failure
    const bool equal =
        scores(session, {"w0 w1", "w2"}) == before && scores(open(model, &three), {"w2"}).size() == 3;
    ::_exit(equal ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

TEST_F(CApi, ATextTooLongIsRefusedBeforeAnythingIsWritten) {
  const rpp_session_options refusing = {.size = sizeof refusing, .max_tokens = 8, .refuse_longer = 1};
  rpp_session* session = open(load(exported("classifier")), &refusing);
  Texts texts(2000, "w0 w1");  // more than one pass
  texts.push_back("w0 w1 w2 w0 w1 w2 w0");
  std::vector<float> values(3 * texts.size(), -1.0F);
  EXPECT_EQ(rpp_score(session, texts.data(), nullptr, texts.size(), values.data()), RPP_ERROR);
  EXPECT_EQ(std::string(rpp_last_error()),
            "text 2000 has 9 tokens, 8 are read: shorten it, or allow truncation");
  EXPECT_EQ(values, std::vector<float>(values.size(), -1.0F));
}

}  // namespace
}  // namespace rpp
