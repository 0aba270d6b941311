#include "model/heads_of.h"

#include "bert_format/heads.h"
#include "bert_format/weight_files.h"

namespace rpp {

HeadSpec heads_of(const std::filesystem::path& model_dir) {
  if (!find_weights(model_dir)) return {};
  const SafetensorsSet file = open_weights(model_dir);
  const auto tensors = index_of(file);
  const StoredHeads stored = stored_heads(tensors);
  return {.pretraining =
              stored.pooler && (stored.masked_lm || stored.next_sentence) && untied_decoder(tensors).empty(),
          .num_labels = stored.num_labels,
          .pooler = stored.pooler,
          .span = stored.span};
}

}  // namespace rpp
