#include "model_file_readers.h"

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

#include "bert_format/model_file.h"
#include "io/safetensors.h"
#include "rpp/answerer.h"
#include "rpp/error.h"
#include "rpp/session.h"

namespace rpp {

// Reads every byte, as a sanitizer only sees what is read.
void read_all(const SafetensorsFile& file) {
  volatile uint8_t sum = 0;
  for (const auto& tensor : file.tensors()) {
    for (const std::byte byte : tensor.data) sum = sum ^ static_cast<uint8_t>(byte);
  }
}

void unpack_all(const ModelFile& file) {
  for (const auto& tensor : file.contents().tensors) {
    std::vector<float> matrix(static_cast<size_t>(tensor.data.num_entries()));
    unpack_into(tensor.data, matrix);
  }
}

namespace {

// Damaged weights may be finite and still overflow: an Error that says so is an accepted outcome.
void compute(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    if (std::string_view(error.what()).find("too large to compute with") == std::string_view::npos) throw;
  }
}

void encode_all(const std::shared_ptr<const RuntimeModel>& model) {
  const ModelSizes& sizes = model->sizes();
  const auto last_id = static_cast<int32_t>(sizes.vocab - 1);
  const auto last_type = static_cast<int32_t>(sizes.token_types - 1);
  const auto length = static_cast<int32_t>(std::min<int64_t>(sizes.positions, 20));
  std::vector<int32_t> ids(static_cast<size_t>(length) + 1, last_id), types(ids.size(), last_type);
  ids.back() = types.back() = 0;
  const int32_t cu_seqlens[] = {0, length, length + 1};
  Session session(model, /*num_threads=*/1);
  session.encode({.input_ids = ids, .token_type_ids = types, .cu_seqlens = cu_seqlens});
  session.hidden();
  session.mean_pooled();
  if (sizes.pooler) session.pooled();
  if (sizes.labels > 0) session.logits();
  if (sizes.token_labels > 0) session.token_logits();
  if (sizes.span) session.span_logits();
  const int32_t positions[] = {0, length};
  if (sizes.mlm) session.mlm_logits(positions);
}

void answer_all(const std::shared_ptr<const RuntimeModel>& model) {
  const auto tokenizer = make_tokenizer(model->file());
  const int64_t length = tokens_read(*model);
  const auto embedder = make_embedder(model, *tokenizer, length, /*num_threads=*/1);
  embedder->add({.text = "a b"});
  embedder->answer_added();
  const auto answerer = make_answerer(model, *tokenizer, length, /*num_threads=*/1);
  answerer->add(model->sizes().span ? TextLine{.text = "a", .text_pair = "ab a b ab a b ab a b"}
                                    : TextLine{.text = "ab [MASK]"});
  answerer->answer_added();
}

}  // namespace

void encode(const std::shared_ptr<const RuntimeModel>& model) {
  compute([&] { encode_all(model); });
}

void answer(const std::shared_ptr<const RuntimeModel>& model) {
  compute([&] { answer_all(model); });
}

}  // namespace rpp
