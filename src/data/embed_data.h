// The data of an embedding run: texts to learn from, and pairs to evaluate on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/config.h"
#include "data/glue_features.h"
#include "rpp/tokenizer.h"

namespace rpp {

inline constexpr const char* kEmbedTask = "embed";  // the value of `task`

// Pairs of texts with a human score of their similarity, as in STS-B.
struct SimilaritySet {
  std::vector<EncodedExample> first, second;
  std::vector<double> scores;
};

// Queries, each with one document that answers it.
struct RetrievalSet {
  std::vector<EncodedExample> queries, documents;
  std::vector<int64_t> answers;  // of each query: index into documents
};

struct EmbedData {
  std::vector<EncodedExample> train;
  SimilaritySet similarity;  // may be empty
  RetrievalSet retrieval;    // may be empty
};

// The files of "train", "dev" or "test" that the run reads: train_files; dev_files, or STS-B's dev file in
// data_dir; no test files.
std::vector<std::filesystem::path> embed_files(const FinetuneConfig& config, std::string_view split);

// train_files have one text per line; blank lines are skipped. embed.retrieval is a SQuAD file, or one "query
// TAB document" per line. Warns of evaluation texts that are in the training text. Throws UsageError without
// train_files, and Error as read_texts, read_glue and read_squad do.
EmbedData load_embed_data(const FinetuneConfig& config, const Tokenizer& tokenizer);

}  // namespace rpp
