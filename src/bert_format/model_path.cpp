#include "bert_format/model_path.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "bert_format/model_files.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

fs::path directory_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

bool is_of_model_directory(const fs::path& file) {
  return file.extension() != ".rpp" && !fs::is_directory(file) &&
         fs::exists(directory_of(file) / kConfigFile);
}

// NAME or OWNER/NAME; not a relative or absolute path, nor a file with an extension.
bool may_be_hub_name(const fs::path& model) {
  const std::string text = model.string();
  const auto parts = std::distance(model.begin(), model.end());
  constexpr std::array kFiles = {".rpp", ".txt", ".json", ".yaml", ".yml", ".model", ".safetensors"};
  const bool is_file = std::find(kFiles.begin(), kFiles.end(), model.extension()) != kFiles.end();
  return !text.empty() && parts <= 2 && model.is_relative() && text.front() != '.' && !text.ends_with('/') &&
         !is_file;
}

}  // namespace

std::string hub_advice(const fs::path& model) {
  if (fs::exists(model) || !may_be_hub_name(model)) return "";
  return fmt::format(
      " Names of the Hugging Face Hub are not fetched; this fetches one: pip install huggingface_hub && hf "
      "download {} "
      "config.json model.safetensors tokenizer.json tokenizer_config.json --local-dir {}",
      model, model);
}

void require_model(const fs::path& model) {
  if (fs::exists(model)) return;
  const std::string advice = hub_advice(model);
  fail("cannot open {}: No such file or directory{}{}", model, advice.empty() ? "" : ".", advice);
}

void require_model_directory(const fs::path& model) {
  if (!fs::exists(model)) {
    fail("{} is missing: there is no {}.{}", model / kConfigFile, model, hub_advice(model));
  }
  if (is_of_model_directory(model)) fail("{} is a file: name its directory, {}", model, directory_of(model));
  if (!fs::is_directory(model)) {
    fail(
        "{} is a file, and a model directory is needed: rpp-export {} --to-hf DIRECTORY unpacks a model file",
        model, model);
  }
  if (!fs::exists(model / kConfigFile)) {
    fail(
        "{} is missing: {} is no model directory, which holds config.json, model.safetensors and a "
        "vocabulary",
        model / kConfigFile, model);
  }
}

}  // namespace rpp
