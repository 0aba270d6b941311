// What a model's config.json says that the runtime has to know.
#pragma once

#include "bert_format/model_file.h"
#include "rpp/runtime_model.h"

namespace rpp {

struct Architecture {
  ModelSizes sizes;  // without the heads, which the weights tell
  float layer_norm_eps = 0;
};

// Throws Error naming the file and the key for another architecture than BERT, for what this runtime lacks,
// and for sizes that are none.
Architecture read_architecture(const ModelFile& file);

}  // namespace rpp
