#include "rpp/io/model_labels.h"

#include "rpp/core/atomic_file.h"
#include "rpp/core/error.h"
#include "rpp/core/json.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;
using Names = std::vector<std::string>;

std::string generic_name(size_t id) {
  return fmt::format("LABEL_{}", id);
}

Names names_of(const json& id2label, const path& file) {
  Names names;
  for (size_t id = 0; id < id2label.size(); ++id) {
    const auto name = id2label.find(std::to_string(id));
    if (name == id2label.end() || !(name->is_string() || name->is_null())) {
      fail("{}: id2label is {}, it must name the classes \"0\", \"1\", ...", file, id2label.dump());
    }
    names.push_back(name->is_null() ? generic_name(id) : name->get<std::string>());
  }
  return names;
}

}  // namespace

ModelLabels read_model_labels(const path& model_dir) {
  const path file = model_dir / "config.json";
  return parse_model_labels(read_file(file), file);
}

ModelLabels parse_model_labels(std::string_view config_json, const path& file) {
  const json config = parse_json_object(config_json, file.string());
  const auto text = [&](const char* key) {
    const auto value = config.find(key);
    return value != config.end() && value->is_string() ? value->get<std::string>() : std::string();
  };
  ModelLabels labels{.task = text("finetuning_task"), .names = {}, .problem_type = text("problem_type")};
  if (const auto id2label = config.find("id2label"); id2label != config.end() && id2label->is_object()) {
    labels.names = names_of(*id2label, file);
  }
  return labels;
}

Names class_names(const ModelLabels& labels, int64_t num_rows, const path& model_dir) {
  if (!labels.names.empty() && static_cast<int64_t>(labels.names.size()) != num_rows) {
    fail("{}: config.json names {} labels ({}), but the classifier has {} rows: mend id2label", model_dir,
         labels.names.size(), fmt::join(labels.names, ", "), num_rows);
  }
  if (!labels.names.empty()) return labels.names;
  Names names;
  for (size_t id = 0; id < static_cast<size_t>(num_rows); ++id) names.push_back(generic_name(id));
  return names;
}

}  // namespace rpp
