// Texts in, answers out: a finished model with its tokenizer and labels.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
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

// From best to worst: (label, probability); for a regression its one score; for a question (text of the
// context, probability); for a text with a [MASK] (token, probability).
struct Answer {
  std::vector<std::pair<std::string, double>> scores;
  std::optional<TextSpan> span;  // of the best answer to a question: bytes of text_pair
  std::vector<float> embedding;  // only of make_embedder, which has no scores
};

// One kind of finished model, used by one thread at a time. Texts are added, which encodes them, and then
// answered together.
class Answerer {
 public:
  virtual ~Answerer() = default;
  // The column name of the first of `scores`: "label", "answer", "token"; without scores "embedding".
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
// question and context; a model with only a masked-LM head fills texts with one [MASK]; the labels of a
// classifier are those of config.json (class_names). `tokenizer` must outlive it; num_threads: 0 = the
// machine's cores. Throws Error for an architecture with another head and a model without the tensors of its
// head, for problem_type multi_label_classification, when the number of names differs from the classifier's
// rows, and for a max_seq_length beyond the model's positions.
std::unique_ptr<Answerer> make_answerer(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                        int64_t max_seq_length, int num_threads = 0);

// Embeds texts as read_sentence_embedding specifies: for a model without sentence-transformers files the
// unnormalised mean of the last hidden states of a text's tokens, including [CLS] and [SEP]. Works for any
// model, whatever its heads.
std::unique_ptr<Answerer> make_embedder(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                        int64_t max_seq_length, int num_threads = 0);

}  // namespace rpp
