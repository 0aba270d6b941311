#include "bert_format/model_labels.h"

#include <algorithm>
#include <set>

#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "core/json.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;
using Names = std::vector<std::string>;

std::string generic_name(size_t id) {
  return fmt::format("LABEL_{}", id);
}

Names generic_names(int64_t num_labels) {
  Names names;
  for (size_t id = 0; id < static_cast<size_t>(num_labels); ++id) names.push_back(generic_name(id));
  return names;
}

std::string architecture_of(const StoredHeads& heads, ModelFamily family) {
  if (heads.span) return architecture_name(family, "ForQuestionAnswering");
  if (heads.num_labels > 0) return architecture_name(family, "ForSequenceClassification");
  if (heads.num_token_labels > 0) return architecture_name(family, "ForTokenClassification");
  if (!heads.masked_lm) return architecture_name(family, "Model");
  return architecture_name(family, family == ModelFamily::bert ? "ForPreTraining" : "ForMaskedLM");
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
  const std::string wrong = labels_complaint(names);
  if (!wrong.empty()) fail("{}: id2label: {}: write other names", file, wrong);
  return names;
}

// Empty if absent or null.
std::string text_of(const json& object, const char* key, const path& file) {
  const auto value = object.find(key);
  if (value == object.end() || value->is_null()) return "";
  if (!value->is_string()) fail("{}: {} is {}, it must be a text", file, key, value->dump());
  return value->get<std::string>();
}

bool is_control(unsigned char byte) {
  return byte < 0x20 || byte == 0x7f;
}

// C1: U+0080 to U+009F, including the terminal's CSI.
bool has_c1_control(std::string_view text) {
  for (size_t at = text.find('\xc2'); at != std::string_view::npos; at = text.find('\xc2', at + 1)) {
    if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0) return true;
  }
  return false;
}

}  // namespace

std::string labels_complaint(std::span<const std::string> names) {
  std::set<std::string_view> seen;
  for (const std::string& name : names) {
    const auto shown = [&] {
      return json(name).dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
    };
    if (std::any_of(name.begin(), name.end(), is_control) || has_c1_control(name)) {
      return fmt::format("the label {} holds a tab, a line end or another control character", shown());
    }
    if (!seen.insert(name).second) return fmt::format("two classes have the label {}", shown());
  }
  return "";
}

ModelLabels read_model_labels(const path& model_dir) {
  const path file = model_dir / kConfigFile;
  return parse_model_labels(read_file(file), file);
}

ModelLabels parse_model_labels(std::string_view config_json, const path& file) {
  const json config = parse_json_object(config_json, file.string());
  ModelLabels labels{.task = text_of(config, "finetuning_task", file),
                     .names = {},
                     .problem_type = text_of(config, "problem_type", file)};
  if (const auto id2label = config.find("id2label"); id2label != config.end() && id2label->is_object()) {
    labels.names = names_of(*id2label, file);
  }
  return labels;
}

std::string parse_activation(std::string_view config_json, const path& file) {
  constexpr const char* kSettings = "sentence_transformers";
  constexpr const char* kActivation = "activation_fn";
  const json config = parse_json_object(config_json, file.string());
  const json settings = config.value(kSettings, json());
  if (!settings.is_null() && !settings.is_object()) {
    fail("{}: {} is {}, it must be an object", file, kSettings, settings.dump());
  }
  if (settings.contains(kActivation)) return text_of(settings, kActivation, file);
  return text_of(config, "sbert_ce_default_activation_function", file);
}

Names class_names(const ModelLabels& labels, int64_t num_rows, const path& model_dir) {
  if (!labels.names.empty() && static_cast<int64_t>(labels.names.size()) != num_rows) {
    fail("{}: config.json names {} labels ({}), but the classifier has {} rows: correct id2label", model_dir,
         labels.names.size(), fmt::join(labels.names, ", "), num_rows);
  }
  if (!labels.names.empty()) return labels.names;
  return generic_names(num_rows);
}

nlohmann::ordered_json label_keys(const ModelLabels& labels) {
  nlohmann::ordered_json keys = task_keys(labels.task);
  if (!labels.problem_type.empty()) keys["problem_type"] = labels.problem_type;
  keys.update(name_keys(labels.names));
  return keys;
}

nlohmann::ordered_json name_keys(std::span<const std::string> names) {
  auto id2label = nlohmann::ordered_json::object(), label2id = nlohmann::ordered_json::object();
  for (size_t id = 0; id < names.size(); ++id) {
    id2label[std::to_string(id)] = names[id];
    label2id[names[id]] = id;
  }
  return {{"id2label", std::move(id2label)}, {"label2id", std::move(label2id)}};
}

nlohmann::ordered_json task_keys(std::string_view task) {
  return {{"finetuning_task", task}};
}

nlohmann::ordered_json architecture_keys(const StoredHeads& heads, ModelFamily family) {
  nlohmann::ordered_json keys = {{"architectures", {architecture_of(heads, family)}}};
  const int64_t num_labels = std::max(heads.num_labels, heads.num_token_labels);
  if (num_labels > 0) keys.update(name_keys(generic_names(num_labels)));
  return keys;
}

}  // namespace rpp
