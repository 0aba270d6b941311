// Texts in, answers out: a finished model with its tokenizer and its labels.
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

// From the best to the worst: (label, probability), of a regression its one score, of a question (text of the
// context, probability), of a text with a [MASK] (token, probability).
struct Answer {
  std::vector<std::pair<std::string, double>> scores;
  std::optional<TextSpan> span;  // of the best text of a question: bytes of text_pair
  std::vector<float> embedding;  // of make_embedder alone, which has no scores
};

// One kind of finished model, used by one thread at a time. Texts are added, which encodes them, and then
// answered together.
class Answerer {
 public:
  virtual ~Answerer() = default;
  // What the first of `scores` is: "label", "answer", "token"; without scores "embedding".
  virtual std::string_view answer_name() const = 0;
  struct Added {
    int64_t tokens = 0;      // that the text takes in a pass
    int64_t cut_tokens = 0;  // that it has lost
  };
  // Throws Error for a text that this kind of model has no answer to; it need not name the text.
  virtual Added add(const TextLine& line) = 0;
  // Of the texts added since the last call, in their order.
  virtual std::vector<Answer> answer_added() = 0;
};

// The WordPiece vocabulary of a model. Throws Error when the file has none, and as make_wordpiece does.
std::unique_ptr<Tokenizer> make_tokenizer(const ModelFile& file);

// Tokens that it reads of a text: model_max_length of its tokenizer_config.json, at most its positions.
int64_t tokens_read(const RuntimeModel& model);

// The same where it embeds: max_seq_length of sentence_bert_config.json, else tokens_read.
int64_t tokens_embedded(const RuntimeModel& model);
// By the head that the model has. A model of SQuAD answers pairs of question and context, a masked language
// model texts that hold one [MASK], where it has no other head; the labels of a classifier are those of
// config.json (class_names). `tokenizer` must outlive it; num_threads: 0 = the machine's cores. Throws Error
// for a model without a head for answers, for problem_type multi_label_classification, for names that are not
// as many as the classifier's rows, and for a max_seq_length that the model lacks.
std::unique_ptr<Answerer> make_answerer(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                        int64_t max_seq_length, int num_threads = 0);

// Vectors of texts, as read_sentence_embedding says: of a model without files of sentence-transformers the
// mean of the last hidden states of a text's tokens, [CLS] and [SEP] included, not normalised. Of any model,
// whatever its heads.
std::unique_ptr<Answerer> make_embedder(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer,
                                        int64_t max_seq_length, int num_threads = 0);

}  // namespace rpp
