#include "bert_format/family.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rpp {
namespace {

struct FamilyNames {
  ModelFamily family;
  std::string_view model_type, class_prefix;
};

constexpr std::array<FamilyNames, 7> kFamilies = {{{ModelFamily::bert, "bert", "Bert"},
                                                   {ModelFamily::roberta, "roberta", "Roberta"},
                                                   {ModelFamily::xlm_roberta, "xlm-roberta", "XLMRoberta"},
                                                   {ModelFamily::camembert, "camembert", "Camembert"},
                                                   {ModelFamily::distilbert, "distilbert", "DistilBert"},
                                                   {ModelFamily::electra, "electra", "Electra"},
                                                   {ModelFamily::mpnet, "mpnet", "MPNet"}}};

const FamilyNames& names_of(ModelFamily family) {
  return *std::ranges::find(kFamilies, family, &FamilyNames::family);
}

}  // namespace

std::optional<ModelFamily> family_of(std::string_view model_type) {
  const auto found = std::ranges::find(kFamilies, model_type, &FamilyNames::model_type);
  return found == kFamilies.end() ? std::nullopt : std::optional(found->family);
}

std::string_view model_type(ModelFamily family) {
  return names_of(family).model_type;
}

std::string known_model_types() {
  std::string text;
  for (const FamilyNames& names : kFamilies) {
    if (!text.empty()) text += &names == &kFamilies.back() ? " or " : ", ";
    text += names.model_type;
  }
  return text;
}

std::string architecture_name(ModelFamily family, std::string_view head) {
  return fmt::format("{}{}", names_of(family).class_prefix, head);
}

std::optional<std::string_view> head_of_architecture(std::string_view name) {
  for (const FamilyNames& names : kFamilies) {
    if (name.starts_with(names.class_prefix)) return name.substr(names.class_prefix.size());
  }
  return std::nullopt;
}

}  // namespace rpp
