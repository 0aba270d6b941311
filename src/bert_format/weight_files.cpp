#include "bert_format/weight_files.h"

#include "bert_format/model_files.h"
#include "core/mmap_file.h"
#include "rpp/error.h"

namespace rpp {

namespace fs = std::filesystem;

std::optional<fs::path> find_weights(const fs::path& model_dir) {
  for (const char* name : {kWeightsFile, kWeightsIndexFile}) {
    if (fs::exists(model_dir / name)) return model_dir / name;
  }
  for (const char* name : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    RPP_CHECK(!fs::exists(model_dir / name),
              "{} is missing; {} holds {} instead: convert it with scripts/convert_bin.py {}",
              model_dir / kWeightsFile, model_dir, name, model_dir);
  }
  return std::nullopt;
}

SafetensorsSet open_weights(const fs::path& model_dir) {
  return SafetensorsSet(find_weights(model_dir).value_or(model_dir / kWeightsFile));
}

int64_t weights_bytes(const fs::path& weights) {
  int64_t bytes = 0;
  for (const auto& file : safetensors_files(weights)) bytes += static_cast<int64_t>(MmapFile(file).size());
  return bytes;
}

}  // namespace rpp
