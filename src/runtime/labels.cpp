#include "labels.h"

#include "bert_format/model_file.h"
#include "bert_format/model_files.h"
#include "bert_format/model_labels.h"
#include "rpp/error.h"

namespace rpp {

Labels read_labels(const RuntimeModel& model) {
  const int64_t num_labels = model.sizes().labels;
  const std::filesystem::path& path = model.file().path();
  const ModelLabels read = parse_model_labels(model.file().file(kConfigFile), path / kConfigFile);
  std::string problem = read.problem_type;
  if (problem.empty()) problem = num_labels == 1 ? "regression" : "single_label_classification";
  RPP_CHECK(problem == "regression" || problem == "single_label_classification",
            "{}: problem_type is {}: only single_label_classification and regression are answered",
            path / kConfigFile, problem);
  RPP_CHECK(problem != "regression" || num_labels == 1,
            "{}: problem_type is regression, but the classifier has {} outputs instead of 1",
            path / kConfigFile, num_labels);
  return {.names = class_names(read, num_labels, path), .regression = problem == "regression"};
}

}  // namespace rpp
