// Formulas and their order follow Pooling and Normalize of sentence-transformers 6.2.
#include "bert_format/sentence_embedding.h"

#include <algorithm>
#include <utility>

#include "bert_format/model_files.h"
#include "core/atomic_file.h"
#include "core/json.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using Json = nlohmann::json;

struct NamedPooling {
  Pooling pooling;
  const char* flag;  // in config.json
  const char* name;  // the value of "pooling_mode"
};

// In the order in which their results are concatenated.
constexpr NamedPooling kPoolings[] = {
    {Pooling::cls, "pooling_mode_cls_token", "cls"},
    {Pooling::max, "pooling_mode_max_tokens", "max"},
    {Pooling::mean, "pooling_mode_mean_tokens", "mean"},
    {Pooling::mean_sqrt_length, "pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"},
    {Pooling::weighted_mean, "pooling_mode_weightedmean_tokens", "weightedmean"},
    {Pooling::last, "pooling_mode_lasttoken", "lasttoken"}};

// JSON files of one model, with the model's and the file's name in every error message.
class Files {
 public:
  explicit Files(const ModelFile& file) : file_(file) {}

  bool has(const std::string& name) const { return file_.contents().files.contains(name); }
  std::filesystem::path place(const std::string& name) const { return file_.path() / name; }

  Json json(const std::string& name) const { return parse_json(file_.file(name), place(name).string()); }

  // An empty object if the model has no such file.
  Json object(const std::string& name) const {
    if (!has(name)) return Json::object();
    return parse_json_object(file_.file(name), place(name).string());
  }

 private:
  const ModelFile& file_;
};

// The value, or `usual` if absent or null.
template <typename T>
T value_of(const Json& object, const char* key, T usual, const std::filesystem::path& place) {
  const auto value = object.find(key);
  if (value == object.end() || value->is_null()) return usual;
  bool fits = false;
  if constexpr (std::is_same_v<T, bool>) fits = value->is_boolean();
  if constexpr (std::is_same_v<T, std::string>) fits = value->is_string();
  if constexpr (std::is_same_v<T, int64_t>) fits = value->is_number_integer();
  RPP_CHECK(fits, "{}: {} is {}: the type is wrong", place, key, value->dump());
  return value->get<T>();
}

struct Module {
  std::string type;  // "sentence_transformers.models.Pooling"
  std::string path;  // its subdirectory of the model directory

  std::string kind() const { return type.substr(type.rfind('.') + 1); }
};

std::vector<Module> modules_in(const Json& list, const std::filesystem::path& place) {
  RPP_CHECK(list.is_array(), "{} holds no list of modules", place);
  std::vector<Module> modules;
  for (const auto& entry : list) {
    RPP_CHECK(entry.is_object() && entry.contains("type"), "{}: module {} has no type", place,
              modules.size());
    modules.push_back(
        {value_of<std::string>(entry, "type", "", place), value_of<std::string>(entry, "path", "", place)});
  }
  return modules;
}

constexpr const char* kDense = "Dense";

void check_modules(const std::vector<Module>& modules, const std::filesystem::path& place) {
  const std::vector<std::string> known = {"Transformer", "Pooling", kDense, "Normalize"};
  for (const auto& module : modules) {
    RPP_CHECK(module.type.starts_with("sentence_transformers.") &&
                  std::find(known.begin(), known.end(), module.kind()) != known.end(),
              "{}: no embeddings of a model with the module {}: only Transformer, Pooling, Dense and "
              "Normalize are supported",
              place, module.type);
  }
  const bool starts = modules.size() >= 2 && modules[0].kind() == known[0] && modules[1].kind() == known[1];
  size_t next = std::min<size_t>(2, modules.size());
  while (next < modules.size() && modules[next].kind() == kDense) ++next;
  if (next < modules.size() && modules[next].kind() == known.back()) ++next;
  RPP_CHECK(starts && next == modules.size() && modules[0].path.empty(),
            "{}: the modules must be a Transformer in the model directory itself, a Pooling and, if any, "
            "Dense and a Normalize, in this order",
            place);
}

Pooling pooling_named(const Json& name, const std::filesystem::path& place) {
  for (const auto& known : kPoolings) {
    if (name == known.name) return known.pooling;
  }
  fail("{}: pooling_mode {} is not known: cls, max, mean, mean_sqrt_len_tokens, weightedmean, lasttoken",
       place, name.dump());
}

