#include "pack_directory.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "bert_format/model_files.h"
#include "bert_format/sentence_embedding.h"
#include "bert_format/tensor_index.h"
#include "core/atomic_file.h"
#include "io/floats.h"
#include "rpp/error.h"
#include "tokenizer_json_redundancy.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

bool is_float_matrix(const TensorView& tensor) {
  const size_t rank = tensor.shape.size();
  return is_float(tensor.dtype) && (rank == 1 || rank == 2);
}

PackedTensor pack_weight(const SafetensorsSet& file, const TensorView& tensor, const ExportOptions& options) {
  const size_t rank = tensor.shape.size();
  RPP_CHECK(is_float_matrix(tensor),
            "{}: tensor {} is {} with {} dimensions: a weight is a vector or matrix of F64, F32, F16 or BF16",
            file.path(), tensor.name, dtype_name(tensor.dtype), rank);
  RPP_CHECK(!tensor.data.empty(), "{}: tensor {} of shape [{}] has no entries", file.path(), tensor.name,
            fmt::join(tensor.shape, ", "));
  std::vector<float> storage;
  const auto values = as_floats(tensor, storage);
  const int64_t rows = rank == 1 ? 1 : tensor.shape[0], cols = tensor.shape.back();
  try {
    if (rank == 1) return pack_dense(values, 1, cols, Dtype::f32);
    if (canonical_name(tensor.name) == kRelativePositionBias)
      return pack_dense(values, rows, cols, Dtype::f32);
    if (is_embedding_table(canonical_name(tensor.name)))
      return pack_dense(values, rows, cols, options.embeddings);
    return pack(values, rows, cols, options.values);
  } catch (const Error& error) {
    fail("{}: tensor {}: {}", file.path(), tensor.name, error.what());
  }
}

void add_weights(const SafetensorsSet& file, const ExportOptions& options, PackedDirectory& packed) {
  packed.contents.untied_decoder = untied_decoder(index_of(file));
  for (const auto& tensor : exported_tensors(file)) {
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

bool needs_tokenizer_json(const fs::path& model_dir) {
  const auto has = [&](const char* name) { return fs::exists(model_dir / name); };
  if (!has(kTokenizerJsonFile) || has(kXlmRobertaFile))
    return false;  // whose pieces are checked to be the same
  if (!has(kVocabFile)) return true;
  const std::string vocab_txt = read_file(model_dir / kVocabFile);
  const std::string tokenizer_json = read_file(model_dir / kTokenizerJsonFile);
  std::optional<std::string> config;
  if (has(kTokenizerConfigFile)) config = read_file(model_dir / kTokenizerConfigFile);
  return !is_redundant_tokenizer_json(
      {.vocab_txt = vocab_txt, .tokenizer_json = tokenizer_json, .tokenizer_config = config});
}

// Where there is a tokenizer.json, vocab.json and merges.txt are not read.
bool is_left_out(std::string_view name, const fs::path& model_dir) {
  if (name == kTokenizerJsonFile) return !needs_tokenizer_json(model_dir);
  if (name != kBpeVocabFile && name != kBpeMergesFile) return false;
  return fs::exists(model_dir / kTokenizerJsonFile) || fs::exists(model_dir / kVocabFile);
}

void add_tokenizer(const fs::path& model_dir, PackedDirectory& packed) {
  for (const char* name : kTokenizerFiles) {
    if (is_left_out(name, model_dir)) continue;
    add_if_there(model_dir / name, packed);
  }
}

// The pooling configuration that sentence-transformers stores beside the model.
void add_sentence_embedding(const fs::path& model_dir, PackedDirectory& packed) {
  for (const auto& name : sentence_embedding_files(model_dir)) {
    const auto folder = name.parent_path();  // of a module, such as 1_Pooling
    add_file(model_dir / name, packed, folder.empty() ? "" : folder.string() + "/");
  }
}

void add_results(const fs::path& model_dir, PackedDirectory& packed) {
  for (const auto& entry : fs::directory_iterator(model_dir)) {
    if (entry.path().filename().string().ends_with("_results.json")) add_file(entry.path(), packed);
  }
}

}  // namespace

std::vector<TensorView> exported_tensors(const SafetensorsSet& weights) {
  const auto tensors = index_of(weights);
  const bool is_tied = untied_decoder(tensors).empty();
  std::vector<TensorView> exported;
  for (const TensorView& tensor : weights.tensors()) {
    const std::string name = canonical_name(tensor.name);
    // A decoder's bias stays where the masked LM has no other.
    const bool is_copy =
        name == kDecoderWeight || (name == kDecoderBias && tensors.find(kMlmBias) != &tensor);
    const bool is_usable = is_known(name) || (is_float_matrix(tensor) && !tensor.data.empty());
    const bool is_untied = !is_tied && part_of(name) == ModelPart::masked_lm;
    if (is_usable && !is_buffer(name) && !is_copy && !is_untied) exported.push_back(tensor);
  }
  return exported;
}

PackedDirectory pack_directory(const fs::path& model_dir, const SafetensorsSet& weights,
                               const ExportOptions& options) {
  PackedDirectory packed;
  packed.contents.metadata = weights.metadata();
  add_weights(weights, options, packed);
  add_file(model_dir / kConfigFile, packed);
  add_tokenizer(model_dir, packed);
  add_sentence_embedding(model_dir, packed);
  add_results(model_dir, packed);
  return packed;
}

}  // namespace rpp
