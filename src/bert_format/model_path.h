// The checks before a model is opened: is there anything at that path, is it what is needed, or was a name of
// the Hugging Face Hub meant?
#pragma once

#include <filesystem>
#include <string>

namespace rpp {

// " Names of the Hugging Face Hub are not fetched: hf download ...", with a space in front, for a path that
// does not exist and could be such a name (bert-base-uncased, prajjwal1/bert-tiny); else empty.
std::string hub_advice(const std::filesystem::path& model);

// Throws Error with hub_advice where `model` does not exist.
void require_model(const std::filesystem::path& model);

// Throws Error unless `model` is a directory with a config.json. For a model file it names the command that
// unpacks one, for a file of a model directory that directory.
void require_model_directory(const std::filesystem::path& model);

}  // namespace rpp
