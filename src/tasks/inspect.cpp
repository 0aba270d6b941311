#include "tasks/inspect.h"
#include "bert_format/model_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "bert_format/model_path.h"
#include "core/version.h"
#include "data/glue_features.h"
#include "io/safetensors.h"
#include "model/heads_of.h"
#include "model/hf_checkpoint.h"
#include "ops/torch.h"
#include "program/line_reader.h"
#include "prune/compare.h"
#include "prune/mask_file.h"
#include "rpp/error.h"
#include "run_setup.h"
#include "runs/checkpoint.h"
#include "sentencepiece/load_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr size_t kTextsPerPass = 32;

bool is_parameter(const TensorView& tensor) {
  const bool is_float = tensor.dtype == Dtype::f64 || tensor.dtype == Dtype::f32 ||
                        tensor.dtype == Dtype::f16 || tensor.dtype == Dtype::bf16;
  return is_float && !tensor.name.starts_with("cls.predictions.decoder.");
}

int64_t count_parameters(const SafetensorsFile& file) {
  int64_t count = 0;
  for (const auto& tensor : file.tensors()) count += is_parameter(tensor) ? tensor.num_elements() : 0;
  return count;
}

void check_same_matrices(const OpenModel& a, const OpenModel& b) {
  const auto& of_a = a.params->matrices();
  const auto& of_b = b.params->matrices();
  const auto same = [](const FlatMatrix& x, const FlatMatrix& y) {
    return x.name == y.name && x.rows == y.rows && x.cols == y.cols;
  };
  if (std::equal(of_a.begin(), of_a.end(), of_b.begin(), of_b.end(), same)) return;
  fail("{} and {} are of different architectures: their {} and {} prunable matrices do not match",
       a.directory, b.directory, of_a.size(), of_b.size());
}

// A mask other than the one the model was saved with would verify nothing.
void check_own_mask(const OpenModel& model, const std::string& mask_sha256) {
  const SafetensorsFile file(model.directory / kWeightsFile);
  const auto found = file.metadata().find("mask_sha256");
  RPP_CHECK(
      found == file.metadata().end() || found->second == mask_sha256,
      "{} was saved with the mask {}, but mask.safetensors beside it is {}: restore the right one from a "
      "checkpoint",
      file.path(), found->second, mask_sha256);
}

torch::Tensor own_mask(const OpenModel& model) {
  const auto file = mask_beside(model.directory);
  RPP_CHECK(file,
            "{} has no mask.safetensors: name a mask file, or the model it was pruned as, with --against",
            model.directory);
  auto mask = load_mask(*file, model.params->matrices());
  check_own_mask(model, mask_sha256(model.params->matrices(), mask));
  return mask;
}

std::vector<MatrixDrift> drifted_matrices(const FlatParams& params, const torch::Tensor& mask) {
  std::vector<MatrixDrift> drifted;
  for (const auto& matrix : params.matrices()) {
    const auto report = drift_report(params.values(), mask, {matrix});
    if (report.drifted > 0) drifted.push_back({matrix.name, report.masked, report.drifted});
  }
  return drifted;
}

GlueExample parse_text(const std::string& line, const fs::path& file, int64_t number) {
  const auto tab = line.find('\t');
  if (tab == std::string::npos) return {.text_a = line, .text_b = ""};
  RPP_CHECK(line.find('\t', tab + 1) == std::string::npos,
            "{}:{}: more than one tab; a line is one text, or two with one tab between", file, number);
  RPP_CHECK(tab + 1 < line.size(), "{}:{}: the second text of the pair is empty", file, number);
  return {.text_a = line.substr(0, tab), .text_b = line.substr(tab + 1)};
}

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
  model.num_parameters = count_parameters(SafetensorsFile(directory / kWeightsFile));
  return model;
}

torch::Tensor nonzero_mask(const OpenModel& model) {
  return model.params->values().narrow(0, 0, model.params->num_prunable()).ne(0).to(torch::kUInt8);
}

torch::Tensor mask_from(const fs::path& source, const OpenModel& model) {
  require_model(source);
  if (!fs::is_directory(source)) return load_mask(source, model.params->matrices());
  const auto other = open_model(source);
  check_same_matrices(model, other);
  return nonzero_mask(other);
}

ZeroProof prove_zeros(const fs::path& model_dir, const fs::path& against) {
  ZeroProof proof;
  proof.has_manifest = fs::exists(model_dir / "manifest.json");
  if (proof.has_manifest) verify_checkpoint(model_dir);
  const auto model = open_model(model_dir);
  const auto mask = against.empty() ? own_mask(model) : mask_from(against, model);
  proof.mask_source = against.empty() ? model_dir / "mask.safetensors" : against;
  proof.mask_sha256 = mask_sha256(model.params->matrices(), mask);
  proof.total = drift_report(model.params->values(), mask, model.params->matrices());
  proof.drifted = drifted_matrices(*model.params, mask);
  return proof;
}

std::string format_proof(const ZeroProof& proof) {
  std::string text = fmt::format("mask    {}\nsha256  {}\n", proof.mask_source, proof.mask_sha256);
  if (proof.has_manifest) text += "files   as manifest.json lists them\n";
  for (const auto& matrix : proof.drifted) {
    text += fmt::format("{}: {} of {} zeros drifted\n", matrix.name, matrix.drifted, matrix.masked);
  }
  return text + format_drift(proof.total) + "\n";
}

std::string compare_models(const fs::path& model_a, const fs::path& model_b) {
  const auto a = open_model(model_a);
  const auto b = open_model(model_b);
  check_same_matrices(a, b);
  return fmt::format("A = {}\nB = {}\n", model_a, model_b) +
         format_overlap(pruned_overlap(nonzero_mask(a), nonzero_mask(b), a.params->matrices()));
}

std::vector<GlueExample> read_texts(const fs::path& file) {
  std::vector<GlueExample> texts;
  LineReader reader(file);
  for (std::string line; reader.next(line);) texts.push_back(parse_text(line, file, reader.line_number()));
  RPP_CHECK(!texts.empty(), "{} holds no text: a line is one text, or two with a tab between", file);
  return texts;
}

NamedTensors forward_texts(const Bert& bert, const Tokenizer& tokenizer, std::span<const GlueExample> texts,
                           int64_t max_seq_length) {
  check_vocabulary(bert, tokenizer);
  const int64_t length = max_seq_length > 0 ? max_seq_length : bert.config().max_position_embeddings;
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
