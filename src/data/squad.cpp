#include "data/squad.h"

#include <algorithm>
#include <unordered_set>

#include "data/sample_rows.h"
#include "glue_row.h"
#include "json_file.h"
#include "rpp/error.h"
#include "tokenizer/unicode.h"

namespace rpp {
namespace {

using std::filesystem::path;

// The byte at which each code point starts, then the text's end.
std::vector<int64_t> code_point_begins(std::string_view text) {
  std::vector<int64_t> begins = {0};
  for (size_t byte = 0; byte < text.size();) {
    next_code_point(text, byte);
    begins.push_back(static_cast<int64_t>(byte));
  }
  return begins;
}

// Fills one SquadData from one or more files.
class Reader {
 public:
  explicit Reader(const SquadReading& reading) : reading_(reading) {}

  void read_file(const path& file) {
    file_ = &file;
    const nlohmann::json json = read_json_file(file);
    const JsonNode root(file, json);
    const JsonNode articles = root.at("data");
    for (size_t i = 0; i < articles.num_items(); ++i) {
      const JsonNode article = articles.at(i);
      const JsonNode paragraphs = article.at("paragraphs");
      for (size_t j = 0; j < paragraphs.num_items(); ++j) read_paragraph(paragraphs.at(j));
    }
  }

  SquadData take() { return std::move(data_); }

 private:
  void read_paragraph(const JsonNode& paragraph) {
    const JsonNode context = paragraph.at("context");
    if (context.text().empty()) fail("{}: {} is empty", *file_, context.place());
    data_.contexts.push_back(context.text());
    begins_ = code_point_begins(context.text());
    const JsonNode questions = paragraph.at("qas");
    for (size_t i = 0; i < questions.num_items(); ++i) read_question(questions.at(i));
  }

  void read_question(const JsonNode& node) {
    SquadQuestion question{.id = node.at("id").text(),
                           .text = node.at("question").text(),
                           .context = static_cast<int64_t>(data_.contexts.size()) - 1,
                           .answers = {}};
    if (!ids_.insert(question.id).second) {
      fail("{}: {}: another question has the id '{}' already", *file_, node.place(), question.id);
    }
    const auto is_impossible = node.find("is_impossible");
    if (is_impossible) data_.version = SquadVersion::v2;
    if (reading_.has_answers) {
      read_answers(node.at("answers"), question);
      check_answered(node, question, is_impossible && is_impossible->truth());
    }
    data_.questions.push_back(std::move(question));
  }

  void read_answers(const JsonNode& answers, SquadQuestion& question) {
    for (size_t i = 0; i < answers.num_items(); ++i) {
      const JsonNode node = answers.at(i);
      SquadAnswer answer{.text = node.at("text").text()};
      const int64_t start = node.at("answer_start").whole_number();
      if (is_at(answer.text, start)) {
        answer.begin = begins_[static_cast<size_t>(start)];
      } else {
        note_misplaced(question.id, answer.text, start);
      }
      question.answers.push_back(std::move(answer));
    }
  }

  // Whether the context has the text at that code point.
  bool is_at(std::string_view text, int64_t start) const {
    if (text.empty() || start < 0 || start >= std::ssize(begins_)) return false;
    const auto byte = static_cast<size_t>(begins_[static_cast<size_t>(start)]);
    return std::string_view(data_.contexts.back()).substr(byte).starts_with(text);
  }

  void note_misplaced(const std::string& id, const std::string& text, int64_t start) {
    if (reading_.strict) {
      fail("{}: question '{}': its context does not have the answer '{}' at character {}", *file_, id, text,
           start);
    }
    if (data_.misplaced_answers++ == 0) data_.first_misplaced = id;
  }

  void check_answered(const JsonNode& node, const SquadQuestion& question, bool is_impossible) const {
    if (is_impossible == question.answers.empty()) return;
    fail("{}: {} (id '{}') {}", *file_, node.place(), question.id,
         is_impossible ? "is_impossible, but has answers: remove one of the two"
                       : "has no answers and does not say is_impossible");
  }

  SquadReading reading_;
  const path* file_ = nullptr;
  SquadData data_;
  std::vector<int64_t> begins_;  // byte offsets of the last context's code points
  std::unordered_set<std::string> ids_;
};

}  // namespace

std::optional<SquadVersion> squad_version(std::string_view task_name) {
  const std::string plain = plain_name(task_name);
  for (const char* name : {"squad", "squad1", "squad11", "squadv1", "squadv11"}) {
    if (plain == name) return SquadVersion::v1;
  }
  for (const char* name : {"squad2", "squad20", "squadv2", "squadv20"}) {
    if (plain == name) return SquadVersion::v2;
  }
  return std::nullopt;
}

SquadData read_squad(std::span<const path> files, const SquadReading& reading) {
  Reader reader(reading);
  for (const path& file : files) reader.read_file(file);
  SquadData data = reader.take();
  if (data.questions.empty()) fail("no questions in {}", fmt::join(files, ", "));
  return data;
}

void keep_sampled_questions(SquadData& data, int64_t limit, uint64_t seed) {
  keep_sample(data.questions, limit, seed);
  std::vector<std::string> contexts;
  int64_t last = -1;  // questions of a context are adjacent
  for (SquadQuestion& question : data.questions) {
    if (question.context != last)
      contexts.push_back(std::move(data.contexts[static_cast<size_t>(question.context)]));
    last = std::exchange(question.context, std::ssize(contexts) - 1);
  }
  data.contexts = std::move(contexts);
}

void remove_misplaced_questions(SquadData& data) {
  std::erase_if(data.questions, [](const SquadQuestion& question) {
    const auto is_misplaced = [](const SquadAnswer& answer) { return answer.begin < 0; };
    return !question.answers.empty() && std::ranges::all_of(question.answers, is_misplaced);
  });
}

namespace {

std::string file_name(SquadVersion version, std::string_view split) {
  return fmt::format("{}-{}.json", split, version == SquadVersion::v1 ? "v1.1" : "v2.0");
}

}  // namespace

std::optional<path> try_find_squad_file(SquadVersion version, const path& data_dir, std::string_view split) {
  if (!std::filesystem::is_directory(data_dir)) fail("no data directory {}: check --data-dir", data_dir);
  for (const char* suffix : {"", ".zst", ".gz"}) {
    const path file = data_dir / (file_name(version, split) + suffix);
    if (std::filesystem::is_regular_file(file)) return file;
  }
  return std::nullopt;
}

path find_squad_file(SquadVersion version, const path& data_dir, std::string_view split) {
  if (const auto file = try_find_squad_file(version, data_dir, split)) return *file;
  fail("no {} (or .zst, .gz) of task {} in {}: name the files in {}_files", file_name(version, split),
       squad_name(version), data_dir, split);
}

}  // namespace rpp
