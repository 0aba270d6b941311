#include "json_file.h"

#include <algorithm>

#include "core/json.h"
#include "io/json_keys.h"
#include "program/line_reader.h"
#include "rpp/error.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

using nlohmann::json;
using std::filesystem::path;

constexpr size_t kShownBytes = 60;
constexpr size_t kMaxJsonBytes = size_t{1} << 30;  // parsed, it takes ten times as much

std::string read_text(const path& file) {
  LineReader reader(file, kMaxJsonBytes);
  std::string text;
  for (std::string line; reader.next(line);) {
    text += line + '\n';
    RPP_CHECK(text.size() <= kMaxJsonBytes, "{} has more than {} bytes: split it", input_name(file),
              kMaxJsonBytes);
  }
  return text;
}

struct Position {
  int64_t line, byte;  // from 1; the byte within its line
};

Position position_of(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0
  return {1 + std::count(before.begin(), before.end(), '\n'), static_cast<int64_t>(offset - line_begin) + 1};
}

json parse_text(const path& file, std::string_view text) {
  const size_t invalid = find_invalid_utf8(text);
  if (invalid < text.size()) {
    const Position at = position_of(text, invalid);
    fail("{}:{}: byte {} of the line is not UTF-8: convert the file, as with iconv -t UTF-8", file, at.line,
         at.byte);
  }
  return parse_json(text, file.string());
}

std::string shown(const json& value) {
  std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true);
  if (text.size() > kShownBytes) text = text.substr(0, kShownBytes) + "...";
  return text;
}

}  // namespace

json read_json_file(const path& file) {
  return parse_text(file, read_text(file));
}

std::vector<std::pair<std::string, json>> read_json_object(const path& file) {
  const std::string text = read_text(file);
  json object = parse_text(file, text);
  RPP_CHECK(object.is_object(), "{} holds no JSON object, but {}", file, shown(object));
  std::vector<std::pair<std::string, json>> members;
  for (JsonKey& key : json_keys(text)) {  // the parsed object has them sorted
    if (key.object != 0) continue;
    const auto value = object.find(key.name);
    RPP_CHECK(value != object.end(), "{}: the key '{}' is there twice: remove one", file, key.name);
    members.emplace_back(std::move(key.name), std::move(*value));
    object.erase(value);
  }
  return members;
}

std::string JsonNode::place() const {
  if (parent_ == nullptr) return "";
  const std::string before = parent_->place();
  if (key_ == nullptr) return fmt::format("{}[{}]", before, index_);
  return before.empty() ? key_ : fmt::format("{}.{}", before, key_);
}

void JsonNode::fail_type(const char* wanted) const {
  const std::string where = place();
  fail("{}: {} must be {}, not {}", file_, where.empty() ? "the file" : where, wanted, shown(value_));
}

std::optional<JsonNode> JsonNode::find(const char* key) const& {
  if (!value_.is_object()) fail_type("an object");
  const auto member = value_.find(key);
  if (member == value_.end()) return std::nullopt;
  return JsonNode(file_, *member, this, key, 0);
}

JsonNode JsonNode::at(const char* key) const& {
  if (const auto member = find(key)) return *member;
  const std::string where = place();
  fail("{}: {} has no key '{}'", file_, where.empty() ? "the file" : where, key);
}

size_t JsonNode::num_items() const {
  if (!value_.is_array()) fail_type("a list");
  return value_.size();
}

const std::string& JsonNode::text() const {
  if (!value_.is_string()) fail_type("a text");
  return value_.get_ref<const std::string&>();
}

int64_t JsonNode::whole_number() const {
  if (!value_.is_number_integer()) fail_type("a whole number");
  return value_.get<int64_t>();
}

bool JsonNode::truth() const {
  if (!value_.is_boolean()) fail_type("true or false");
  return value_.get<bool>();
}

}  // namespace rpp
