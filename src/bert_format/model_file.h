// A whole model in one file, `model.rpp`: weights without zeros, configuration, tokenizer, scores.
//
// It is a safetensors file that ends with a checksum. The exact format: docs/formats.md.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "io/packed_tensor.h"
#include "io/safetensors.h"

namespace rpp {

struct ModelTensor {
  std::string name;            // as in model.safetensors
  std::vector<int64_t> shape;  // [n] or [rows, cols]
  PackedView data;             // a vector has one row
};

// The bytes are owned elsewhere: by the caller when writing, by the file when reading.
struct ModelContents {
  std::vector<ModelTensor> tensors;                            // in the order of model.safetensors
  std::map<std::string, std::string> metadata;                 // of model.safetensors
  std::map<std::string, std::string_view, std::less<>> files;  // config.json, vocab.txt, ...: name to text
  // Why the masked-LM head of a directory is left out (tensor_index.h); empty if it is not. Not stored.
  std::string untied_decoder = {};
};

// Whether the path is a model file, or any file named .rpp.
bool is_model_file(const std::filesystem::path& path);

// Written atomically.
void write_model_file(const std::filesystem::path& path, const ModelContents& contents);

inline constexpr std::string_view kInMemory = "the model in memory";

class ModelFile {
 public:
  // A model file, or a model directory, which is packed in memory as rpp-export does. Checks everything: a
  // file that passes is safe to unpack. Throws Error naming the file and the fault: not a model file, another
  // version, truncated or damaged, a missing tensor, a duplicate name, sizes that do not fit.
  explicit ModelFile(const std::filesystem::path& path, FileAccess access = FileAccess::mapped);
  // From the bytes of a model file, which are copied. Messages name it kInMemory.
  explicit ModelFile(std::span<const std::byte> bytes);

  const std::filesystem::path& path() const { return path_; }
  const ModelContents& contents() const { return contents_; }
  const ModelTensor* find(std::string_view name) const;  // nullptr when absent
  std::string_view file(std::string_view name) const;    // throws Error if the model has no such file

 private:
  void read(std::shared_ptr<const SafetensorsFile> file);
  void index_tensors();

  std::filesystem::path path_;
  std::shared_ptr<const void> bytes_;  // the memory that the contents refer to
  ModelContents contents_;
  std::map<std::string, size_t, std::less<>> places_;  // index into contents_.tensors, by name
};

}  // namespace rpp
