// A golden model with other members in its config.json.
#pragma once

#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "data/fake_tokenizer.h"
#include "exported_model.h"

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

}  // namespace rpp
