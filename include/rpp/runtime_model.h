// A finished BERT that answers on a CPU, without LibTorch: weights of a model file, laid out for the kernels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/file_access.h"

namespace rpp {

// What one encoder layer has; layers may differ (layer_sizes of config.json).
struct LayerShape {
  int64_t num_heads = 0;
  int64_t query_key_dim = 0;  // of a head
  int64_t value_dim = 0;      // of a head
  int64_t intermediate_size = 0;
  float score_scale = 0;  // 1 / sqrt(the model's hidden size / heads), whatever the layer has left
};

struct ModelSizes {
  int64_t vocab = 0;
  int64_t hidden = 0;
  int64_t positions = 0;
  int64_t token_types = 0;
  std::vector<LayerShape> layers;
  // Heads; 0 or false: the model has none.
  bool pooler = false;
  int64_t labels = 0;  // classifier; a regression has one
  bool span = false;   // begin and end of an answer
  bool mlm = false;
};

struct RuntimeOptions {
  // automatic: sparse where that is faster on this processor for any length of text, which is measured when a
  // model needs it, in a few milliseconds, once in a process (sparse_from). The bits of the answers are the
  // same either way.
  enum class Matrices { automatic, dense, sparse };

  Matrices matrices = Matrices::automatic;
  std::string kernels;  // "AVX3", "AVX2", "NEON", "SCALAR"; empty: the fastest that this machine runs
  // mapped: processes share the memory of weights that lie in the file as the kernels read them. For files
  // that nobody writes to.
  FileAccess file = FileAccess::copied;
};

class ModelFile;
struct Weights;

// What RuntimeOptions::kernels may name on this machine, the fastest first.
std::vector<std::string> kernel_names();

// Immutable: any number of sessions in any threads may share one.
class RuntimeModel {
 public:
  // Lays the layers out on all cores. Throws Error naming the file and the fault: see ModelFile; another
  // architecture than BERT, or what this runtime lacks (another activation, relative positions); a tensor
  // that is missing or has another shape than config.json asks for; kernels that this machine cannot run.
  static std::shared_ptr<const RuntimeModel> load(const std::filesystem::path& path,
                                                  const RuntimeOptions& options = {});
  RuntimeModel(const RuntimeModel&) = delete;
  ~RuntimeModel();

  const ModelSizes& sizes() const;
  std::string_view kernels() const;                 // the name of those that run
  int64_t num_sparse() const;                       // matrices that are multiplied without their zeros
  double sparse_from() const;                       // the share of zeros from which on they are
  const ModelFile& file() const { return *file_; }  // tokenizer, labels, scores
  const Weights& weights() const { return *weights_; }

 private:
  RuntimeModel(const std::filesystem::path& path, const RuntimeOptions& options);

  std::unique_ptr<const ModelFile> file_;
  std::unique_ptr<const Weights> weights_;
};

}  // namespace rpp
