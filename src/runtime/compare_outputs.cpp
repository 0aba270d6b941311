#include "runtime/compare_outputs.h"

#include <algorithm>
#include <cmath>

#include "io/safetensors.h"
#include "rpp/error.h"

namespace rpp {
namespace {

std::vector<int32_t> read_integers(const SafetensorsFile& file, const char* name) {
  const TensorView& tensor = file.at(name);
  RPP_CHECK(tensor.dtype == Dtype::i64, "{}: {} is {}, not I64", file.path(), name, dtype_name(tensor.dtype));
  std::vector<int32_t> integers;
  for (const int64_t value : tensor.as<int64_t>()) {
    RPP_CHECK(value >= 0 && value <= INT32_MAX, "{}: {} holds {}", file.path(), name, value);
    integers.push_back(static_cast<int32_t>(value));
  }
  return integers;
}

AnswerDifference compare(const SafetensorsFile& file, const TensorView& wanted, std::span<const float> got) {
  RPP_CHECK(wanted.dtype == Dtype::f32 && wanted.num_elements() == static_cast<int64_t>(got.size()),
            "{}: {} has {} values of {}, the model gives {} of F32: is it of another model?", file.path(),
            wanted.name, wanted.num_elements(), dtype_name(wanted.dtype), got.size());
  AnswerDifference difference{.name = wanted.name, .num_values = wanted.num_elements()};
  const auto values = wanted.as<float>();
  for (size_t i = 0; i < got.size(); ++i) {
    const double distance = std::abs(static_cast<double>(got[i]) - values[i]);
    difference.largest = std::max(difference.largest, std::isnan(distance) ? INFINITY : distance);
  }
  return difference;
}

// The number of rows of [rows, labels] with a different best label.
int64_t count_other_labels(std::span<const float> wanted, std::span<const float> got, size_t labels) {
  int64_t others = 0;
  for (size_t begin = 0; begin < got.size(); begin += labels) {
    const auto a = wanted.subspan(begin, labels);
    const auto b = got.subspan(begin, labels);
    others += std::ranges::max_element(a) - a.begin() != std::ranges::max_element(b) - b.begin();
  }
  return others;
}

}  // namespace

TextBatch read_texts(const SafetensorsFile& file) {
  return {.input_ids = read_integers(file, "input_ids"),
          .token_type_ids = read_integers(file, "token_type_ids"),
          .cu_seqlens = read_integers(file, "cu_seqlens")};
}

std::vector<AnswerDifference> compare_outputs(Session& session, const std::filesystem::path& outputs) {
  const SafetensorsFile file(outputs);
  session.encode(read_texts(file).view());
  std::vector<AnswerDifference> differences = {compare(file, file.at("last_hidden_state"), session.hidden())};
  if (const TensorView* pooled = file.find("pooler_output")) {
    differences.push_back(compare(file, *pooled, session.pooled()));
  }
  if (const TensorView* logits = file.find("logits")) {
    AnswerDifference& difference = differences.emplace_back(compare(file, *logits, session.logits()));
    const auto num_labels = static_cast<size_t>(session.model().sizes().labels);
    difference.num_texts = difference.num_values / session.model().sizes().labels;
    difference.other_labels = count_other_labels(logits->as<float>(), session.logits(), num_labels);
  }
  return differences;
}

}  // namespace rpp
