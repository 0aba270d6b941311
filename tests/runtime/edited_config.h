// A golden model with other members in its config.json.
#pragma once

#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"
#include "exported_model.h"
#include "io/safetensors.h"

namespace rpp {

// Copies tests/golden/bert/`golden` into `dir`; `members` replace those of its config.json, null removes one.
inline void copy_with_config(const TestDir& dir, const std::string& golden, const nlohmann::json& members) {
  for (const char* file : {"config.json", "model.safetensors"}) {
    std::filesystem::copy_file(golden_dir() / golden / file, dir / file,
                               std::filesystem::copy_options::overwrite_existing);
  }
  auto config = nlohmann::json::parse(read_file(dir / "config.json"));
  config.merge_patch(members);
  dir.write("config.json", config.dump());
}

// The golden classifier with the first `rows` of its three outputs and a vocabulary, without names of labels
// unless `members` has them.
inline void make_classifier(const TestDir& dir, int64_t rows, const nlohmann::json& members) {
  nlohmann::json others = {{"id2label", nullptr}, {"label2id", nullptr}};
  if (!members.empty()) others.update(members);
  copy_with_config(dir, "classifier", others);
  const SafetensorsFile golden(golden_dir() / "classifier/model.safetensors");
  std::vector<TensorView> tensors = golden.tensors();
  for (TensorView& tensor : tensors) {
    if (!tensor.name.starts_with("classifier.")) continue;
    tensor.data = tensor.data.first(tensor.data.size() / 3 * static_cast<size_t>(rows));
    tensor.shape[0] = rows;
  }
  save_safetensors(dir / "model.safetensors", tensors);
  dir.write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nw0\nw1\nw2\n");
}

}  // namespace rpp
