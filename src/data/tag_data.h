// The data of a run of token classification: its labels, and the sentences.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "data/tag_features.h"
#include "rpp/tokenizer.h"

namespace rpp {

struct TagSet {
  std::vector<TaggedSentence> sentences;
  std::vector<EncodedSentence> encoded;  // of the sentences
};

// Whether the configuration asks for token classification.
bool is_token_classification(const FinetuneConfig& config);

// The files of "train", "dev" or "test": those that the configuration names, else SPLIT.conll, .txt, .tsv or
// .jsonl in data_dir, plain, .zst or .gz; empty if there are none.
std::vector<std::filesystem::path> tag_files(const FinetuneConfig& config, std::string_view split);

// custom.labels, else the tags in the training files, sorted by bytes. Throws Error as read_tagged_words
// does, for fewer than two tags, and UsageError for a duplicate in custom.labels.
std::vector<std::string> tag_labels(const FinetuneConfig& config);

// The sentences of "train", "dev" or "test", limited by max_train_samples or max_eval_samples; those of test
// without tags, and empty if there are no test files. Logs how many were cut. Throws Error naming the files
// searched when there are none for train and dev, as read_tagged_words does, and with file and line for a tag
// that is no label.
TagSet load_tags(const FinetuneConfig& config, std::span<const std::string> labels, std::string_view split,
                 const Tokenizer& tokenizer);

}  // namespace rpp