// A name, a list of names, or the flags of older versions: no flag means the mean.
std::vector<Pooling> read_poolings(const Json& config, const std::filesystem::path& place) {
  std::vector<Pooling> poolings;
  if (const auto named = config.find("pooling_mode"); named != config.end()) {
    const Json names = named->is_array() ? *named : Json::array({*named});
    for (const auto& name : names) poolings.push_back(pooling_named(name, place));
    RPP_CHECK(!poolings.empty(), "{}: pooling_mode is empty", place);
    return poolings;
  }
  for (const auto& known : kPoolings) {
    if (value_of(config, known.flag, false, place)) poolings.push_back(known.pooling);
  }
  return poolings.empty() ? std::vector{Pooling::mean} : poolings;
}

void read_pooling(const Files& files, const std::string& folder, SentenceEmbedding& embedding) {
  const std::string name = folder + "/config.json";
  const Json config = files.object(name);
  RPP_CHECK(files.has(name), "{} is missing: modules.json names it", files.place(name));
  embedding.poolings = read_poolings(config, files.place(name));
  embedding.pool_prompt = value_of(config, "include_prompt", true, files.place(name));
}

void read_prompts(const Files& files, SentenceEmbedding& embedding) {
  constexpr const char* kFile = "config_sentence_transformers.json";
  const Json config = files.object(kFile);
  const auto prompts = config.find("prompts");
  if (prompts != config.end() && !prompts->is_null()) {
    RPP_CHECK(prompts->is_object(), "{}: prompts is {}: the type is wrong", files.place(kFile),
              prompts->dump());
    for (const auto& entry : prompts->items()) {
      embedding.prompts[entry.key()] =
          value_of<std::string>(*prompts, entry.key().c_str(), "", files.place(kFile));
    }
  }
  const auto name = value_of<std::string>(config, "default_prompt_name", "", files.place(kFile));
  if (name.empty()) return;
  const auto found = embedding.prompts.find(name);
  RPP_CHECK(found != embedding.prompts.end(), "{}: default_prompt_name is '{}', which prompts does not have",
            files.place(kFile), name);
  embedding.prompt = found->second;
}

void read_reading(const Files& files, SentenceEmbedding& embedding) {
  constexpr const char* kFile = "sentence_bert_config.json";
  const Json config = files.object(kFile);
  const auto place = files.place(kFile);
  embedding.max_seq_length = value_of<int64_t>(config, "max_seq_length", 0, place);
  RPP_CHECK(embedding.max_seq_length >= 0, "{}: max_seq_length is {}", place, embedding.max_seq_length);
  const bool cased =
      !value_of(files.object(kTokenizerConfigFile), "do_lower_case", true, files.place(kTokenizerConfigFile));
  RPP_CHECK(!cased || !value_of(config, "do_lower_case", false, place),
            "{}: do_lower_case beside a cased tokenizer is not supported", place);
}

constexpr const char* kModulesFile = "modules.json";

}  // namespace

std::vector<std::filesystem::path> sentence_embedding_files(const std::filesystem::path& model_dir) {
  std::vector<std::filesystem::path> files;
  const auto add = [&](const std::filesystem::path& name) {
    if (std::filesystem::exists(model_dir / name)) files.push_back(name);
  };
  add(kModulesFile);
  if (files.empty()) return {};
  const auto place = model_dir / kModulesFile;
  for (const char* name : {"sentence_bert_config.json", "config_sentence_transformers.json"}) add(name);
  for (const auto& module : modules_in(parse_json(read_file(place), place.string()), place)) {
    if (module.path.empty()) continue;
    add(std::filesystem::path(module.path) / kConfigFile);
    if (module.kind() == kDense) add(std::filesystem::path(module.path) / kWeightsFile);
  }
  return files;
}

void copy_sentence_embedding_files(const std::filesystem::path& from, const std::filesystem::path& to) {
  for (const auto& name : sentence_embedding_files(from)) {
    std::filesystem::create_directories((to / name).parent_path());
    std::filesystem::copy_file(from / name, to / name, std::filesystem::copy_options::overwrite_existing);
  }
}

SentenceEmbedding read_sentence_embedding(const ModelFile& file) {
  const Files files(file);
  SentenceEmbedding embedding;
  if (!files.has("modules.json")) return embedding;
  const auto modules = modules_in(files.json("modules.json"), files.place("modules.json"));
  check_modules(modules, files.place("modules.json"));
  embedding.normalized = modules.back().kind() == "Normalize";
  read_pooling(files, modules[1].path, embedding);
  for (const Module& module : modules) {
    if (module.kind() == kDense) embedding.dense.push_back(read_dense_module(file, module.path));
  }
  read_prompts(files, embedding);
  read_reading(files, embedding);
  return embedding;
}

}  // namespace rpp
