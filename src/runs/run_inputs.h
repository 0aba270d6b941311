// Hashes of a run's inputs: a resumed or finished run must not have read other data.
#pragma once

#include <map>
#include <string>

#include "config/config.h"

namespace rpp {

// Setting -> "xxh3:" and 16 hexadecimal digits over its contents: weights, configuration, mask and tokenizer
// of a model, the manifest of shards (which has the hash of each), the bytes of other files. Data files in
// data_dir are recorded under train_files, dev_files and test_files. Settings that are unset, missing or not
// a plain file (a pipe) have no entry.
using RunInputs = std::map<std::string, std::string>;

RunInputs inputs_of(const PretrainConfig& config);
RunInputs inputs_of(const FinetuneConfig& config);

}  // namespace rpp
