#include "run_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "bert_format/model_files.h"
#include "core/mmap_file.h"
#include "core/xxh3.h"
#include "data/embed_data.h"
#include "data/finetune_data.h"
#include "data/tag_data.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using Paths = std::vector<fs::path>;

// Files of a model directory that affect a run: others, such as results, do not.
bool is_read_from_model(const std::string& name) {
  const auto is = [&](const char* file) { return name == file; };
  return name == kConfigFile || name == "manifest.json" || std::ranges::any_of(kTokenizerFiles, is) ||
         name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json") ||
         name.ends_with(".model");
}

Paths files_of(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  Paths files;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (is_read_from_model(entry.path().filename().string())) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

void add(RunInputs& inputs, const std::string& setting, const Paths& paths) {
  Xxh3 hash;
  bool has_any = false;
  for (const auto& path : paths) {
    for (const auto& file : files_of(path)) {
      if (!fs::is_regular_file(file)) continue;
      const MmapFile content(file);
      // The length distinguishes two files from one with the contents of both.
      const std::string head = fmt::format("{} {}\n", file.extension().string(), content.size());
      hash.update(std::as_bytes(std::span(head)));
      hash.update(content.bytes());
      has_any = true;
    }
  }
  if (has_any) inputs[setting] = fmt::format("xxh3:{:016x}", hash.value());
}

void add(RunInputs& inputs, const std::string& setting, const std::vector<std::string>& names) {
  add(inputs, setting, Paths(names.begin(), names.end()));
}

void add_if_set(RunInputs& inputs, const std::string& setting, const std::string& name) {
  if (!name.empty()) add(inputs, setting, Paths{name});
}

Paths files_of(const FinetuneConfig& config, const char* split) {
  if (config.task == kEmbedTask) return embed_files(config, split);
  if (const auto version = squad_version(config.task)) return squad_files(config, *version, split);
  if (is_token_classification(config)) return tag_files(config, split);
  return finetuning_files(config, split);
}

}  // namespace

RunInputs inputs_of(const PretrainConfig& config) {
  RunInputs inputs;
  add_if_set(inputs, "model", config.model);
  add_if_set(inputs, "model_config", config.model_config);
  add_if_set(inputs, "tokenizer", config.tokenizer);
  add_if_set(inputs, "prune.mask", config.prune.mask);
  add_if_set(inputs, "distill.teacher", config.distill.teacher);
  add(inputs, "data.train", config.data.train);
  add(inputs, "data.valid", config.data.valid);
  return inputs;
}

RunInputs inputs_of(const FinetuneConfig& config) {
  RunInputs inputs;
  add_if_set(inputs, "model", config.model);
  add_if_set(inputs, "prune.mask", config.prune.mask);
  add_if_set(inputs, "distill.teacher", config.distill.teacher);
  for (const char* split : {"train", "dev", "test"}) {
    add(inputs, fmt::format("{}_files", split), files_of(config, split));
  }
  add_if_set(inputs, "embed.retrieval", config.embed.retrieval);
  return inputs;
}

}  // namespace rpp
