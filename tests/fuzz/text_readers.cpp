#include "text_readers.h"

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "bert_format/architecture.h"
#include "bert_format/model_labels.h"
#include "config/load.h"
#include "core/atomic_file.h"
#include "data/custom_task.h"
#include "data/glue_predictions.h"
#include "data/model_labels.h"
#include "data/squad.h"
#include "data/squad_predictions.h"
#include "eval/squad.h"
#include "expectation.h"
#include "predict/line_predictor.h"
#include "program/line_reader.h"
#include "rpp/error.h"
#include "tokenizer/answer_text.h"
#include "tokenizer/byte_chars.h"
#include "tokenizer/model_max_length.h"
#include "tokenizer/wordpiece.h"
#include "tokenizer_files/load_tokenizer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const fs::path& file) {
  LineReader reader(file);
  std::vector<std::string> lines;
  for (std::string line; reader.next(line);) lines.push_back(line);
  return lines;
}

// Runs all of them; if none succeeds, rethrows the last exception.
void try_each(std::initializer_list<std::function<void()>> readings) {
  bool any = false;
  for (const auto& read : readings) {
    try {
      read();
      any = true;
    } catch (const Error&) {
      if (!any && &read == readings.end() - 1) throw;
    }
  }
}

// A text and a tokenizer

const WordPieceTokenizer& tokenizer(LetterCase letter_case) {
  const auto make = [](LetterCase of) {
    return WordPieceTokenizer(
        Vocabulary({"[PAD]",  "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a",        "##a",    "b",
                    "##b",    "ab",    "e",     "##e",   "\u00e9", "##\u00e9", "\u03c3", "##\u03c2",
                    "\u4e00", "i",     "##i",   ".",     "\u0301", "##\u0307"}),
        of);
  };
  static const WordPieceTokenizer lower = make(LetterCase::lower), keep = make(LetterCase::keep);
  return letter_case == LetterCase::lower ? lower : keep;
}

void tokenize(const Tokenizer& tokenizer, std::string_view text) {
  const EncodedText encoded = tokenizer.encode_with_offsets(text);
  expect(encoded.ids == tokenizer.encode(text), "the ids with and without offsets differ");
  expect(encoded.ids.size() == encoded.spans.size(), "not an offset for each id");
  for (const TextSpan& span : encoded.spans) {
    expect(span.begin <= span.end && span.end <= text.size(), "an offset outside the text");
  }
}

void read_text(const fs::path& file) {
  const std::string text = read_file(file);
  tokenize(tokenizer(LetterCase::lower), text);
  tokenize(tokenizer(LetterCase::keep), text);
  const std::string normal = normalize_answer(text);
  expect(normalize_answer(normal) == normal, "an answer changes when it is normalised again");
}

// Uses the file's own text as input.
void read_tokenizer(const fs::path& file) {
  tokenize(*load_tokenizer(file), read_file(file));
}

// With the other file of byte-level BPE beside it.
void read_byte_bpe(const fs::path& file) {
  for (const auto& [name, text] :
       {std::pair("vocab.json", byte_bpe_vocab()), {"merges.txt", kByteBpeMerges}}) {
    if (file.filename() != name) write_file_atomically(file.parent_path() / name, text);
  }
  const auto tokenizer = load_tokenizer(file.parent_path());
  tokenize(*tokenizer, read_file(file));
  tokenize(*tokenizer, " the theing <mask>a\u00e9");
  tokenizer->save(file.parent_path() / "again");
  expect(load_tokenizer(file.parent_path() / "again")->identity() == tokenizer->identity(),
         "a saved tokenizer is another one");
}

void read_tokenizer_config(const fs::path& file) {
  tokenizer(LetterCase::lower).save(file.parent_path() / "vocab");
  fs::copy_file(file.parent_path() / "vocab" / "vocab.txt", file.parent_path() / "vocab.txt");
  load_tokenizer(file.parent_path());
  read_model_max_length(file.parent_path());
}

// Lines and models

void answer_lines(const fs::path& file, const char* model, bool embed) {
  const auto check = [](const TextLine& line, const Answer& answer) {
    if (!answer.span) return;
    expect(answer.span->begin <= answer.span->end && answer.span->end <= line.text_pair->size(),
           "an answer outside its context");
  };
  LinePredictor predictor(fs::path(RPP_SOURCE_DIR) / "tests/fuzz/corpus/model_file" / model, "lines",
                          {.batch_tokens = 32, .num_threads = 1, .embed = embed}, check);
  for (const auto& line : lines_of(file)) predictor.add(line);
  predictor.finish();
}

void read_lines(const fs::path& file) {
  try_each({[&] { answer_lines(file, "dense_fp32.rpp", /*embed=*/false); },
            [&] { answer_lines(file, "dense_fp32.rpp", /*embed=*/true); },
            [&] { answer_lines(file, "gaps_int8.rpp", /*embed=*/false); },
            [&] { answer_lines(file, "bitmask_fp16.rpp", /*embed=*/false); }});
}

// Configurations. What was accepted is written and must read back the same.

