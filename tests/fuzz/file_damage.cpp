// The formats that are read without Torch: models, tokenizers, shards, configurations, data sets.
#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "bert_format/model_file.h"
#include "core/atomic_file.h"
#include "core/xxh3.h"
#include "damage.h"
#include "data/corpus_stats.h"
#include "data/pretrain_sampler.h"
#include "expectation.h"
#include "file_damage_tokenizers.h"
#include "io/safetensors.h"
#include "model_file_mutate.h"
#include "model_file_readers.h"
#include "model_file_seeds.h"
#include "rpp/error.h"
#include "text_readers.h"
#include "tokenizer/wordpiece.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"
#include "vocab_training/vocab_trainer.h"

namespace rpp {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* kVocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nab\ngarden\n##er\nboat\n.\n";

const fs::path& source() {
  static const fs::path path = RPP_SOURCE_DIR;
  return path;
}

std::string garden_text(int num_lines) {
  std::string text;
  for (int i = 0; i < num_lines; ++i) {
    text += fmt::format("A gardener painted boat {} by the garden.\n", i % 7);
    if (i % 5 == 4) text += "\n";
  }
  return text;
}

// Texts

std::string gzip(std::string_view text) {
  const fs::path file = fs::temp_directory_path() / fmt::format("rpp_damage_gzip_{}", ::getpid());
  const gzFile stream = gzopen(file.c_str(), "wb");
  gzwrite(stream, text.data(), static_cast<unsigned>(text.size()));
  gzclose(stream);
  const std::string bytes = read_file(file);
  fs::remove(file);
  return bytes;
}

std::string zstd(std::string_view text) {
  std::string bytes(ZSTD_compressBound(text.size()), '\0');
  bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 3));
  return bytes;
}

// One file that a reader of the fuzz target reads.
DamagedFormat text_format(char letter, const std::string& file, const std::string& bytes,
                          const std::string& name = "") {
  return {.name = name.empty() ? file : name,
          .files = {file},
          .make = [=](const fs::path& folder) { write_file_atomically(folder / file, bytes); },
          .read = [=](const fs::path& folder) { text_reader(letter).read(folder / file); }};
}

constexpr const char* kConfigJson =
    R"({"architectures": ["BertForSequenceClassification"], "model_type": "bert", "hidden_act": "gelu",
 "hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 2, "intermediate_size": 32, "vocab_size": 100,
 "max_position_embeddings": 32, "type_vocab_size": 2, "layer_norm_eps": 1e-12, "hidden_dropout_prob": 0.1,
 "attention_probs_dropout_prob": 0.1, "initializer_range": 0.02, "pad_token_id": 0,
 "problem_type": "single_label_classification",
 "id2label": {"0": "entailment", "1": "neutral", "2": "contradiction"},
 "label2id": {"entailment": 0, "neutral": 1, "contradiction": 2}}
)";

std::string table() {
  std::string text = "text\tlabel\n";
  for (int i = 0; i < 20; ++i) text += fmt::format("a garden {} boat\t{}\n", i, i % 2 == 0 ? "ham" : "spam");
  return text;
}

std::string json_lines() {
  std::string text;
  for (int i = 0; i < 20; ++i)
    text += fmt::format("{{\"text\": \"a boat {} \\u00e9\", \"label\": {}}}\n", i, i % 2);
  return text;
}

std::string predictions() {
  std::string text = "index\tprediction\tlabel\n";
  for (int i = 0; i < 20; ++i) text += fmt::format("{}\t{}\t{}\n", i, i % 2, i % 3 % 2);
  return text;
}

std::string squad() {
  ordered_json questions = ordered_json::array();
  for (int i = 0; i < 6; ++i) {
    ordered_json question = {
        {"id", fmt::format("q{}", i)}, {"question", "a boat"}, {"is_impossible", i % 3 == 2}};
    question["answers"] =
        i % 3 == 2 ? ordered_json::array() : ordered_json::array({{{"text", "garden"}, {"answer_start", 2}}});
    questions.push_back(question);
  }
  const ordered_json paragraph = {{"context", "a garden ab gardener boat. a boat ab ab garden"},
                                  {"qas", questions}};
  return ordered_json{{"version", "v2.0"}, {"data", {{{"title", "t"}, {"paragraphs", {paragraph}}}}}}.dump(1);
}

