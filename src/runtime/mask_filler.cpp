#include "mask_filler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rpp/error.h"
#include "runtime/text_batch.h"

namespace rpp {
namespace {

class MaskFiller : public Answerer {
 public:
  MaskFiller(std::shared_ptr<const RuntimeModel> model, const Tokenizer& tokenizer, int64_t max_seq_length,
             int num_threads)
      : session_(std::move(model), num_threads),
        tokenizer_(tokenizer),
        mask_(tokenizer.piece(tokenizer.special().mask)),
        max_seq_length_(max_seq_length) {}

  std::string_view answer_name() const override { return "token"; }

  // Not truncated: the removed part could be the mask or its context.
  Added add(const TextLine& line) override {
    RPP_CHECK(!line.text_pair, "a pair of texts: this model fills the {} of one", mask_);
    const std::string_view text = line.text;
    const size_t begin = text.find(mask_);
    RPP_CHECK(begin != text.npos, "no {}: this model predicts the token at its position", mask_);
    const std::string_view behind = text.substr(begin + mask_.size());
    RPP_CHECK(behind.find(mask_) == behind.npos, "more than one {}: fill one at a time", mask_);
    const auto [ids, position] = with_mask(text.substr(0, begin), text, behind);
    RPP_CHECK(std::ssize(ids) <= max_seq_length_, "{} tokens, {} are read: shorten the text", ids.size(),
              max_seq_length_);
    batch_.begin_sequence();
    positions_.resize(static_cast<size_t>(batch_.num_sequences()));
    positions_.push_back(position);
    batch_.input_ids.insert(batch_.input_ids.end(), ids.begin(), ids.end());
    batch_.token_type_ids.resize(batch_.input_ids.size(), 0);
    return {.tokens = batch_.end_sequence()};
  }

  std::vector<Answer> answer_added() override {
    const ClearedAtEnd cleared(batch_);
    const ClearedAtEnd cleared_too(positions_);
    std::vector<Answer> answers;
    for_each_pass(batch_, [&](size_t first, const TokenBatch& batch) {
      session_.encode(batch);
      const size_t lines = batch.cu_seqlens.size() - 1;
      std::vector<int32_t> masks;  // token indices in the pass
      for (size_t i = 0; i < lines; ++i) masks.push_back(batch.cu_seqlens[i] + positions_[first + i]);
      for (size_t i = 0; i < lines; i += kMasksAtOnce) {
        append_answers(std::span(masks).subspan(i, std::min(kMasksAtOnce, lines - i)), answers);
      }
    });
    return answers;
  }

 private:
  struct Masked {
    std::vector<int32_t> ids;
    int32_t position = 0;  // of the mask
  };

  // A tokenizer that finds the mask in a text also decides on the blanks beside it; others read it as words.
  Masked with_mask(std::string_view before, std::string_view text, std::string_view behind) const {
    const SpecialTokens& special = tokenizer_.special();
    Masked masked = {.ids = {special.cls}};
    tokenizer_.encode_into(text, masked.ids);
    if (const auto found = std::ranges::find(masked.ids, special.mask); found != masked.ids.end()) {
      masked.position = static_cast<int32_t>(found - masked.ids.begin());
    } else {
      masked.ids.resize(1);
      tokenizer_.encode_into(before, masked.ids);
      masked.position = static_cast<int32_t>(masked.ids.size());
      masked.ids.push_back(special.mask);
      tokenizer_.encode_into(behind, masked.ids);
    }
    masked.ids.push_back(special.sep);
    return masked;
  }

  // The logits of one mask have the size of the vocabulary: 120 kB.
  static constexpr size_t kMasksAtOnce = 64;

  void append_answers(std::span<const int32_t> masks, std::vector<Answer>& answers) {
    const auto logits = session_.mlm_logits(masks);  // [masks, vocabulary]
    const auto vocab = static_cast<size_t>(session_.model().sizes().vocab);
    for (size_t begin = 0; begin < logits.size(); begin += vocab) {
      answers.push_back(best_tokens(logits.subspan(begin, vocab)));
    }
  }

  Answer best_tokens(std::span<const float> logits) const {
    // The embeddings may have more rows than the vocabulary has tokens.
    std::vector<int32_t> order(static_cast<size_t>(tokenizer_.size()));
    std::iota(order.begin(), order.end(), 0);
    const auto logit = [&](int32_t token) { return double{logits[static_cast<size_t>(token)]}; };
    const size_t count = std::min(kNumFillings, order.size());
    std::partial_sort(
        order.begin(), order.begin() + static_cast<int64_t>(count), order.end(),
        [&](int32_t a, int32_t b) { return std::pair(-logit(a), a) < std::pair(-logit(b), b); });
    const double largest = logit(order.front());
    double sum = 0;
    for (const float other : logits) sum += std::exp(other - largest);
    Answer answer;
    for (size_t i = 0; i < count; ++i) {
      answer.scores.emplace_back(tokenizer_.piece(order[i]), std::exp(logit(order[i]) - largest) / sum);
    }
    return answer;
  }

  Session session_;
  const Tokenizer& tokenizer_;
  std::string_view mask_;  // as written in a text
  int64_t max_seq_length_;
  TextBatch batch_;
  std::vector<int32_t> positions_;  // of the mask in each sequence
};

}  // namespace

std::unique_ptr<Answerer> make_mask_filler(std::shared_ptr<const RuntimeModel> model,
                                           const Tokenizer& tokenizer, int64_t max_seq_length,
                                           int num_threads) {
  return std::make_unique<MaskFiller>(std::move(model), tokenizer, max_seq_length, num_threads);
}

}  // namespace rpp
