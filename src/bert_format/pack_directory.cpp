#include "pack_directory.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "core/atomic_file.h"
#include "core/small_floats.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDecoder = "cls.predictions.decoder.";

// The tensor as fp32; `storage` holds what had to be converted.
std::span<const float> as_floats(const TensorView& tensor, std::vector<float>& storage) {
  if (tensor.dtype == Dtype::f32) return tensor.as<float>();
  if (tensor.dtype == Dtype::f64) {
    for (const double value : tensor.as<double>()) storage.push_back(static_cast<float>(value));
    return storage;
  }
  for (const uint16_t bits : tensor.as<uint16_t>()) {
    storage.push_back(tensor.dtype == Dtype::f16 ? fp16_value(bits) : bf16_value(bits));
  }
  return storage;
}

bool is_float(Dtype dtype) {
  return dtype == Dtype::f64 || dtype == Dtype::f32 || dtype == Dtype::f16 || dtype == Dtype::bf16;
}

bool is_embedding(const std::string& name) {
  return name.ends_with("_embeddings.weight");
}

bool same_bytes(const TensorView& a, const TensorView& b) {
  return a.dtype == b.dtype && std::equal(a.data.begin(), a.data.end(), b.data.begin(), b.data.end());
}

// The decoder is tied to the word embeddings and its bias to the masked LM's; files may hold both.
bool is_tied_copy(const SafetensorsFile& file, const TensorView& tensor) {
  if (!tensor.name.starts_with(kDecoder)) return false;
  const bool is_bias = tensor.name.ends_with(".bias");
  const std::string original = is_bias ? "cls.predictions.bias" : "bert.embeddings.word_embeddings.weight";
  const TensorView* tied_to = file.find(original);
  if (is_bias && tied_to == nullptr) return false;
  RPP_CHECK(tied_to != nullptr && same_bytes(tensor, *tied_to),
            "{}: {} differs from {}, but this model ties them: untied decoders are not supported",
            file.path(), tensor.name, original);
  return true;
}

PackedTensor pack_weight(const SafetensorsFile& file, const TensorView& tensor,
                         const ExportOptions& options) {
  const size_t rank = tensor.shape.size();
  RPP_CHECK(is_float(tensor.dtype) && (rank == 1 || rank == 2),
            "{}: tensor {} is {} with {} dimensions: a weight is a vector or matrix of F64, F32, F16 or BF16",
            file.path(), tensor.name, dtype_name(tensor.dtype), rank);
  RPP_CHECK(!tensor.data.empty(), "{}: tensor {} of shape [{}] has no entries", file.path(), tensor.name,
            fmt::join(tensor.shape, ", "));
  std::vector<float> storage;
  const auto values = as_floats(tensor, storage);
  const int64_t rows = rank == 1 ? 1 : tensor.shape[0], cols = tensor.shape.back();
  try {
    if (rank == 1) return pack_dense(values, 1, cols, Dtype::f32);
    if (is_embedding(tensor.name)) return pack_dense(values, rows, cols, options.embeddings);
    return pack(values, rows, cols, options.values);
  } catch (const Error& error) {
    fail("{}: tensor {}: {}", file.path(), tensor.name, error.what());
  }
}

void add_weights(const SafetensorsFile& file, const ExportOptions& options, PackedDirectory& packed) {
  for (const auto& tensor : file.tensors()) {
    if (tensor.name.ends_with("position_ids") || is_tied_copy(file, tensor)) continue;
    packed.tensors.push_back(pack_weight(file, tensor, options));
    packed.contents.tensors.push_back(
        {.name = tensor.name, .shape = tensor.shape, .data = packed.tensors.back().view()});
  }
}

void add_file(const fs::path& path, PackedDirectory& packed, const std::string& folder = "") {
  packed.texts.push_back(read_file(path));
  packed.contents.files[folder + path.filename().string()] = packed.texts.back();
}

void add_if_there(const fs::path& path, PackedDirectory& packed) {
  if (fs::exists(path)) add_file(path, packed);
}

void add_tokenizer(const fs::path& model_dir, PackedDirectory& packed) {
  for (const char* name : {"vocab.txt", "spiece.model", "tokenizer.model", "tokenizer_config.json",
                           "special_tokens_map.json", "added_tokens.json"}) {
    add_if_there(model_dir / name, packed);
  }
  // Beside a vocab.txt it says the same again, at three times the length.
  if (!fs::exists(model_dir / "vocab.txt")) add_if_there(model_dir / "tokenizer.json", packed);
}

// What sentence-transformers keeps beside the model: how the hidden states become one vector of a text.
void add_sentence_embedding(const fs::path& model_dir, PackedDirectory& packed) {
  if (!fs::exists(model_dir / "modules.json")) return;
  for (const char* name :
       {"modules.json", "sentence_bert_config.json", "config_sentence_transformers.json"}) {
    add_if_there(model_dir / name, packed);
  }
  for (const auto& entry : fs::directory_iterator(model_dir)) {
    const auto config = entry.path() / "config.json";  // of a module, such as 1_Pooling
    if (fs::exists(config)) add_file(config, packed, entry.path().filename().string() + "/");
  }
}

void add_results(const fs::path& model_dir, PackedDirectory& packed) {
  for (const auto& entry : fs::directory_iterator(model_dir)) {
    if (entry.path().filename().string().ends_with("_results.json")) add_file(entry.path(), packed);
  }
}

}  // namespace

PackedDirectory pack_directory(const fs::path& model_dir, const SafetensorsFile& weights,
                               const ExportOptions& options) {
  PackedDirectory packed;
  packed.contents.metadata = weights.metadata();
  add_weights(weights, options, packed);
  add_file(model_dir / "config.json", packed);
  add_tokenizer(model_dir, packed);
  add_sentence_embedding(model_dir, packed);
  add_results(model_dir, packed);
  return packed;
}

}  // namespace rpp
