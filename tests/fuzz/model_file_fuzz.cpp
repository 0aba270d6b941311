// The fuzz target for model files: any bytes are refused with rpp::Error, or work as a model.
#include "bert_format/model_file.h"
#include "fuzz_target.h"
#include "io/safetensors.h"
#include "model_file_mutate.h"
#include "model_file_readers.h"
#include "model_file_seeds.h"
#include "rpp/error.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

// Bytes that are not a model file may still be the weights of a model directory.
fs::path model_of(const fs::path& input, const SafetensorsFile& file) {
  if (file.metadata().contains("rpp_format")) return input;
  const fs::path directory = input.string() + ".model";
  fs::create_directories(directory);
  fs::copy_file(input, directory / "model.safetensors", fs::copy_options::overwrite_existing);
  write_beside_weights(directory);
  return directory;
}

enum Outcome : size_t { no_safetensors, no_model_file, no_model, encoded, answered };

Outcome read(const fs::path& input) {
  auto outcome = no_safetensors;
  std::shared_ptr<const RuntimeModel> model;
  try {
    const SafetensorsFile file(input);
    read_all(file);
    outcome = no_model_file;
    const fs::path path = model_of(input, file);
    unpack_all(ModelFile(path));
    outcome = no_model;
    model = RuntimeModel::load(path);
  } catch (const Error&) {
    return outcome;
  }
  encode(model);
  try {
    answer(model);
  } catch (const Error&) {
    return encoded;
  }
  return answered;
}

}  // namespace

const FuzzTarget& fuzz_target() {
  static const FuzzTarget target = {
      .name = "model_file_fuzz",
      .description = "Feeds damaged model files to their readers.",
      .outcomes = {"no safetensors", "safetensors and no weights", "weights and no model",
                   "a model without answers", "answered"},
      .read = [](const fs::path& input) -> size_t { return read(input); },
      .mutate = mutate_model_file,
      .repair = fit_checksum,
      .write_seeds = write_model_seeds};
  return target;
}

}  // namespace rpp
