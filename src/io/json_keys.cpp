#include "io/json_keys.h"

#include <nlohmann/json.hpp>

namespace rpp {
namespace {

using nlohmann::json;

class KeyReader : public nlohmann::json_sax<json> {
 public:
  std::vector<JsonKey> keys;

  bool start_object(size_t) override {
    open_.push_back(num_objects_++);
    return true;
  }
  bool end_object() override {
    open_.pop_back();
    return true;
  }
  bool key(std::string& name) override {
    keys.push_back({.object = open_.back(), .name = name});
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception&) override { return false; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(int64_t) override { return true; }
  bool number_unsigned(uint64_t) override { return true; }
  bool number_float(double, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(json::binary_t&) override { return true; }
  bool start_array(size_t) override { return true; }
  bool end_array() override { return true; }

 private:
  int64_t num_objects_ = 0;
  std::vector<int64_t> open_;
};

}  // namespace

std::vector<JsonKey> json_keys(std::string_view text) {
  KeyReader reader;
  json::sax_parse(text, &reader);
  return std::move(reader.keys);
}

}  // namespace rpp
