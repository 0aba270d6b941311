#include "eval/multi_label.h"

#include <algorithm>
#include <vector>

#include "rpp/error.h"

namespace rpp {
namespace {

struct Counts {
  int64_t found = 0, predicted = 0, actual = 0;

  void add(bool prediction, bool label) {
    found += prediction && label ? 1 : 0;
    predicted += prediction ? 1 : 0;
    actual += label ? 1 : 0;
  }
  double f1() const {
    if (predicted + actual == 0) return 0;
    return 2 * static_cast<double>(found) / static_cast<double>(predicted + actual);
  }
};

}  // namespace

MultiLabelScores multi_label_scores(std::span<const uint8_t> predictions, std::span<const uint8_t> labels,
                                    int64_t num_labels) {
  RPP_CHECK(predictions.size() == labels.size(), "{} predictions for {} labels: the numbers must be equal",
            predictions.size(), labels.size());
  const auto width = static_cast<size_t>(num_labels);
  RPP_CHECK(!labels.empty() && labels.size() % width == 0,
            "{} decisions for {} labels of each text: a metric needs at least one text", labels.size(),
            width);
  Counts all;
  std::vector<Counts> of_label(width);
  int64_t right_texts = 0;
  for (size_t text = 0; text < labels.size(); text += width) {
    const auto predicted = predictions.subspan(text, width), actual = labels.subspan(text, width);
    for (size_t i = 0; i < width; ++i) {
      all.add(predicted[i] != 0, actual[i] != 0);
      of_label[i].add(predicted[i] != 0, actual[i] != 0);
    }
    right_texts += std::ranges::equal(predicted, actual) ? 1 : 0;
  }
  double sum = 0;
  for (const Counts& counts : of_label) sum += counts.f1();
  return {.micro_f1 = all.f1(),
          .macro_f1 = sum / static_cast<double>(width),
          .subset_accuracy = static_cast<double>(right_texts) / static_cast<double>(labels.size() / width)};
}

}  // namespace rpp
