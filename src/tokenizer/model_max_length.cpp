#include "tokenizer/model_max_length.h"
#include "bert_format/model_files.h"

#include "core/atomic_file.h"
#include "core/json.h"
#include "rpp/error.h"

namespace rpp {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;  // keeps the order when written; reading many keys into it is quadratic
using std::filesystem::path;

constexpr const char* kKey = "model_max_length";
constexpr double kNoLimit = 1e18;

path file_in(const path& model_dir) {
  return model_dir / kTokenizerConfigFile;
}

template <typename Json>
Json parse_config(std::string_view text, const path& file) {
  return parse_json_object<Json>(text, file.string(), "write it again or remove it");
}

}  // namespace

void write_model_max_length(const path& model_dir, int64_t tokens) {
  auto config = parse_config<ordered_json>(read_file(file_in(model_dir)), file_in(model_dir));
  config[kKey] = tokens;
  write_file_atomically(file_in(model_dir), config.dump(2) + '\n');
}

std::optional<int64_t> read_model_max_length(const path& model_dir) {
  const path file = file_in(model_dir);
  if (!std::filesystem::exists(file)) return std::nullopt;
  return parse_model_max_length(read_file(file), file);
}

std::optional<int64_t> parse_model_max_length(std::string_view tokenizer_config, const path& file) {
  const auto config = parse_config<json>(tokenizer_config, file);
  const auto value = config.find(kKey);
  if (value == config.end() || value->is_null()) return std::nullopt;
  if (value->is_number() && value->get<double>() >= kNoLimit) return std::nullopt;
  RPP_CHECK(value->is_number_integer() && value->get<int64_t>() > 0,
            "{}: model_max_length is {}, it must be a number of tokens", file, value->dump());
  return value->get<int64_t>();
}

}  // namespace rpp