std::vector<DamagedFormat> text_formats() {
  const std::string odds = R"({"q0": -1.5, "q1": 2.25, "q2": 0.0, "q3": 1e-3})";
  return {text_format('v', "vocab.txt", kVocabulary),
          text_format('t', "tokenizer.json", wordpiece_json(kVocabulary)),
          text_format('c', "tokenizer_config.json",
                      R"({"do_lower_case": true, "model_max_length": 128, "strip_accents": null,)"
                      R"( "tokenize_chinese_chars": true, "tokenizer_class": "BertTokenizer"})"),
          text_format('t', "tokenizer.json", byte_bpe_json(), "byte-bpe-tokenizer"),
          text_format('t', "tokenizer.json", unigram_json(), "unigram-tokenizer"),
          text_format('b', "vocab.json", byte_bpe_vocab()),
          text_format('e', "merges.txt", kByteBpeMerges),
          text_format('y', "pretrain.yaml", read_file(source() / "configs/pretrain/rpp-minilm.yaml")),
          text_format('f', "finetune.yaml",
                      "data_dir: glue\nmodel: my-bert\noutput_dir: run\n" +
                          read_file(source() / "configs/finetune/squad2.yaml")),
          text_format('m', "model.yaml", read_file(source() / "configs/model/minilm-l6.yaml")),
          text_format('j', "config.json", kConfigJson),
          text_format('n', "config.json", kConfigJson, "labels"),
          text_format('l', "lines", garden_text(12)),
          text_format('g', "train.tsv", table()),
          text_format('r', "rows.jsonl", json_lines()),
          text_format('p', "eval_predictions_sst2.txt", predictions()),
          text_format('s', "train-v2.0.json", squad()),
          text_format('a', "predictions.json", R"({"q0": "garden", "q1": "", "q2": "a boat"})"),
          text_format('d', "null_odds.json", odds),
          text_format('g', "train.tsv.gz", gzip(table())),
          text_format('g', "train.tsv.zst", zstd(table())),
          text_format('r', "rows.jsonl.gz", gzip(json_lines())),
          text_format('s', "train-v2.0.json.zst", zstd(squad()))};
}

// Corpora and shards

std::unique_ptr<Tokenizer> shard_tokenizer() {
  return std::make_unique<WordPieceTokenizer>(parse_vocabulary(kVocabulary, "vocabulary"), LetterCase::lower);
}

void read_shards(const fs::path& folder) {
  const auto tokenizer = shard_tokenizer();
  const ShardSet shards({folder}, fingerprint(*tokenizer));
  for (int64_t document = 0; document < shards.num_documents(); ++document) {
    for (int64_t i = 0; i < shards.num_sentences(document); ++i) {
      const SentenceIds ids = shards.sentence(document, i);
      for (int64_t at = 0; at < ids.size(); ++at)
        expect(ids[at] >= 0 && ids[at] < tokenizer->size(), "an id outside the vocabulary");
    }
  }
  const DataConfig config{.max_seq_length = 16,
                          .whole_word_mask = true,
                          .max_predictions = 4,
                          .next_sentence = shards.num_documents() > 1};
  corpus_stats(shards, *tokenizer, config, /*num_pairs=*/20, /*seed=*/1);
  const PretrainSampler sampler(shards, *tokenizer, config, /*seed=*/1);
  sampler.batch(/*step=*/0, /*first_sample=*/0, /*count=*/8);
}

void build(const fs::path& corpus, const fs::path& output) {
  build_shards({.inputs = {corpus}, .output_dir = output, .num_threads = 1, .shard_tokens = 300},
               *shard_tokenizer());
}

void make_shards(const fs::path& folder) {
  const fs::path corpus = folder.string() + ".txt";
  write_file_atomically(corpus, garden_text(60));
  build(corpus, folder);
  fs::remove(corpus);
}

// Updates the sizes and hashes in the manifest to those of the current shards.
void seal_shards(const fs::path& folder) {
  const fs::path file = folder / "manifest.json";
  ordered_json manifest = ordered_json::parse(read_file(file), nullptr, /*allow_exceptions=*/false);
  if (!manifest.is_object() || !manifest.contains("shards") || !manifest["shards"].is_array()) return;
  for (ordered_json& entry : manifest["shards"]) {
    const ordered_json name = entry.is_object() ? entry.value("file", ordered_json()) : ordered_json();
    if (!name.is_string() || !fs::is_regular_file(folder / name.get<std::string>())) continue;
    const std::string bytes = read_file(folder / name.get<std::string>());
    entry["bytes"] = bytes.size();
    entry["xxh3"] = fmt::format("{:016x}", xxh3_64(std::as_bytes(std::span(bytes))));
  }
  write_file_atomically(file, manifest.dump(2, ' ', false, ordered_json::error_handler_t::replace));
}

DamagedFormat corpus_format(const std::string& file, const std::string& bytes) {
  return {.name = file,
          .files = {file},
          .make = [=](const fs::path& folder) { write_file_atomically(folder / file, bytes); },
          .read =
              [=](const fs::path& folder) {
                build(folder / file, folder / "shards");
                read_shards(folder / "shards");
              }};
}

std::vector<DamagedFormat> shard_formats() {
  return {{.name = "shards",
           .files = {"shard-00000.bin", "shard-00001.bin"},
           .make = make_shards,
           .read = read_shards,
           .repair = seal_shards},
          {.name = "shards-manifest",
           .files = {"manifest.json"},
           .make = make_shards,
           .read = read_shards,
           .also_named = {"its manifest", "were built with another vocabulary"}},
          corpus_format("corpus.txt", garden_text(60)),
          corpus_format("corpus.txt.gz", gzip(garden_text(300))),
          corpus_format("corpus.txt.zst", zstd(garden_text(300)))};
}

