#include "data/tag_data.h"

#include <fmt/ranges.h>

#include <set>
#include <unordered_map>

#include "bert_format/model_labels.h"
#include "data/finetune_data.h"
#include "data/sample_rows.h"
#include "data/tagged_words.h"
#include "program/log.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using std::filesystem::path;
using Paths = std::vector<path>;

Paths require_tag_files(const FinetuneConfig& config, std::string_view split) {
  Paths files = tag_files(config, split);
  RPP_CHECK(
      !files.empty(),
      "no {0}.conll, {0}.txt, {0}.tsv or {0}.jsonl (or .zst, .gz) in data_dir {1}: name it in {0}_files",
      split, config.data_dir);
  return files;
}

class TagClasses {
 public:
  explicit TagClasses(std::span<const std::string> labels) : labels_(labels) {
    for (size_t i = 0; i < labels.size(); ++i) classes_.emplace(labels[i], static_cast<int32_t>(i));
  }

  std::vector<int32_t> of(const TaggedWords& sentence, const path& file) const {
    std::vector<int32_t> tags;
    for (size_t i = 0; i < sentence.tags.size(); ++i) {
      const auto found = classes_.find(sentence.tags[i]);
      if (found == classes_.end()) {
        fail("{}:{}: unknown tag '{}' (expected {}): correct it, or list all tags in custom.labels", file,
             sentence.lines[i], sentence.tags[i], fmt::join(labels_, ", "));
      }
      tags.push_back(found->second);
    }
    return tags;
  }

 private:
  std::span<const std::string> labels_;
  std::unordered_map<std::string_view, int32_t> classes_;
};

struct Losses {
  int64_t cut_sentences = 0, words = 0, words_without_tag = 0;
};

Losses losses_of(std::span<const EncodedSentence> encoded) {
  Losses losses;
  for (const EncodedSentence& sentence : encoded) {
    losses.cut_sentences += sentence.was_cut ? 1 : 0;
    losses.words += sentence.num_words;
    losses.words_without_tag += sentence.num_words - sentence.num_tagged();
  }
  return losses;
}

void log_losses(std::span<const EncodedSentence> encoded, std::string_view split, int64_t max_seq_length) {
  const Losses losses = losses_of(encoded);
  if (losses.cut_sentences > 0) {
    log::warn("{}: {} of {} sentences were cut to {} tokens (max_seq_length)", split, losses.cut_sentences,
              encoded.size(), max_seq_length);
  }
  if (losses.words_without_tag > 0) {
    log::warn("{}: {} of {} words were cut or have no token: their tags are neither learnt nor scored", split,
              losses.words_without_tag, losses.words);
  }
}

}  // namespace

bool is_token_classification(const FinetuneConfig& config) {
  return config.task == "custom" && config.custom.token_classification;
}

Paths tag_files(const FinetuneConfig& config, std::string_view split) {
  const auto& named = named_files(config, split);
  if (!named.empty()) return {named.begin(), named.end()};
  if (config.data_dir.empty()) return {};
  if (!std::filesystem::is_directory(config.data_dir)) {
    fail("no data directory {}: check --data-dir", config.data_dir);
  }
  for (const char* suffix : {".conll", ".txt", ".tsv", ".jsonl"}) {
    for (const char* compression : {"", ".zst", ".gz"}) {
      const path file = path(config.data_dir) / fmt::format("{}{}{}", split, suffix, compression);
      if (std::filesystem::is_regular_file(file)) return {file};
    }
  }
  return {};
}

std::vector<std::string> tag_labels(const FinetuneConfig& config) {
  std::vector<std::string> labels = config.custom.labels;
  if (labels.empty()) {
    const Paths files = require_tag_files(config, "train");
    std::set<std::string> found;
    for (const path& file : files) {
      read_tagged_words(file, config.custom, Tags::read, [&](TaggedWords&& sentence) {
        found.insert(sentence.tags.begin(), sentence.tags.end());
      });
    }
    labels.assign(found.begin(), found.end());
    if (labels.size() < 2) {
      fail("{}: {} different tags: a classification needs two", fmt::join(files, ", "), labels.size());
    }
  }
  const std::string wrong = labels_complaint(labels);
  if (!wrong.empty()) fail_usage("custom.labels: {}: results are tables of labels", wrong);
  return labels;
}

TagSet load_tags(const FinetuneConfig& config, std::span<const std::string> labels, std::string_view split,
                 const Tokenizer& tokenizer) {
  const bool is_test = split == "test", is_train = split == "train";
  const TagClasses classes(labels);
  TagSet set;
  for (const path& file : is_test ? tag_files(config, split) : require_tag_files(config, split)) {
    read_tagged_words(file, config.custom, is_test ? Tags::ignored : Tags::read, [&](TaggedWords&& sentence) {
      auto tags = classes.of(sentence, file);
      set.sentences.push_back({.words = std::move(sentence.words), .tags = std::move(tags)});
    });
  }
  if (!is_test) {
    keep_sample(set.sentences, is_train ? config.max_train_samples : config.max_eval_samples,
                is_train ? static_cast<uint64_t>(config.train.seed) : kEvalSampleSeed);
  }
  set.encoded = encode_sentences(set.sentences, tokenizer, config.max_seq_length,
                                 static_cast<int>(config.train.num_threads));
  log_losses(set.encoded, split, config.max_seq_length);
  return set;
}

}  // namespace rpp
