#include "analysis/trim_vocab.h"

#include <algorithm>
#include <list>
#include <nlohmann/json.hpp>
#include <set>

#include "bert_format/model_config.h"
#include "bert_format/model_files.h"
#include "bert_format/sentence_embedding.h"
#include "bert_format/tensor_names.h"
#include "bert_format/weight_files.h"
#include "core/atomic_file.h"
#include "core/json.h"
#include "core/progress.h"
#include "io/floats.h"
#include "io/safetensors.h"
#include "program/line_reader.h"
#include "rpp/error.h"
#include "tokenizer/unicode.h"
#include "tokenizer_files/kept_pieces.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

void for_each_line(const std::vector<fs::path>& inputs, const auto& each) {
  std::string line;
  for (const fs::path& input : inputs) {
    RPP_CHECK(!is_read_once(input), "{} is a pipe, and the texts are read twice: name a file", input);
    LineReader reader(input);
    while (reader.next(line)) each(line);
  }
}

// How often each id occurs.
std::vector<int64_t> count_pieces(const Tokenizer& tokenizer, const TrimOptions& options,
                                  TrimReport& report) {
  std::vector<int64_t> counts(static_cast<size_t>(tokenizer.size()));
  std::vector<int32_t> ids;
  for_each_line(options.inputs, [&](const std::string& line) {
    ids.clear();
    tokenizer.encode_into(line, ids);
    for (const int32_t id : ids) ++counts[static_cast<size_t>(id)];
    ++report.num_lines;
    report.num_tokens += std::ssize(ids);
  });
  RPP_CHECK(report.num_tokens > 0, "{} has no tokens: name texts as the model will read them",
            options.inputs.front());
  return counts;
}

constexpr char32_t kWordStart = U'\u2581';  // sentencepiece's

// Without the mark of a word's start or of its continuation.
std::u32string characters_of(std::string_view piece) {
  if (piece.size() > 2 && piece.starts_with("##")) piece.remove_prefix(2);
  std::u32string characters = decode_utf8(piece);
  if (characters.size() > 1 && characters.front() == kWordStart) characters.erase(0, 1);
  return characters;
}

// Ascending.
std::vector<int32_t> kept_ids(const Tokenizer& tokenizer, std::span<const int64_t> counts,
                              int64_t min_count) {
  const std::vector<int32_t> required = required_pieces(tokenizer);
  std::set<int32_t> kept(required.begin(), required.end());
  std::set<char32_t> characters = {kWordStart};
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    if (kept.contains(id) || counts[static_cast<size_t>(id)] < min_count) continue;
    kept.insert(id);
    for (const char32_t c : characters_of(tokenizer.piece(id))) characters.insert(c);
  }
  for (int32_t id = 0; id < tokenizer.size(); ++id) {
    const std::u32string piece = characters_of(tokenizer.piece(id));
    if (piece.size() == 1 && characters.contains(piece.front())) kept.insert(id);
  }
  return {kept.begin(), kept.end()};
}

// The place of an id among those that are kept; nothing if it is not.
std::optional<int32_t> new_id(std::span<const int32_t> kept, int64_t id) {
  const auto place = std::ranges::lower_bound(kept, id);
  if (place == kept.end() || *place != id) return std::nullopt;
  return static_cast<int32_t>(place - kept.begin());
}

// vocab_size, and the ids of special tokens: "pad_token_id", "bos_token_id"; null for one that is gone.
std::string trimmed_config(const fs::path& file, std::span<const int32_t> kept) {
  const std::string given = read_file(file);
  auto json = parse_json_object<ordered_json>(given, file.string());
  json["vocab_size"] = kept.size();
  for (auto& [key, value] : json.items()) {
    if (!key.ends_with("_token_id") || !value.is_number_integer()) continue;
    const auto id = new_id(kept, value.get<int64_t>());
    value = id ? ordered_json(*id) : ordered_json(nullptr);
  }
  const ModelConfig before = model_config_from_json(given, file.string());
  const std::string text = json.dump(2) + '\n';
  RPP_CHECK(first_position(model_config_from_json(text, file.string())) == first_position(before),
            "{}: the positions start behind pad_token_id, which would be another: is it the id of the "
            "tokenizer's padding token?",
            file);
  return text;
}

bool is_per_piece(std::string_view canonical) {
  return canonical == kWordEmbeddings || canonical == kMlmBias || is_tied_decoder(canonical);
}

