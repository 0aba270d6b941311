// Texts in, answers out: a finished model with its tokenizer and labels.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rpp/runtime_model.h"
#include "rpp/tokenizer.h"

namespace rpp {

struct TextLine {
  std::string text;
  std::optional<std::string> text_pair;  // may be empty
};

// Words of a text that belong together: "New York", a LOC.
struct Entity {
  TextSpan span;  // bytes of the text
  std::string label;
  double score = 0;  // probability
};

struct EmbedOptions {
  std::string prompt;      // a name in config_sentence_transformers.json; empty: its default, if any
  int64_t dimensions = 0;  // the first of each embedding, for Matryoshka models; 0: all
  // Whether what is left of an embedding has length 1; nothing: the whole has, if the model's files say so.
  std::optional<bool> normalize;
};

// From tags of tokens to entities, as the aggregation_strategy of transformers' TokenClassificationPipeline.
// none: every token on its own, with its tag ("B-LOC"). simple: neighbouring tokens with one tag, except that
// "B-" starts a new entity; labels are tags without "B-" and "I-". The others do the same with whole words,
// whose tag is that of their first token, of the mean of their tokens' probabilities, or of the token with
// the largest probability.
enum class Aggregation { none, simple, first, average, max };

// From best to worst: (label, score); for a question (text of the context, probability); for a text with a
// [MASK] (token, probability). The score of a label is its probability, independent of the others' in a
// multi-label model; of a regression its one score; of a cross-encoder what its activation gives.
struct Answer {
  std::vector<std::pair<std::string, double>> scores;
  std::optional<TextSpan> span;  // of the best answer to a question: bytes of text_pair
  std::vector<float> embedding;  // only of make_embedder, which has no scores
  std::vector<Entity> entities;  // in the order of the text; only of make_tagger, which has no scores
};

// One kind of finished model, used by one thread at a time. Texts are added, which encodes them, and then
// answered together.
class Answerer {
 public:
  virtual ~Answerer() = default;
  // The column name of the first of `scores`: "label", "answer", "token"; without scores "embedding" or
  // "entities".
  virtual std::string_view answer_name() const = 0;
  struct Added {
    int64_t tokens = 0;      // of the text in a pass
    int64_t cut_tokens = 0;  // that were truncated
  };
  // Throws Error for a text that this kind of model cannot answer; the message need not name the text.
  virtual Added add(const TextLine& line) = 0;
  // Answers for the texts added since the last call, in their order.
  virtual std::vector<Answer> answer_added() = 0;
};

// The tokenizer of a model: WordPiece or sentencepiece. Throws Error when the file has none, for everything
// that would give other ids than transformers, and for a sentencepiece model in a library built without it.
std::unique_ptr<Tokenizer> make_tokenizer(const ModelFile& file);

// The maximum tokens of a text: model_max_length of its tokenizer_config.json, at most its positions.
int64_t tokens_read(const RuntimeModel& model);

// The same for embeddings: max_seq_length of sentence_bert_config.json, else tokens_read.
int64_t tokens_embedded(const RuntimeModel& model);
// Chooses by the model's head, as `architectures` of config.json names it. A SQuAD model answers pairs of
// question and context; a model with only a masked-LM head fills texts with one [MASK]; a classifier of
// tokens is a tagger with Aggregation::simple; the labels of a classifier are those of config.json
// (class_names). `tokenizer` must outlive it; num_threads: 0 = the machine's cores. Throws Error for an
// architecture with another head and a model without the tensors of its head, for a problem_type or an
// activation that is not known (read_labels), when the number of names differs from the classifier's rows,
// and for a max_seq_length beyond the model's positions.
std::unique_ptr<Answerer> make_answerer(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                        int64_t max_seq_length, int num_threads = 0);

// Embeds texts as read_sentence_embedding specifies: for a model without sentence-transformers files the
// unnormalised mean of the last hidden states of a text's tokens, including [CLS] and [SEP]. Works for any
// model, whatever its heads.
std::unique_ptr<Answerer> make_embedder(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                        int64_t max_seq_length, int num_threads = 0,
                                        const EmbedOptions& options = {});

// Tags texts. Throws Error as make_answerer, and for a model that is no classifier of tokens.
std::unique_ptr<Answerer> make_tagger(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                      int64_t max_seq_length, Aggregation aggregation, int num_threads = 0);

// Scores pairs of a query and a text. Throws Error as make_answerer, and for a model that is no classifier
// with one label.
std::unique_ptr<Answerer> make_ranker(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                      int64_t max_seq_length, int num_threads = 0);

// The indices of a ranker's answers, best first; equal scores stay in order.
std::vector<size_t> best_first(std::span<const Answer> answers);

}  // namespace rpp
