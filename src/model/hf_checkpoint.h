// Model directories as transformers writes and reads them: config.json and model.safetensors.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bert_format/description.h"
#include "model/bert.h"

namespace rpp {

struct LoadOptions {
  bool classifier = true;  // false: the model keeps its own, whatever the file contains
};

struct LoadReport {
  std::vector<std::string> missing;  // head tensors absent from the file: they keep their values
  std::vector<std::string> ignored;  // tensors of the file that the model does not use
};

// Copies the directory's weights (F32, F16, BF16, F64) into the model. Accepts names with and without "bert."
// and the older LayerNorm gamma and beta; skips position_ids and a decoder stored beside the tied
// embeddings. Throws Error naming the file and the tensor when one of the embeddings or the encoder is
// missing or a weight is not finite, both shapes when a shape differs, and the decoder when it is untied and
// the model has the pre-training head.
LoadReport load_weights(Bert& model, const std::filesystem::path& model_dir, const LoadOptions& options = {});

// Writes config.json and model.safetensors, each atomically, so that transformers' from_pretrained finds
// every tensor. `metadata` is added to the safetensors header, `config_keys` (an object such as {"id2label":
// ...}) to config.json.
void save_weights(const Bert& model, const std::filesystem::path& model_dir,
                  const std::map<std::string, std::string>& metadata,
                  const nlohmann::ordered_json& config_keys);
void save_weights(const Bert& model, const std::filesystem::path& model_dir,
                  const std::map<std::string, std::string>& metadata = {});

}  // namespace rpp
