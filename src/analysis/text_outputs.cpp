#include "text_outputs.h"

#include <cmath>
#include <optional>

#include "runtime/text_batch.h"
#include "tokenizer/sequence.h"

namespace rpp {
namespace {

void append(std::span<const float> values, NamedOutput& output) {
  output.values.insert(output.values.end(), values.begin(), values.end());
}

}  // namespace

std::vector<NamedOutput> text_outputs(const std::filesystem::path& model_dir, const Tokenizer& tokenizer,
                                      std::span<const GlueExample> texts) {
  const auto model = RuntimeModel::load(model_dir);
  const ModelSizes& sizes = model->sizes();
  TextBatch batch;
  for (const GlueExample& text : texts) {
    const auto pair = text.text_b.empty() ? std::nullopt : std::optional<std::string_view>(text.text_b);
    append_sequence(tokenizer, text.text_a, pair, sizes.positions, batch.input_ids, batch.token_type_ids);
    batch.end_sequence();
  }
  std::vector<NamedOutput> outputs = {{.name = "last_hidden_state"}};
  if (sizes.pooler) outputs.push_back({.name = "pooler_output"});
  if (sizes.labels > 0) outputs.push_back({.name = "logits"});
  Session session(model);
  for_each_pass(batch, [&](size_t, const TokenBatch& pass) {
    session.encode(pass);
    append(session.hidden(), outputs[0]);
    if (sizes.pooler) append(session.pooled(), outputs[1]);
    if (sizes.labels > 0) append(session.logits(), outputs[2]);
  });
  return outputs;
}

double largest_difference(std::span<const float> a, std::span<const float> b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double difference = std::abs(double{a[i]} - b[i]);
    if (std::isnan(difference)) return difference;
    largest = std::max(largest, difference);
  }
  return largest;
}

}  // namespace rpp