template <typename Config>
void read_again(const Config& config, const fs::path& file, Config (*load)(const fs::path&)) {
  const std::string yaml = to_yaml(config);
  write_file_atomically(file, yaml);
  try {
    expect(to_yaml(load(file)) == yaml, "a configuration changes when it is written and read");
  } catch (const Error& error) {
    throw std::logic_error(error.what());
  }
}

PretrainConfig load_pretrain(const fs::path& file) {
  return load_pretrain_config(file);
}
FinetuneConfig load_finetune(const fs::path& file) {
  return load_finetune_config(file);
}

void read_pretrain_config(const fs::path& file) {
  read_again(load_pretrain(file), file, load_pretrain);
}
void read_finetune_config(const fs::path& file) {
  read_again(load_finetune(file), file, load_finetune);
}
void read_model_config(const fs::path& file) {
  read_again(load_model_config(file), file, load_model_config);
}

void read_overrides(const fs::path& file) {
  read_again(load_finetune_config("", lines_of(file)), file, load_finetune);
}

void read_config_json(const fs::path& file) {
  const std::string json = to_json(model_config_from_json(read_file(file), "config.json"));
  expect(to_json(model_config_from_json(json, "config.json")) == json,
         "a config.json changes when it is read again");
}

void read_labels(const fs::path& file) {
  parse_architecture(read_file(file), file.string());
  parse_activation(read_file(file), file);
  const ModelLabels labels = read_model_labels(file.parent_path());
  match_labels(glue_task("mnli"), labels, std::ssize(labels.names), file.parent_path());
}

// Data sets and predictions for them

void read_examples(const fs::path& file) {
  try_each({[&] { read_glue(glue_task("cola"), file, /*has_labels=*/true); },
            [&] { read_glue(glue_task("mnli"), file, /*has_labels=*/true); },
            [&] { read_glue(glue_task("stsb"), file, /*has_labels=*/true); },
            [&] {
              const fs::path files[] = {file};
              read_glue(custom_task({}, files), file, /*has_labels=*/true);
            }});
}

void read_glue_results(const fs::path& file) {
  try_each({[&] { read_glue_predictions(glue_task("sst2"), file); },
            [&] { read_glue_predictions(glue_task("stsb"), file); },
            [&] { read_glue_answers(glue_task("sst2"), file); }});
}

void read_squad_file(const fs::path& file) {
  const fs::path files[] = {file};
  const SquadData data = read_squad(files);
  const SquadFeatures features =
      make_squad_features(data, tokenizer(LetterCase::lower),
                          {.max_seq_length = 16, .doc_stride = 4, .max_query_length = 4, .num_threads = 1});
  std::vector<int32_t> ids, type_ids;
  for (const SquadWindow& window : features.windows) {
    append_window(features, window, ids, type_ids);
    expect(window.start_position <= window.end_position && window.end_position < std::ssize(ids),
           "a label outside its sequence");
  }
}

void read_answers(const fs::path& file) {
  for (const auto& [id, answer] : read_squad_predictions(file)) {
    const std::string gold[] = {normalize_answer(id)};
    const AnswerScore score = squad2_score(normalize_answer(answer), gold);
    expect(score.f1 >= score.exact && score.f1 <= 1, "a score that is none");
  }
}

constexpr TextReader kReaders[] = {
    {'x', "text", read_text},
    {'v', "vocab.txt", read_tokenizer},
    {'t', "tokenizer.json", read_tokenizer},
    {'c', "tokenizer_config.json", read_tokenizer_config},
    {'b', "vocab.json", read_byte_bpe},
    {'e', "merges.txt", read_byte_bpe},
    {'l', "lines", read_lines},
    {'y', "pretrain.yaml", read_pretrain_config},
    {'f', "finetune.yaml", read_finetune_config},
    {'m', "model.yaml", read_model_config},
    {'o', "overrides", read_overrides},
    {'j', "config.json", read_config_json},
    {'n', "config.json", read_labels},
    {'g', "train.tsv", read_examples},
    {'r', "rows.jsonl", read_examples},
    {'p', "eval_predictions_sst2.txt", read_glue_results},
    {'s', "train-v2.0.json", read_squad_file},
    {'a', "predictions.json", read_answers},
    {'d', "null_odds.json", [](const fs::path& file) { read_null_odds(file); }},
};

}  // namespace

std::string byte_bpe_vocab() {
  nlohmann::json vocab = {{"<s>", 0}, {"<pad>", 1}, {"</s>", 2}, {"<unk>", 3}, {"<mask>", 4}};
  for (int byte = 0; byte < 256; ++byte) vocab[byte_char(static_cast<unsigned char>(byte))] = 5 + byte;
  for (const char* piece : {"\u0120a", "\u0120t", "he", "\u0120the", "in", "ing"})
    vocab[piece] = vocab.size();
  return vocab.dump();
}

std::span<const TextReader> text_readers() {
  return kReaders;
}

const TextReader& text_reader(char letter) {
  return *std::ranges::find(kReaders, letter, &TextReader::letter);
}

}  // namespace rpp
