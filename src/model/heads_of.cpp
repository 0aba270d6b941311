#include "model/heads_of.h"

#include "bert_format/architecture.h"
#include "bert_format/heads.h"
#include "bert_format/model_files.h"
#include "bert_format/weight_files.h"
#include "core/atomic_file.h"

namespace rpp {
namespace {

Head architecture_head(const std::filesystem::path& model_dir) {
  const auto config = model_dir / kConfigFile;
  if (!std::filesystem::exists(config)) return Head::guessed;
  return parse_architecture(read_file(config), config.string()).head;
}

}  // namespace

HeadSpec heads_of(const std::filesystem::path& model_dir) {
  if (!find_weights(model_dir)) return {};
  const SafetensorsSet file = open_weights(model_dir);
  const auto tensors = index_of(file);
  const StoredHeads stored = stored_heads(tensors);
  const bool tags_tokens = architecture_head(model_dir) == Head::token_classifier;
  return {.pretraining =
              stored.pooler && (stored.masked_lm || stored.next_sentence) && untied_decoder(tensors).empty(),
          .num_labels = tags_tokens ? 0 : stored.num_labels,
          .pooler = stored.pooler,
          .span = stored.span,
          .num_token_labels = tags_tokens ? classifier_rows(tensors) : 0};
}

}  // namespace rpp
