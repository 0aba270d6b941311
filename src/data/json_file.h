// A whole JSON file, whose values know their path, for messages such as "dev.json: data[3].paragraphs[0] has
// no key 'context'".
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rpp {

// Plain, .gz or .zst. Throws Error with file, line and byte for text that is not UTF-8 and for broken JSON.
nlohmann::json read_json_file(const std::filesystem::path& file);

// The members of the file's object, in its order. Throws Error for a value that is not an object and for a
// duplicate key.
std::vector<std::pair<std::string, nlohmann::json>> read_json_object(const std::filesystem::path& file);

// Must not outlive its parent node.
class JsonNode {
 public:
  JsonNode(const std::filesystem::path& file, const nlohmann::json& root) : file_(file), value_(root) {}

  JsonNode at(const char* key) const&;  // throws Error if this is not an object or lacks the key
  JsonNode at(const char* key) const&& = delete;
  std::optional<JsonNode> find(const char* key) const&;
  std::optional<JsonNode> find(const char* key) const&& = delete;
  JsonNode at(size_t index) const& { return {file_, value_[index], this, nullptr, index}; }
  JsonNode at(size_t index) const&& = delete;
  size_t num_items() const;  // throws Error if this is not a list

  // Each throws Error when the value has another type.
  const std::string& text() const;
  int64_t whole_number() const;
  bool truth() const;

  // "data[3].paragraphs[0]"
  std::string place() const;

 private:
  JsonNode(const std::filesystem::path& file, const nlohmann::json& value, const JsonNode* parent,
           const char* key, size_t index)
      : file_(file), value_(value), parent_(parent), key_(key), index_(index) {}
  [[noreturn]] void fail_type(const char* wanted) const;

  const std::filesystem::path& file_;
  const nlohmann::json& value_;
  const JsonNode* parent_ = nullptr;
  const char* key_ = nullptr;  // in the parent object; null in a list
  size_t index_ = 0;
};

}  // namespace rpp
