// A finished BERT for CPU inference without LibTorch: weights of a model file, laid out for the kernels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rpp/file_access.h"

namespace rpp {

// The sizes of one encoder layer; layers may differ (layer_sizes of config.json).
struct LayerShape {
  int64_t num_heads = 0;
  int64_t query_key_dim = 0;  // per head
  int64_t value_dim = 0;      // per head
  int64_t intermediate_size = 0;
  float score_scale = 0;  // 1 / sqrt(the model's hidden size / heads), whatever the layer's own sizes
};

struct ModelSizes {
  int64_t vocab = 0;
  int64_t hidden = 0;
  int64_t embedding = 0;       // columns of the embedding tables; ELECTRA projects them to `hidden`
  int64_t positions = 0;       // maximum tokens of a sequence
  int64_t first_position = 0;  // row of the position embeddings for its first token
  int64_t token_types = 0;
  std::vector<LayerShape> layers;
  // The pooler, and the head that `architectures` of config.json names; without that, all that the tensors
  // show. 0 or false: absent.
  bool pooler = false;
  int64_t labels = 0;        // of the classifier; 1 for a regression or a cross-encoder
  int64_t token_labels = 0;  // of the classifier of tokens
  bool span = false;         // start and end of an answer
  bool mlm = false;
};

struct RuntimeOptions {
  // automatic: sparse where that is faster on this processor for any length of text; the break-even is
  // measured once per process, in a few milliseconds (sparse_from). The bits of the answers are the same
  // either way.
  enum class Matrices { automatic, dense, sparse };

  // int8: the matrices of the layers in int8 with a scale for each row, their inputs in int8 with a scale for
  // each token, sums in int32. Answers differ from those in fp32 a little, and depend neither on the batch
  // nor on the number of threads. Fastest with AVX-512 VNNI.
  enum class Arithmetic { fp32, int8 };

  Matrices matrices = Matrices::automatic;
  Arithmetic arithmetic = Arithmetic::fp32;
  // "AVX3_VNNI", "AVX3", "AVX2", "NEON", "SCALAR"; empty: the fastest that this machine runs.
  std::string kernels;
  // mapped: processes share the memory of weights that the file stores in the kernels' layout. For files that
  // nobody overwrites.
  FileAccess file = FileAccess::copied;
};

class ModelFile;
struct Weights;

// The kernels available on this machine, fastest first; values for RuntimeOptions::kernels.
std::vector<std::string> kernel_names();

// Immutable: any number of sessions in any threads may share one.
class RuntimeModel {
 public:
  // Converts the layers on all cores. Throws Error naming the file and the fault: see ModelFile; a model_type
  // or features that are not supported (another activation, position_embedding_type); a tensor
  // that is missing or has another shape than config.json specifies; kernels that this machine cannot run.
  static std::shared_ptr<const RuntimeModel> load(const std::filesystem::path& path,
                                                  const RuntimeOptions& options = {});
  // The same from the bytes of a model file, which are copied. Throws UsageError for FileAccess::mapped.
  static std::shared_ptr<const RuntimeModel> load(std::span<const std::byte> bytes,
                                                  const RuntimeOptions& options = {});
  RuntimeModel(const RuntimeModel&) = delete;
  ~RuntimeModel();

  const ModelSizes& sizes() const;
  std::string_view kernels() const;                 // name of the kernels in use
  int64_t num_sparse() const;                       // number of matrices multiplied in sparse form
  double sparse_from() const;                       // the prune ratio from which matrices are sparse
  const ModelFile& file() const { return *file_; }  // tokenizer, labels, scores
  const Weights& weights() const { return *weights_; }

 private:
  RuntimeModel(std::unique_ptr<const ModelFile> file, const RuntimeOptions& options);

  std::unique_ptr<const ModelFile> file_;
  std::unique_ptr<const Weights> weights_;
};

}  // namespace rpp
