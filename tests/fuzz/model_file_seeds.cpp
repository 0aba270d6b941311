#include "model_file_seeds.h"

#include <deque>
#include <vector>

#include "bert_format/model_export.h"
#include "core/atomic_file.h"
#include "core/rng.h"
#include "io/packed_tensor.h"
#include "io/safetensors.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kHidden = 4, kIntermediate = 6, kVocab = 7;

class TinyModel {
 public:
  // Zeros in blocks of `block` neighbours.
  explicit TinyModel(double prune_ratio, size_t block = 1) : prune_ratio_(prune_ratio), block_(block) {
    add("bert.embeddings.word_embeddings.weight", {kVocab, kHidden}, 0.0);
    add("bert.embeddings.position_embeddings.weight", {8, kHidden}, 0.0);
    add("bert.embeddings.token_type_embeddings.weight", {2, kHidden}, 0.0);
    add_norm("bert.embeddings.LayerNorm");
    const std::string layer = "bert.encoder.layer.0.";
    for (const char* name : {"attention.self.query", "attention.self.key", "attention.self.value"}) {
      add_linear(layer + name, kHidden, kHidden);
    }
    add_linear(layer + "attention.output.dense", kHidden, kHidden);
    add_norm(layer + "attention.output.LayerNorm");
    add_linear(layer + "intermediate.dense", kIntermediate, kHidden);
    add_linear(layer + "output.dense", kHidden, kIntermediate);
    add_norm(layer + "output.LayerNorm");
  }

  void add_linear(const std::string& name, int64_t rows, int64_t cols) {
    add(name + ".weight", {rows, cols}, prune_ratio_);
    add(name + ".bias", {rows}, 0.0);
  }

  void add_norm(const std::string& name) {
    add(name + ".weight", {kHidden}, 0.0);
    add(name + ".bias", {kHidden}, 0.0);
  }

  void add(const std::string& name, std::vector<int64_t> shape, double prune_ratio) {
    int64_t size = 1;
    for (const int64_t extent : shape) size *= extent;
    auto& values = values_.emplace_back(static_cast<size_t>(size));
    bool is_zero = false;
    for (size_t i = 0; i < values.size(); ++i) {
      if (i % block_ == 0) is_zero = rng_.uniform() < prune_ratio;
      if (!is_zero) values[i] = static_cast<float>(rng_.normal());
    }
    tensors_.push_back({.name = name, .shape = std::move(shape), .data = std::as_bytes(std::span(values))});
  }

  void save_weights(const fs::path& path) const { save_safetensors(path, tensors_); }

  // `layer_sizes`: more members of config.json, starting with a comma.
  void export_to(const fs::path& output, const ExportOptions& options,
                 std::string_view layer_sizes = "") const {
    const fs::path directory = output.string() + ".model";
    fs::create_directory(directory);
    save_weights(directory / "model.safetensors");
    write_beside_weights(directory, layer_sizes);
    export_model(directory, output, options);
    fs::remove_all(directory);
  }

 private:
  double prune_ratio_;
  size_t block_;
  Rng rng_{1};
  std::deque<std::vector<float>> values_;  // the memory that the tensors refer to
  std::vector<TensorView> tensors_;
};

void write_plain(const fs::path& path) {
  const std::vector<std::byte> bytes(24);
  save_safetensors(path, std::vector<TensorView>{
                             {.name = "doubles", .dtype = Dtype::f64, .shape = {3, 1}, .data = bytes},
                             {.name = "halves", .dtype = Dtype::f16, .shape = {2, 2, 3}, .data = bytes},
                             {.name = "bits", .dtype = Dtype::boolean, .shape = {24}, .data = bytes},
                             {.name = "nothing", .dtype = Dtype::i64, .shape = {0}}});
}

}  // namespace

void write_beside_weights(const fs::path& directory, std::string_view layer_sizes) {
  write_file_atomically(directory / "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\n");
  write_file_atomically(
      directory / "config.json",
      fmt::format(
          R"({{"model_type":"bert","hidden_act":"gelu","hidden_size":{},"num_attention_heads":2,)"
          R"("num_hidden_layers":1,"intermediate_size":{},"vocab_size":{},"max_position_embeddings":8,)"
          R"("type_vocab_size":2,"layer_norm_eps":1e-12{}}})",
          kHidden, kIntermediate, kVocab, layer_sizes));
}

void write_model_seeds(const fs::path& directory) {
  TinyModel classifier(0.0);
  classifier.save_weights(directory / "headless.safetensors");
  classifier.add_linear("bert.pooler.dense", kHidden, kHidden);
  classifier.add_linear("classifier", 3, kHidden);
  classifier.export_to(directory / "dense_fp32.rpp", {});
  classifier.save_weights(directory / "weights.safetensors");

  TinyModel answers(0.5);
  answers.add_linear("qa_outputs", 2, kHidden);
  answers.export_to(directory / "bitmask_fp16.rpp", {.values = Dtype::f16, .embeddings = Dtype::bf16},
                    R"(,"layer_sizes":[{"num_attention_heads":1,"query_key_dim":4,"value_dim":4,)"
                    R"("intermediate_size":6}])");

  TinyModel words(0.95);
  words.add_linear("cls.predictions.transform.dense", kHidden, kHidden);
  words.add_norm("cls.predictions.transform.LayerNorm");
  words.add("cls.predictions.bias", {kVocab}, 0.0);
  words.export_to(directory / "gaps_int8.rpp", {.values = Dtype::i8, .embeddings = Dtype::i8});

  TinyModel blocks(0.6, kPackedBlock);
  blocks.add_linear("classifier", 3, kHidden);
  blocks.export_to(directory / "blocks_int8.rpp", {.values = Dtype::i8, .embeddings = Dtype::bf16});

  write_plain(directory / "plain.safetensors");
}

}  // namespace rpp
