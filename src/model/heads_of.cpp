#include "model/heads_of.h"

#include "bert_format/heads.h"
#include "bert_format/model_files.h"

namespace rpp {

HeadSpec heads_of(const std::filesystem::path& model_dir) {
  const auto path = model_dir / kWeightsFile;
  if (!std::filesystem::exists(path)) return {};
  const SafetensorsFile file(path);
  const StoredHeads stored = stored_heads(index_of(file));
  return {.pretraining = stored.pooler && (stored.masked_lm || stored.next_sentence),
          .num_labels = stored.num_labels,
          .pooler = stored.pooler,
          .span = stored.span};
}

}  // namespace rpp
