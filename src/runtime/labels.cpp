#include "labels.h"

#include <numeric>

#include "bert_format/architecture.h"
#include "bert_format/model_files.h"
#include "bert_format/model_labels.h"
#include "rpp/error.h"

namespace rpp {
namespace {

// The names under which Python imports them.
constexpr struct {
  std::string_view name;
  ScoreFunction function;
} kActivations[] = {{"torch.nn.modules.linear.Identity", ScoreFunction::none},
                    {"torch.nn.Identity", ScoreFunction::none},
                    {"torch.nn.modules.activation.Sigmoid", ScoreFunction::sigmoid},
                    {"torch.nn.Sigmoid", ScoreFunction::sigmoid}};

ScoreFunction function_named(std::string_view activation, const std::filesystem::path& config) {
  for (const auto& known : kActivations) {
    if (activation == known.name) return known.function;
  }
  fail("{}: the activation {} is not supported: only Identity and Sigmoid of torch.nn", config, activation);
}

ScoreFunction function_of(const std::string& problem, int64_t num_labels,
                          const std::filesystem::path& config) {
  if (problem == "regression") {
    RPP_CHECK(num_labels == 1,
              "{}: problem_type is regression, but the classifier has {} outputs instead of 1", config,
              num_labels);
    return ScoreFunction::none;
  }
  RPP_CHECK(
      problem.empty() || problem == "single_label_classification" || problem == "multi_label_classification",
      "{}: problem_type is {}: only single_label_classification, multi_label_classification and "
      "regression are answered",
      config, problem);
  const bool independent = problem == "multi_label_classification" || num_labels == 1;
  return independent ? ScoreFunction::sigmoid : ScoreFunction::softmax;
}

}  // namespace

std::vector<std::pair<std::string, double>> scores_of(const Labels& labels, std::span<const float> logits) {
  std::vector<size_t> order(logits.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return logits[a] > logits[b]; });
  std::vector<double> scores;
  for (const size_t label : order) scores.push_back(logits[label]);
  apply(labels.function, std::span(scores));
  std::vector<std::pair<std::string, double>> named;
  for (size_t i = 0; i < order.size(); ++i) named.emplace_back(labels.names[order[i]], scores[i]);
  return named;
}

Labels read_labels(const RuntimeModel& model) {
  const int64_t num_labels = model.sizes().labels;
  const std::filesystem::path& path = model.file().path();
  const std::filesystem::path config = path / kConfigFile;
  const std::string_view text = model.file().file(kConfigFile);
  const ModelLabels read = parse_model_labels(text, config);
  const std::string activation = parse_activation(text, config);
  const ScoreFunction by_problem = function_of(read.problem_type, num_labels, config);
  return {.names = class_names(read, num_labels, path),
          .function = activation.empty() ? by_problem : function_named(activation, config)};
}

void check_ranks(const RuntimeModel& model) {
  const int64_t num_labels = model.sizes().labels;
  if (num_labels == 0) check_architecture(model.file());
  RPP_CHECK(num_labels == 1,
            "{} does not rank texts: take a cross-encoder, which has one label; this model has {}",
            model.file().path(), num_labels);
}

}  // namespace rpp
