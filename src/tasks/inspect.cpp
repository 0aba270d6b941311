#include "tasks/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/version.h"
#include "data/glue_features.h"
#include "data/read_texts.h"
#include "model/heads_of.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "rpp/error.h"
#include "run_setup.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr size_t kTextsPerPass = 32;

// Each line determines whether it is a pair.
std::vector<EncodedExample> encode_texts(std::span<const GlueExample> texts, const Tokenizer& tokenizer,
                                         int64_t max_seq_length) {
  std::vector<EncodedExample> encoded;
  for (const auto& text : texts) {
    encoded.push_back(
        encode_example(text, text.text_b.empty() ? Texts::single : Texts::pair, tokenizer, max_seq_length));
  }
  return encoded;
}

struct Outputs {
  std::vector<torch::Tensor> hidden, pooled, logits;  // one of each for every pass
};

void forward_pass(const Bert& bert, const PackedBatch& batch, Outputs& outputs) {
  const auto on_cpu = [&](const torch::Tensor& tensor) {
    auto copy = tensor.to(torch::kCPU, torch::kFloat32);
    RPP_CHECK(copy.isfinite().all().item<bool>(),
              "the outputs of the model are not finite: its weights are too large for its precision");
    return copy;
  };
  const BertInputs inputs = bert_inputs(batch, bert.device());
  const auto hidden = bert.encode(inputs);  // [tokens, hidden]
  outputs.hidden.push_back(on_cpu(hidden));
  if (!bert.heads().pooler) return;
  const auto pooled = bert.pool(hidden.index_select(0, first_tokens(inputs.layout)));  // [sequences, hidden]
  outputs.pooled.push_back(on_cpu(pooled));
  if (bert.heads().num_labels > 0) outputs.logits.push_back(on_cpu(bert.classify(pooled)));
}

NamedTensors input_tensors(const std::vector<EncodedExample>& encoded) {
  std::vector<int64_t> order(encoded.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  const auto all = make_batch(encoded, order, /*regression=*/false);
  return {{"input_ids", index_tensor(all.input_ids, torch::kCPU)},
          {"token_type_ids", index_tensor(all.token_type_ids, torch::kCPU)},
          {"cu_seqlens", index_tensor(all.cu_seqlens, torch::kCPU)}};
}

}  // namespace

OpenModel open_model(const fs::path& directory, const OpenOptions& options) {
  const auto config = read_model_config(directory);
  OpenModel model{.directory = directory,
                  .bert = std::make_unique<Bert>(config, heads_of(directory), options.device),
                  .params = nullptr};
  load_weights(*model.bert, directory);
  model.params = std::make_unique<FlatParams>(model.bert->param_specs(), options.precision);
  return model;
}

NamedTensors forward_texts(const Bert& bert, const Tokenizer& tokenizer, std::span<const GlueExample> texts,
                           int64_t max_seq_length) {
  check_vocabulary(bert, tokenizer);
  const int64_t length = max_seq_length > 0 ? max_seq_length : max_tokens(bert.config());
  check_sequence_length(bert, length);

  const torch::NoGradGuard no_grad;
  const auto encoded = encode_texts(texts, tokenizer, length);
  std::vector<int64_t> order(encoded.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  Outputs outputs;
  for (size_t first = 0; first < order.size(); first += kTextsPerPass) {
    const auto count = std::min(kTextsPerPass, order.size() - first);
    forward_pass(bert, make_batch(encoded, std::span(order).subspan(first, count), /*regression=*/false),
                 outputs);
  }

  NamedTensors tensors = input_tensors(encoded);
  tensors.emplace_back("last_hidden_state", torch::cat(outputs.hidden));
  if (!outputs.pooled.empty()) tensors.emplace_back("pooler_output", torch::cat(outputs.pooled));
  if (!outputs.logits.empty()) tensors.emplace_back("logits", torch::cat(outputs.logits));
  return tensors;
}

ForwardCounts forward_file(const fs::path& model_dir, const fs::path& input, const fs::path& output,
                           const ForwardFileOptions& options) {
  const auto precision = options.precision == "bf16" ? Precision::bf16 : Precision::fp32;
  const OpenModel model = open_model(model_dir, {.precision = precision});
  const auto texts = read_texts(input);
  const auto tensors = forward_texts(*model.bert, *load_tokenizer(model_dir), texts, options.max_seq_length);
  save_tensors(output, tensors,
               {{"format", "pt"},
                {"model", model_dir.string()},
                {"precision", options.precision},
                {"rpp_version", version_string()}});
  return {.texts = static_cast<int64_t>(texts.size()), .tokens = tensors.front().second.numel()};
}

}  // namespace rpp
