#include "data/tag_features.h"

#include "core/parallel_for.h"
#include "rpp/error.h"
#include "tokenizer/sequence.h"

namespace rpp {
namespace {

EncodedSentence encode_sentence(const TaggedSentence& sentence, const Tokenizer& tokenizer,
                                int64_t max_seq_length) {
  const SpecialTokens& special = tokenizer.special();
  const auto end = static_cast<size_t>(max_seq_length - 1);  // of the words: [SEP] follows
  EncodedSentence encoded{.ids = {special.cls}};
  encoded.num_words = static_cast<int64_t>(sentence.words.size());
  for (size_t word = 0; word < sentence.words.size(); ++word) {
    const size_t first = encoded.ids.size();
    if (first >= end) {
      encoded.was_cut = true;
      break;
    }
    tokenizer.encode_into(word == 0 ? sentence.words[word] : " " + sentence.words[word], encoded.ids);
    if (encoded.ids.size() == first) continue;
    encoded.first_tokens.push_back(static_cast<int32_t>(first));
    encoded.words.push_back(static_cast<int32_t>(word));
    if (!sentence.tags.empty()) encoded.tags.push_back(sentence.tags[word]);
  }
  if (encoded.ids.size() > end) {
    encoded.was_cut = true;
    encoded.ids.resize(end);
  }
  encoded.ids.push_back(special.sep);
  return encoded;
}

}  // namespace

std::vector<EncodedSentence> encode_sentences(std::span<const TaggedSentence> sentences,
                                              const Tokenizer& tokenizer, int64_t max_seq_length,
                                              int num_threads) {
  if (max_seq_length < kMinSequenceLength) {
    fail_usage("max_seq_length is {}, it must be at least {}", max_seq_length, kMinSequenceLength);
  }
  std::vector<EncodedSentence> encoded(sentences.size());
  parallel_for(static_cast<int64_t>(sentences.size()), num_threads, [&](int64_t begin, int64_t end) {
    for (auto i = static_cast<size_t>(begin); i < static_cast<size_t>(end); ++i) {
      encoded[i] = encode_sentence(sentences[i], tokenizer, max_seq_length);
    }
  });
  return encoded;
}

PackedBatch make_tag_batch(std::span<const EncodedSentence> sentences, std::span<const int64_t> indices) {
  PackedBatch batch;
  for (const int64_t index : indices) {
    const EncodedSentence& sentence = sentences[static_cast<size_t>(index)];
    const int32_t begin = batch.cu_seqlens.back();
    for (const int32_t first : sentence.first_tokens) batch.label_positions.push_back(begin + first);
    batch.labels.insert(batch.labels.end(), sentence.tags.begin(), sentence.tags.end());
    batch.input_ids.insert(batch.input_ids.end(), sentence.ids.begin(), sentence.ids.end());
    for (size_t i = 0; i < sentence.ids.size(); ++i) batch.position_ids.push_back(static_cast<int32_t>(i));
    batch.cu_seqlens.push_back(static_cast<int32_t>(batch.input_ids.size()));
  }
  batch.token_type_ids.resize(batch.input_ids.size(), 0);
  return batch;
}

}  // namespace rpp
