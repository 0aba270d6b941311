// The safetensors files of one model as one list of tensors: a single file, or shards with an index.
//
// An index is JSON: "weight_map" has for each tensor the file beside the index that holds it. Format:
// https://huggingface.co/docs/safetensors and save_pretrained of transformers.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "io/safetensors.h"

namespace rpp {

class SafetensorsSet {
 public:
  // `path` is a safetensors file or an index (*.index.json). Throws Error as SafetensorsFile does, and for an
  // index: a file that is absent or not beside it, a tensor that its file lacks, or a file with a tensor that
  // the index does not assign to it.
  explicit SafetensorsSet(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }          // of the file or the index
  const std::vector<TensorView>& tensors() const { return tensors_; }  // by file, each in its order
  // Of all files; of equal keys the first file's.
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  void add(SafetensorsFile file);

  std::filesystem::path path_;
  std::vector<SafetensorsFile> files_;
  std::vector<TensorView> tensors_;
  std::map<std::string, std::string> metadata_;
};

// The files that SafetensorsSet(path) opens: `path` itself, or those that the index names, sorted. Throws
// Error for a damaged index and for a file that is absent or not beside it.
std::vector<std::filesystem::path> safetensors_files(const std::filesystem::path& path);

}  // namespace rpp
