#include "io/safetensors_set.h"

#include <set>
#include <utility>

#include "core/atomic_file.h"
#include "core/json.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// The tensors of each file, by its name.
using Shards = std::map<std::string, std::set<std::string, std::less<>>>;

constexpr const char* kAgain = "download the model again";

bool is_index(const fs::path& path) {
  return path.extension() == ".json";
}

bool is_file_name(const nlohmann::json& name) {
  if (!name.is_string()) return false;
  const fs::path path = name.get<std::string>();
  return !path.empty() && path == path.filename() && path != "." && path != "..";
}

Shards read_index(const fs::path& index) {
  const auto json = parse_json_object(read_file(index), index.string(), kAgain);
  const auto weight_map = json.find("weight_map");
  RPP_CHECK(weight_map != json.end() && weight_map->is_object() && !weight_map->empty(),
            "{} has no weight_map with the file of each tensor: {}", index, kAgain);
  Shards shards;
  for (const auto& [tensor, file] : weight_map->items()) {
    RPP_CHECK(is_file_name(file), "{}: weight_map has {} for the tensor {}, it must name a file beside it",
              index, file.dump(), tensor);
    shards[file.get<std::string>()].insert(tensor);
  }
  for (const auto& [name, tensors] : shards) {
    const fs::path file = index.parent_path() / name;
    RPP_CHECK(fs::exists(file), "{} is missing: {} names it for the tensor {}: {}", file, index,
              *tensors.begin(), kAgain);
  }
  return shards;
}

void check_shard(const fs::path& index, const SafetensorsFile& file, const Shards::mapped_type& assigned) {
  for (const auto& name : assigned) {
    RPP_CHECK(file.find(name) != nullptr, "{} has no tensor {}, which {} says it holds: {}", file.path(),
              name, index, kAgain);
  }
  for (const auto& tensor : file.tensors()) {
    RPP_CHECK(assigned.contains(tensor.name), "{} holds the tensor {}, which {} does not list for it: {}",
              file.path(), tensor.name, index, kAgain);
  }
}

}  // namespace

SafetensorsSet::SafetensorsSet(const fs::path& path) : path_(path) {
  if (!is_index(path)) {
    add(SafetensorsFile(path));
    return;
  }
  for (const auto& [name, assigned] : read_index(path)) {
    SafetensorsFile file(path.parent_path() / name);
    check_shard(path, file, assigned);
    add(std::move(file));
  }
}

void SafetensorsSet::add(SafetensorsFile file) {
  tensors_.insert(tensors_.end(), file.tensors().begin(), file.tensors().end());
  metadata_.insert(file.metadata().begin(), file.metadata().end());
  files_.push_back(std::move(file));  // its views keep their addresses: they are of mapped or heap memory
}

std::vector<fs::path> safetensors_files(const fs::path& path) {
  if (!is_index(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& [name, tensors] : read_index(path)) files.push_back(path.parent_path() / name);
  return files;
}

}  // namespace rpp
