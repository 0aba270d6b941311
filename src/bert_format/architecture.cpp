#include "bert_format/architecture.h"

#include <fmt/ranges.h>

#include <vector>

#include "bert_format/family.h"
#include "bert_format/model_files.h"
#include "core/json.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Json = nlohmann::json;

// By the name of the class without that of its family.
constexpr std::pair<std::string_view, Head> kHeads[] = {{"Model", Head::none},
                                                        {"ForSequenceClassification", Head::classifier},
                                                        {"ForTokenClassification", Head::token_classifier},
                                                        {"ForQuestionAnswering", Head::span},
                                                        {"ForMaskedLM", Head::masked_lm},
                                                        {"ForPreTraining", Head::masked_lm}};

Head head_of(std::string_view name) {
  const auto own = head_of_architecture(name);
  for (const auto& [suffix, head] : kHeads) {
    if (own == suffix) return head;
  }
  return Head::unsupported;
}

std::vector<std::string> names_in(const Json& list, std::string_view source) {
  std::vector<std::string> names;
  for (const Json& name : list) {
    if (!list.is_array() || !name.is_string()) {
      fail("{}: architectures is {}, it must be a list with the name of one", source, list.dump());
    }
    names.push_back(name.get<std::string>());
  }
  return names;
}

}  // namespace

Architecture parse_architecture(std::string_view config_json, std::string_view source) {
  const Json config = parse_json_object<Json>(config_json, source);
  const auto list = config.find("architectures");
  if (list == config.end()) return {};
  const std::vector<std::string> names = names_in(*list, source);
  if (names.empty()) return {};
  return {.name = fmt::format("{}", fmt::join(names, ", ")),
          .head = names.size() == 1 ? head_of(names.front()) : Head::unsupported};
}

Architecture read_architecture(const ModelFile& file) {
  return parse_architecture(file.file(kConfigFile), (file.path() / kConfigFile).string());
}

void check_architecture(const ModelFile& file) {
  const Architecture architecture = read_architecture(file);
  RPP_CHECK(architecture.head != Head::unsupported,
            "{}: architectures is {}: answers come from BertForSequenceClassification, "
            "BertForTokenClassification, BertForQuestionAnswering, BertForMaskedLM or BertForPreTraining, "
            "and those of RoBERTa, XLM-R, DistilBERT, ELECTRA and MPNet; ask for embeddings, or name the one "
            "whose head the "
            "model has",
            file.path() / kConfigFile, architecture.name);
}

}  // namespace rpp
