// Checks before a model is opened: does the path exist, is it a directory or file as needed, or is it a name
// of the Hugging Face Hub?
#pragma once

#include <filesystem>
#include <string>

namespace rpp {

// " Names of the Hugging Face Hub are not fetched: hf download ...", with a leading space, for a path that
// does not exist and could be such a name (bert-base-uncased, prajjwal1/bert-tiny); else empty.
std::string hub_advice(const std::filesystem::path& model);

// Throws Error with hub_advice if `model` does not exist.
void require_model(const std::filesystem::path& model);

// Throws Error unless `model` is a directory with a config.json. For a model file the message names the
// command that unpacks it, for a file of a model directory that directory.
void require_model_directory(const std::filesystem::path& model);

}  // namespace rpp