// Models and their tokenizers

DamagedFormat sentencepiece_format(const char* name, VocabType type) {
  return {.name = name,
          .files = {"spiece.model"},
          .make =
              [type](const fs::path& folder) {
                const fs::path text = folder.string() + ".txt";
                write_file_atomically(text, garden_text(60));
                train_vocabulary(
                    {.inputs = {text}, .output = folder, .type = type, .size = 40, .num_threads = 1});
                fs::remove(text);
              },
          .read =
              [](const fs::path& folder) {
                const auto tokenizer = load_tokenizer(folder);
                for (const char* text : {"A gardener painted boat 3", "\u4e00 [MASK]", ""}) {
                  for (const int32_t id : tokenizer->encode(text)) {
                    expect(id >= 0 && id < tokenizer->size(), "an id outside the vocabulary");
                    tokenizer->is_continuation(id);
                  }
                  tokenizer->encode_with_offsets(text);
                }
                tokenizer->save(folder / "again");
              }};
}

void read_model(const fs::path& path) {
  unpack_all(ModelFile(path));
  const auto model = RuntimeModel::load(path);
  encode(model);
  const ModelSizes& sizes = model->sizes();
  if (sizes.labels > 0 || sizes.token_labels > 0 || sizes.span || sizes.mlm) answer(model);
}

DamagedFormat model_file_format(const std::string& file) {
  return {.name = file,
          .files = {file},
          .make =
              [file](const fs::path& folder) {
                fs::copy_file(source() / "tests/fuzz/corpus/model_file" / file, folder / file);
              },
          .read = [file](const fs::path& folder) { read_model(folder / file); },
          .repair =
              [file](const fs::path& folder) {
                std::string bytes = read_file(folder / file);
                fit_checksum(bytes);
                write_file_atomically(folder / file, bytes);
              }};
}

void make_model_directory(const fs::path& folder) {
  fs::copy_file(source() / "tests/fuzz/corpus/model_file/weights.safetensors", folder / "model.safetensors");
  write_beside_weights(folder);
  write_file_atomically(folder / "tokenizer_config.json",
                        R"({"do_lower_case": true, "model_max_length": 8})");
  write_file_atomically(folder / "sentence_bert_config.json",
                        R"({"max_seq_length": 8, "do_lower_case": false})");
  write_file_atomically(
      folder / "modules.json",
      R"([{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
 {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
 {"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"},
 {"idx": 3, "name": "3", "path": "3_Normalize", "type": "sentence_transformers.models.Normalize"}])");
  fs::create_directory(folder / "1_Pooling");
  write_file_atomically(folder / "1_Pooling/config.json",
                        R"({"word_embedding_dimension": 4, "pooling_mode_mean_tokens": true})");
  fs::create_directory(folder / "2_Dense");
  write_file_atomically(folder / "2_Dense/config.json",
                        R"({"in_features": 4, "out_features": 2, "bias": false})");
  const std::vector<float> weight = {1, 0, 0.5F, 0, 0, 1, 0, 0.5F};
  save_safetensors(folder / "2_Dense/model.safetensors",
                   std::vector<TensorView>{
                       {.name = "linear.weight", .shape = {2, 4}, .data = std::as_bytes(std::span(weight))}});
}

DamagedFormat directory_format(const char* name, std::vector<std::string> files) {
  return {.name = name, .files = std::move(files), .make = make_model_directory, .read = read_model};
}

std::vector<DamagedFormat> model_formats() {
  return {model_file_format("dense_fp32.rpp"),
          model_file_format("bitmask_fp16.rpp"),
          model_file_format("gaps_int8.rpp"),
          model_file_format("blocks_int8.rpp"),
          {.name = "plain.safetensors",
           .files = {"plain.safetensors"},
           .make =
               [](const fs::path& folder) {
                 fs::copy_file(source() / "tests/fuzz/corpus/model_file/plain.safetensors",
                               folder / "plain.safetensors");
               },
           .read = [](const fs::path& folder) { read_all(SafetensorsFile(folder / "plain.safetensors")); }},
          directory_format("model-weights", {"model.safetensors"}),
          directory_format("model-config", {"config.json"}),
          directory_format("model-tokenizer", {"vocab.txt", "tokenizer_config.json"}),
          directory_format("model-embedding",
                           {"modules.json", "sentence_bert_config.json", "1_Pooling/config.json",
                            "2_Dense/config.json", "2_Dense/model.safetensors"}),
          sentencepiece_format("spiece-unigram", VocabType::unigram),
          sentencepiece_format("spiece-bpe", VocabType::bpe)};
}

}  // namespace

std::vector<DamagedFormat> damaged_formats() {
  std::vector<DamagedFormat> formats = model_formats();
  for (auto more : {shard_formats, text_formats}) {
    for (DamagedFormat& format : more()) formats.push_back(std::move(format));
  }
  return formats;
}

}  // namespace rpp
