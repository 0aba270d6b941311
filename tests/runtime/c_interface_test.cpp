// The C interface is what c_interface.txt lists: a program that was compiled with an older header of the same
// major version still works. Add lines for what is new; do not remove or change any.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cstddef>
#include <regex>
#include <set>
#include <string>

#include "core/atomic_file.h"
#include "rpp/rpp.h"

namespace rpp {
namespace {

#define FIELD(type, field) \
  fmt::format("field {}.{} {} {}", #type, #field, offsetof(type, field), sizeof(type::field))
#define STRUCT(type) fmt::format("struct {} {}", #type, sizeof(type))
#define VALUE(name) fmt::format("value {} {}", #name, static_cast<int>(name))

std::set<std::string> structs_and_values() {
  return {STRUCT(rpp_load_options),
          FIELD(rpp_load_options, size),
          FIELD(rpp_load_options, mapped),
          FIELD(rpp_load_options, int8),
          STRUCT(rpp_session_options),
          FIELD(rpp_session_options, size),
          FIELD(rpp_session_options, num_threads),
          FIELD(rpp_session_options, max_tokens),
          FIELD(rpp_session_options, refuse_longer),
          FIELD(rpp_session_options, aggregation),
          FIELD(rpp_session_options, max_tokens_per_pass),
          FIELD(rpp_session_options, reserved),
          STRUCT(rpp_embed_options),
          FIELD(rpp_embed_options, size),
          FIELD(rpp_embed_options, prompt),
          FIELD(rpp_embed_options, dimensions),
          FIELD(rpp_embed_options, normalize),
          STRUCT(rpp_answer),
          FIELD(rpp_answer, begin),
          FIELD(rpp_answer, end),
          FIELD(rpp_answer, probability),
          STRUCT(rpp_filling),
          FIELD(rpp_filling, token),
          FIELD(rpp_filling, probability),
          STRUCT(rpp_entity),
          FIELD(rpp_entity, begin),
          FIELD(rpp_entity, end),
          FIELD(rpp_entity, label),
          FIELD(rpp_entity, score),
          VALUE(RPP_OK),
          VALUE(RPP_ERROR),
          VALUE(RPP_USAGE_ERROR),
          VALUE(RPP_OUT_OF_MEMORY),
          VALUE(RPP_AGGREGATION_SIMPLE),
          VALUE(RPP_AGGREGATION_NONE),
          VALUE(RPP_AGGREGATION_FIRST),
          VALUE(RPP_AGGREGATION_AVERAGE),
          VALUE(RPP_AGGREGATION_MAX),
          VALUE(RPP_NORMALIZE_DEFAULT),
          VALUE(RPP_NORMALIZE_NO),
          VALUE(RPP_NORMALIZE_YES)};
}

// Their declarations in the header, each on one line.
std::set<std::string> functions() {
  const std::string header = read_file(std::filesystem::path(RPP_SOURCE_DIR) / "include/rpp/rpp.h");
  std::set<std::string> found;
  const std::regex declaration(R"(RPP_API ([^;{}#"]*\));)");
  for (std::sregex_iterator match(header.begin(), header.end(), declaration), end; match != end; ++match) {
    found.insert("function " + std::regex_replace((*match)[1].str(), std::regex(R"(\s+)"), " "));
  }
  return found;
}

TEST(CInterface, IsThatOfTheGoldenList) {
  const std::filesystem::path list = std::filesystem::path(RPP_SOURCE_DIR) / "tests/runtime/c_interface.txt";
  std::istringstream golden(read_file(list));
  std::set<std::string> listed, actual = structs_and_values();
  for (std::string line; std::getline(golden, line);) listed.insert(line);
  actual.merge(functions());
  for (const std::string& line : listed) EXPECT_TRUE(actual.contains(line)) << "gone or changed: " << line;
  for (const std::string& line : actual) EXPECT_TRUE(listed.contains(line)) << "not listed: " << line;
}

}  // namespace
}  // namespace rpp
