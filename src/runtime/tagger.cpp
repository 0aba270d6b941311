#include "tagger.h"

#include <algorithm>

#include "bert_format/model_file.h"
#include "bert_format/model_files.h"
#include "bert_format/model_labels.h"
#include "entities.h"
#include "labels.h"
#include "rpp/error.h"
#include "runtime/text_batch.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

std::vector<std::string> token_labels(const RuntimeModel& model) {
  const std::filesystem::path& path = model.file().path();
  const ModelLabels read = parse_model_labels(model.file().file(kConfigFile), path / kConfigFile);
  return class_names(read, model.sizes().token_labels, path);
}

bool has_unmarked_pieces(std::string_view identity) {
  return identity.starts_with("sentencepiece") || identity.starts_with("byte-level");
}

// Whether tokens continue the word before them, by the rules of TokenClassificationPipeline.
class WordRule {
 public:
  explicit WordRule(const Tokenizer& tokenizer)
      : tokenizer_(tokenizer), by_blanks_(has_unmarked_pieces(tokenizer.identity())) {}

  // `piece` has another length than the text it comes from if it starts with "##". Where pieces have no such
  // mark, in sentencepiece and byte-level BPE, a word is what blanks separate.
  bool continues_word(std::string_view text, TextSpan span, int32_t id) const {
    if (id == tokenizer_.special().unk) return false;
    if (!by_blanks_) return count_code_points(tokenizer_.piece(id)) != count_code_points(span.of(text));
    const size_t before = span.begin - (span.begin > 0 ? 1 : 0);
    return span.begin > 0 && text.substr(before, 2).find(' ') == text.npos;
  }

 private:
  const Tokenizer& tokenizer_;
  bool by_blanks_;
};

// The tokens of a text without [CLS] and [SEP].
struct TextTokens {
  std::vector<TextSpan> spans;
  std::vector<bool> continues_word;
};

class Tagger : public Answerer {
 public:
  Tagger(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer, int64_t max_seq_length,
         Aggregation aggregation, int num_threads)
      : session_(std::move(model), num_threads),
        tokenizer_(tokenizer),
        rule_(tokenizer),
        labels_(token_labels(session_.model())),
        max_seq_length_(max_seq_length),
        aggregation_(aggregation) {}

  std::string_view answer_name() const override { return "entities"; }

  Added add(const TextLine& line) override {
    RPP_CHECK(!line.text_pair, "a pair of texts: this model tags the words of one");
    const EncodedText encoded = tokenizer_.encode_with_offsets(line.text);
    const size_t read = std::min(encoded.ids.size(), static_cast<size_t>(max_seq_length_ - 2));
    TextTokens tokens;
    tokens.spans.assign(encoded.spans.begin(), encoded.spans.begin() + static_cast<int64_t>(read));
    for (size_t i = 0; i < read; ++i) {
      tokens.continues_word.push_back(rule_.continues_word(line.text, encoded.spans[i], encoded.ids[i]));
    }
    batch_.begin_sequence();
    texts_.resize(static_cast<size_t>(batch_.num_sequences()));
    auto& ids = batch_.input_ids;
    ids.push_back(tokenizer_.special().cls);
    ids.insert(ids.end(), encoded.ids.begin(), encoded.ids.begin() + static_cast<int64_t>(read));
    ids.push_back(tokenizer_.special().sep);
    batch_.token_type_ids.resize(ids.size(), 0);
    texts_.push_back(std::move(tokens));
    return {.tokens = batch_.end_sequence(), .cut_tokens = static_cast<int64_t>(encoded.ids.size() - read)};
  }

  std::vector<Answer> answer_added() override {
    const ClearedAtEnd cleared(batch_);
    const ClearedAtEnd cleared_too(texts_);
    std::vector<Answer> answers;
    for_each_pass(batch_, [&](size_t first, const TokenBatch& batch) {
      session_.encode(batch);
      const auto logits = session_.token_logits();  // [tokens, labels]
      for (size_t i = 0; i + 1 < batch.cu_seqlens.size(); ++i) {
        const auto after_cls = static_cast<size_t>(batch.cu_seqlens[i]) + 1;
        answers.push_back(
            {.entities = entities_of(texts_[first + i], logits.subspan(after_cls * labels_.size()))});
      }
    });
    return answers;
  }

 private:
  // `logits` start with the text's first token.
  std::vector<Entity> entities_of(const TextTokens& text, std::span<const float> logits) const {
    const size_t size = labels_.size();
    std::vector<float> probabilities(logits.begin(),
                                     logits.begin() + static_cast<int64_t>(text.spans.size() * size));
    std::vector<TaggedToken> tokens;
    for (size_t i = 0; i < text.spans.size(); ++i) {
      const auto of_token = std::span(probabilities).subspan(i * size, size);
      softmax(of_token);
      tokens.push_back(
          {.span = text.spans[i], .continues_word = text.continues_word[i], .probabilities = of_token});
    }
    return find_entities(tokens, labels_, aggregation_);
  }

  Session session_;
  const Tokenizer& tokenizer_;
  WordRule rule_;
  std::vector<std::string> labels_;
  int64_t max_seq_length_;
  Aggregation aggregation_;
  TextBatch batch_;
  std::vector<TextTokens> texts_;  // of the batch's sequences
};

}  // namespace

std::unique_ptr<Answerer> make_token_tagger(std::shared_ptr<const RuntimeModel> model,
                                            const Tokenizer& tokenizer, int64_t max_seq_length,
                                            Aggregation aggregation, int num_threads) {
  return std::make_unique<Tagger>(std::move(model), tokenizer, max_seq_length, aggregation, num_threads);
}

}  // namespace rpp
