#include "data/read_texts.h"

#include "program/line_reader.h"
#include "rpp/error.h"

namespace rpp {
namespace {

GlueExample parse_text(const std::string& line, const std::filesystem::path& file, int64_t number) {
  const auto tab = line.find('\t');
  if (tab == std::string::npos) return {.text_a = line, .text_b = ""};
  RPP_CHECK(line.find('\t', tab + 1) == std::string::npos,
            "{}:{}: more than one tab; a line is one text, or two with one tab between", file, number);
  RPP_CHECK(tab + 1 < line.size(), "{}:{}: the second text of the pair is empty", file, number);
  return {.text_a = line.substr(0, tab), .text_b = line.substr(tab + 1)};
}

}  // namespace

std::vector<GlueExample> read_texts(const std::filesystem::path& file) {
  std::vector<GlueExample> texts;
  LineReader reader(file);
  for (std::string line; reader.next(line);) texts.push_back(parse_text(line, file, reader.line_number()));
  RPP_CHECK(!texts.empty(), "{} holds no text: a line is one text, or two with a tab between", file);
  return texts;
}

}  // namespace rpp
