// What a model is: sizes, tensors, heads; its labels are read by model_labels.h, its pooling by
// sentence_embedding.h, for those who need them.
//
// This is where an encoder of another family is added: its keys in model_config.h, the names of its tensors
// in tensor_names.h, its heads in architecture.h and heads.h; then the operations it needs in runtime/ and
// model/.
#pragma once

#include "bert_format/heads.h"
#include "bert_format/model_config.h"
#include "bert_format/model_file.h"

namespace rpp {

// Valid as long as the file.
class ModelDescription {
 public:
  // Throws Error naming the file and the key for another architecture, for what no encoder here computes, and
  // for sizes that the file's tensors cannot have.
  explicit ModelDescription(const ModelFile& file);

  const ModelConfig& config() const { return config_; }
  const TensorIndex<ModelTensor>& tensors() const { return tensors_; }
  // As `architectures` of config.json selects them; without it as the tensors show them.
  StoredHeads heads() const { return heads_of(head_, tensors_); }

 private:
  ModelConfig config_;
  Head head_;
  TensorIndex<ModelTensor> tensors_;
};

// The configuration of a model directory. Throws Error as model_config_from_json, when the directory or the
// file is absent, and naming both files when model.safetensors is too small for the model described.
ModelConfig read_model_config(const std::filesystem::path& model_dir);

}  // namespace rpp