class TrimmedWeights {
 public:
  TrimmedWeights(const fs::path& model_dir, std::span<const int32_t> kept, TrimReport& report)
      : file_(open_weights(model_dir)), views_(file_.tensors()) {
    for (TensorView& view : views_) {
      if (!is_float(view.dtype)) continue;
      report.parameters_before += view.num_elements();
      if (is_per_piece(canonical_name(view.name))) cut(view, kept);
      report.parameters_after += view.num_elements();
    }
  }

  void save(const fs::path& directory) const {
    save_safetensors(directory / kWeightsFile, views_, file_.metadata());
  }

 private:
  void cut(TensorView& view, std::span<const int32_t> kept) {
    const auto rows = static_cast<size_t>(view.shape.empty() ? 0 : view.shape.front());
    RPP_CHECK(rows > static_cast<size_t>(kept.back()),
              "{}: tensor {} has {} rows, the tokenizer more pieces: is it of another model?", file_.path(),
              view.name, rows);
    const size_t row_bytes = view.data.size() / rows;
    std::vector<std::byte>& bytes = storage_.emplace_back();
    bytes.reserve(kept.size() * row_bytes);
    for (const int32_t id : kept) {
      const auto row = view.data.subspan(static_cast<size_t>(id) * row_bytes, row_bytes);
      bytes.insert(bytes.end(), row.begin(), row.end());
    }
    view.shape.front() = std::ssize(kept);
    view.data = bytes;
  }

  SafetensorsSet file_;
  std::vector<TensorView> views_;
  std::list<std::vector<std::byte>> storage_;
};

// What the tokenizer's own files do not say, such as model_max_length.
void keep_max_length(const fs::path& model_dir, const fs::path& directory) {
  constexpr const char* kKey = "model_max_length";
  const fs::path before = model_dir / kTokenizerConfigFile, after = directory / kTokenizerConfigFile;
  if (!fs::exists(before)) return;
  const auto said = parse_json_object<ordered_json>(read_file(before), before.string());
  if (!said.contains(kKey)) return;
  auto config = parse_json_object<ordered_json>(read_file(after), after.string());
  config[kKey] = said[kKey];
  write_file_atomically(after, config.dump(2) + '\n');
}

// The lines whose tokens are not the same pieces.
int64_t count_different(const Tokenizer& before, const Tokenizer& after, std::span<const int32_t> kept,
                        const std::vector<fs::path>& inputs) {
  int64_t num_different = 0;
  for_each_line(inputs, [&](const std::string& line) {
    std::vector<int32_t> ids = after.encode(line);
    for (int32_t& id : ids) id = kept[static_cast<size_t>(id)];
    num_different += ids == before.encode(line) ? 0 : 1;
  });
  return num_different;
}

}  // namespace

TrimReport trim_vocabulary(const TrimOptions& options) {
  RPP_CHECK(!fs::exists(options.output), "{} exists already: name a new directory with --output",
            options.output);
  const auto tokenizer = load_tokenizer(options.model);
  TrimReport report{.pieces_before = tokenizer->size()};
  const auto counts = count_pieces(*tokenizer, options, report);
  const std::vector<int32_t> kept = kept_ids(*tokenizer, counts, options.min_count);
  report.pieces_after = std::ssize(kept);
  const TrimmedWeights weights(options.model, kept, report);
  write_directory_atomically(options.output, [&](const fs::path& directory) {
    weights.save(directory);
    write_file_atomically(directory / kConfigFile, trimmed_config(options.model / kConfigFile, kept));
    keep_pieces(*tokenizer, kept)->save(directory);
    keep_max_length(options.model, directory);
    copy_sentence_embedding_files(options.model, directory);
    if (fs::exists(options.model / kMaskFile))
      fs::copy_file(options.model / kMaskFile, directory / kMaskFile);
    report.num_different = count_different(*tokenizer, *load_tokenizer(directory), kept, options.inputs);
    RPP_CHECK(
        report.num_different == 0 || options.min_count > 1,
        "{} of {} lines have other tokens with the new vocabulary: {} cannot be cut; nothing was written",
        report.num_different, report.num_lines, options.model);
  });
  return report;
}

std::string format_trim(const TrimReport& report) {
  return fmt::format(
      "pieces {} -> {}, parameters {} -> {} ({:.1f} % less)\n"
      "{} of {} lines have other tokens\n",
      format_count(report.pieces_before), format_count(report.pieces_after),
      format_count(report.parameters_before), format_count(report.parameters_after),
      100.0 * static_cast<double>(report.parameters_before - report.parameters_after) /
          static_cast<double>(report.parameters_before),
      format_count(report.num_different), format_count(report.num_lines));
}

}  // namespace rpp
