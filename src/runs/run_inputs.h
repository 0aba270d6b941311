// What a run reads, by its content: a run that goes on, or is found finished, must not have read other data.
#pragma once

#include <map>
#include <string>

#include "config/config.h"

namespace rpp {

// Setting -> "xxh3:" and 16 hexadecimal digits over what it names: weights, configuration, mask and tokenizer
// of a model, the manifest of shards (which has the hash of each), the bytes of other files. Data files that
// data_dir holds count as those of train_files, dev_files and test_files. What is not set, is missing or is
// no plain file (a pipe) has no entry.
using RunInputs = std::map<std::string, std::string>;

RunInputs inputs_of(const PretrainConfig& config);
RunInputs inputs_of(const FinetuneConfig& config);

}  // namespace rpp
