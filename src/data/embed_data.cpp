#include "data/embed_data.h"

#include <fmt/ranges.h>

#include <map>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "data/finetune_data.h"
#include "data/glue.h"
#include "data/read_texts.h"
#include "data/sample_rows.h"
#include "data/squad.h"
#include "program/line_reader.h"
#include "program/log.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Paths = std::vector<std::filesystem::path>;
using TextList = std::vector<std::string>;

TextList read_lines(const Paths& files) {
  TextList texts;
  for (const auto& file : files) {
    LineReader reader(file);
    for (std::string line; reader.next(line);) {
      if (line.find_first_not_of(" \t\r") != std::string::npos) texts.push_back(line);
    }
  }
  RPP_CHECK(!texts.empty(), "{} hold no text: a line is one text", fmt::join(files, ", "));
  return texts;
}

struct Pairs {
  TextList queries, documents;
  std::vector<int64_t> answers;
};

bool is_squad(const std::string& file) {
  return file.ends_with(".json") || file.ends_with(".json.zst") || file.ends_with(".json.gz");
}

Pairs read_pairs(const std::string& file) {
  Pairs pairs;
  if (is_squad(file)) {
    const Paths files = {file};
    SquadData data = read_squad(files);
    pairs.documents = std::move(data.contexts);
    for (auto& question : data.questions) {
      pairs.queries.push_back(std::move(question.text));
      pairs.answers.push_back(question.context);
    }
    return pairs;
  }
  std::map<std::string, int64_t> place;  // of a document
  for (auto& row : read_texts(file)) {
    RPP_CHECK(!row.text_b.empty(), "{}: '{}' has no document: a line is a query, a tab and a document", file,
              row.text_a);
    const auto [found, is_new] = place.try_emplace(row.text_b, static_cast<int64_t>(pairs.documents.size()));
    if (is_new) pairs.documents.push_back(row.text_b);
    pairs.queries.push_back(std::move(row.text_a));
    pairs.answers.push_back(found->second);
  }
  return pairs;
}

// Keeps a sample of the queries, and all documents.
void keep_queries(Pairs& pairs, int64_t limit) {
  Pairs kept;
  for (const int64_t row : sample_rows(static_cast<int64_t>(pairs.queries.size()), limit, kEvalSampleSeed)) {
    kept.queries.push_back(pairs.queries[static_cast<size_t>(row)]);
    kept.answers.push_back(pairs.answers[static_cast<size_t>(row)]);
  }
  pairs.queries = std::move(kept.queries);
  pairs.answers = std::move(kept.answers);
}

class Encoder {
 public:
  Encoder(const FinetuneConfig& config, const Tokenizer& tokenizer)
      : config_(config), tokenizer_(tokenizer) {}

  // `what` names the texts in the warning that some were cut.
  std::vector<EncodedExample> encode(const TextList& texts, std::string_view what) const {
    std::vector<GlueExample> rows;
    rows.reserve(texts.size());
    for (const auto& text : texts) rows.push_back({.text_a = text, .text_b = ""});
    auto encoded = encode_glue(rows, Texts::single, tokenizer_, config_.max_seq_length,
                               static_cast<int>(config_.train.num_threads));
    const int64_t cut = num_cut(encoded);
    if (cut > 0) {
      log::warn("{} of {} {} were cut to {} tokens", cut, encoded.size(), what, config_.max_seq_length);
    }
    return encoded;
  }

 private:
  const FinetuneConfig& config_;
  const Tokenizer& tokenizer_;
};

struct SimilarityTexts {
  TextList first, second;
  std::vector<double> scores;
};

SimilarityTexts read_similarity(const Paths& files, int64_t limit) {
  SimilarityTexts texts;
  for (const auto& file : files) {
    auto rows = read_glue(glue_task("stsb"), file, /*has_labels=*/true);
    keep_sample(rows, limit, kEvalSampleSeed);
    for (auto& row : rows) {
      texts.first.push_back(std::move(row.text_a));
      texts.second.push_back(std::move(row.text_b));
      texts.scores.push_back(row.score);
    }
  }
  return texts;
}

void warn_of_overlap(const TextList& train, const std::vector<const TextList*>& evaluated) {
  const std::unordered_set<std::string_view> seen(train.begin(), train.end());
  int64_t repeated = 0, all = 0;
  for (const TextList* texts : evaluated) {
    for (const auto& text : *texts) repeated += seen.contains(text) ? 1 : 0;
    all += static_cast<int64_t>(texts->size());
  }
  if (repeated == 0) return;
  log::warn("{} of {} evaluation texts are in the training text too: the scores are not those of unseen text",
            repeated, all);
}

}  // namespace

Paths embed_files(const FinetuneConfig& config, std::string_view split) {
  if (split == "test") return {};
  const auto& named = named_files(config, split);
  if (!named.empty() || split == "train") return {named.begin(), named.end()};
  if (config.data_dir.empty()) return {};
  const auto file = try_find_glue_file(glue_task("stsb"), config.data_dir, split);
  return file ? Paths{*file} : Paths();
}

EmbedData load_embed_data(const FinetuneConfig& config, const Tokenizer& tokenizer) {
  if (config.train_files.empty()) {
    fail_usage("train_files is not set: task embed learns from files with one text per line");
  }
  TextList train = read_lines(embed_files(config, "train"));
  const SimilarityTexts similarity = read_similarity(embed_files(config, "dev"), config.max_eval_samples);
  Pairs pairs;
  if (!config.embed.retrieval.empty()) pairs = read_pairs(config.embed.retrieval);
  keep_queries(pairs, config.max_eval_samples);
  warn_of_overlap(train, {&similarity.first, &similarity.second, &pairs.queries, &pairs.documents});
  keep_sample(train, config.max_train_samples, static_cast<uint64_t>(config.train.seed));

  const Encoder encoder(config, tokenizer);
  return {.train = encoder.encode(train, "training texts"),
          .similarity = {.first = encoder.encode(similarity.first, "similarity texts"),
                         .second = encoder.encode(similarity.second, "similarity texts"),
                         .scores = similarity.scores},
          .retrieval = {.queries = encoder.encode(pairs.queries, "queries"),
                        .documents = encoder.encode(pairs.documents, "documents"),
                        .answers = pairs.answers}};
}

}  // namespace rpp
