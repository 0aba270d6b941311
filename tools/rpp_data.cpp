// rpp-data: from raw text to training data: a vocabulary, shards of token ids, their statistics.
#include "analysis/trim_vocab.h"
#include "core/progress.h"
#include "data/corpus_stats.h"
#include "data/shards.h"
#include "data/tokenize_file.h"
#include "options.h"
#include "program/line_reader.h"
#include "program/log.h"
#include "program/run_main.h"
#include "rpp/tokenizer.h"
#include "squad_features.h"
#include "tokenizer_files/fingerprint.h"
#include "tokenizer_files/load_tokenizer.h"
#include "tool_main.h"
#include "vocab_training/vocab_trainer.h"

namespace rpp {
namespace {

struct Arguments {
  VocabOptions vocab;
  std::string vocab_type = "wordpiece";
  bool cased = false;
  BuildOptions build;
  std::vector<std::filesystem::path> shard_dirs;
  DataConfig sampling;
  int64_t num_pairs = 10000;
  uint64_t seed = 42;
  std::filesystem::path tokenizer;
  TokenizeOptions tokenize;
  std::string form = "ids";
  SquadDumpOptions squad;
  TrimOptions trim;
};

double megabytes_per_second(int64_t bytes, double seconds) {
  return seconds > 0 ? static_cast<double>(bytes) / 1e6 / seconds : 0;
}

void run_vocab(Arguments& arguments) {
  arguments.vocab.type = parse_vocab_type(arguments.vocab_type);
  arguments.vocab.letter_case = arguments.cased ? LetterCase::keep : LetterCase::lower;
  const VocabReport report = train_vocabulary(arguments.vocab);
  const bool sampled = report.num_lines_used < report.num_lines;
  fmt::print("{}: {} pieces learned from {} lines{}\n", report.file, format_count(report.size),
             format_count(report.num_lines_used),
             sampled ? fmt::format(", drawn from {}", format_count(report.num_lines)) : "");
}

void run_build(const Arguments& arguments) {
  const BuildReport report = build_shards(arguments.build, *load_tokenizer(arguments.tokenizer));
  fmt::print("{}: {} documents, {} sentences, {} tokens ({:.4f} % unknown); {:.1f} s, {:.1f} MB/s\n",
             arguments.build.output_dir, format_count(report.documents), format_count(report.sentences),
             format_count(report.tokens),
             100 * static_cast<double>(report.unknown) / static_cast<double>(report.tokens), report.seconds,
             megabytes_per_second(report.bytes, report.seconds));
  if (report.empty_sentences > 0) log::warn("dropped {} lines without tokens", report.empty_sentences);
}

void run_stats(const Arguments& arguments) {
  const auto tokenizer = load_tokenizer(arguments.tokenizer);
  const ShardSet shards(arguments.shard_dirs, fingerprint(*tokenizer));
  fmt::print("{}", format_stats(corpus_stats(shards, *tokenizer, arguments.sampling, arguments.num_pairs,
                                             arguments.seed)));
}

void run_tokenize(Arguments& arguments) {
  const std::map<std::string, TokenForm> forms = {
      {"ids", TokenForm::ids}, {"pieces", TokenForm::pieces}, {"offsets", TokenForm::offsets}};
  arguments.tokenize.form = forms.at(arguments.form);
  const TokenizeReport report = tokenize_file(arguments.tokenize);
  if (report.num_invalid_lines > 0) {
    log::warn("{}: {} lines hold bytes that are not UTF-8, the first is line {}: these bytes were dropped",
              input_name(arguments.tokenize.input), report.num_invalid_lines, report.first_invalid_line);
  }
  log::info("{} lines, {} tokens, {:.1f} MB/s", format_count(report.num_lines),
            format_count(report.num_tokens), megabytes_per_second(report.num_bytes, report.seconds));
}

void add_vocab(CLI::App& app, Arguments& arguments) {
  CLI::App& command = *app.add_subcommand("vocab", "Learn a vocabulary from text");
  VocabOptions& vocab = arguments.vocab;
  command.add_option("--input", vocab.inputs, "UTF-8 text, plain, .gz or .zst; -: standard input")
      ->required();
  command.add_option("--output", vocab.output, "directory, created if missing")->required();
  command.option_defaults()->always_capture_default();
  add_choice(command, "--type", arguments.vocab_type, {"wordpiece", "unigram", "bpe"},
             "type of the vocabulary");
  command.add_option("--size", vocab.size, "number of pieces, including special ones")
      ->check(CLI::Range(6, 1 << 24));
  command.add_flag("--cased", arguments.cased, "keep case and accents");
  command
      .add_option("--character-coverage", vocab.character_coverage,
                  "fraction of the text's characters that get a piece")
      ->check(CLI::Range(0.5, 1.0));
  command.add_option("--max-lines", vocab.max_lines, "random lines to learn from; 0: all")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--seed", vocab.seed, "seed for sampling lines");
  add_threads(command, vocab.num_threads);
  command.footer(
      "Examples:\n"
      "  rpp-data vocab --input corpus.txt.zst --output vocab\n"
      "  rpp-data vocab --input a.txt b.txt --output vocab --type unigram --size 16000 --cased");
  command.callback([&] { run_vocab(arguments); });
}

void add_build(CLI::App& app, Arguments& arguments) {
  CLI::App& command = *app.add_subcommand("build", "Turn text into shards of token ids");
  BuildOptions& build = arguments.build;
  command
      .add_option(
          "--input", build.inputs,
          "UTF-8 text, one sentence per line, a blank line after each document; plain, .gz or .zst; -: "
          "standard input")
      ->required();
  command.add_option("--output", build.output_dir, "directory; shards in it are replaced")->required();
  add_tokenizer(command, arguments.tokenizer);
  command.option_defaults()->always_capture_default();
  add_threads(command, build.num_threads);
  command.add_option("--shard-tokens", build.shard_tokens, "tokens per shard")->check(CLI::PositiveNumber);
  command.footer(
      "Examples:\n"
      "  rpp-data build --input corpus.txt.zst --output shards --tokenizer bert-base-uncased/vocab.txt\n"
      "  rpp-data build --input wiki.txt books.txt --output shards --tokenizer my-model --threads 8");
  command.callback([&] { run_build(arguments); });
}

void add_stats(CLI::App& app, Arguments& arguments) {
  CLI::App& command =
      *app.add_subcommand("stats", "Report statistics of shards and of the pairs that a run samples");
  command.add_option("shards,--shards", arguments.shard_dirs, "directories written by rpp-data build")
      ->required();
  add_tokenizer(command, arguments.tokenizer);
  command.option_defaults()->always_capture_default();
  command.add_option("--max-seq-length", arguments.sampling.max_seq_length, "maximum tokens per pair")
      ->check(CLI::Range(8, 4096));
  command.add_option("--pairs", arguments.num_pairs, "pairs to sample")->check(CLI::PositiveNumber);
  command.add_option("--seed", arguments.seed, "seed for sampling pairs");
  command.footer("Example:\n  rpp-data stats shards/wiki shards/books --tokenizer my-model/vocab.txt");
  command.callback([&] { run_stats(arguments); });
}

void add_tokenize(CLI::App& app, Arguments& arguments) {
  CLI::App& command = *app.add_subcommand("tokenize", "Write the tokens of each line of a text");
  add_tokenizer(command, arguments.tokenize.tokenizer);
  command
      .add_option("--input", arguments.tokenize.input, "UTF-8 text, plain, .gz or .zst; -: standard input")
      ->required();
  command.add_option("--output", arguments.tokenize.output, "output file; default: standard output");
  command.option_defaults()->always_capture_default();
  add_choice(command, "--form", arguments.form, {"ids", "pieces", "offsets"},
             "output form of a token; offsets: 7:0-3, id and bytes");
  command.footer("Example:\n  rpp-data tokenize --tokenizer vocab.txt --input text.txt --form pieces");
  command.callback([&] { run_tokenize(arguments); });
}

void add_trim(CLI::App& app, Arguments& arguments) {
  CLI::App& command =
      *app.add_subcommand("trim-vocab", "Cut a model's vocabulary to the pieces of some texts");
  TrimOptions& trim = arguments.trim;
  command.add_option("--model", trim.model, "model directory")->required();
  command
      .add_option("--input", trim.inputs, "UTF-8 text files as the model will read them, plain, .gz or .zst")
      ->required();
  command.add_option("--output", trim.output, "a new directory")->required();
  command.option_defaults()->always_capture_default();
  command.add_option("--min-count", trim.min_count, "leave out pieces that the texts have less often")
      ->check(CLI::PositiveNumber);
  command.footer(
      "WordPiece and unigram vocabularies. Pieces of one character stay if the script is in the texts.\n"
      "Example:\n  rpp-data trim-vocab --model multilingual-e5-small --input german.txt.zst --output "
      "e5-german");
  command.callback([&] { fmt::print("{}", format_trim(trim_vocabulary(trim))); });
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-data", [&] {
    rpp::init_logging();
    rpp::Arguments arguments;
    CLI::App app{"Prepares text for BERT pre-training: a vocabulary, shards, statistics; cuts vocabularies.",
                 "rpp-data"};
    app.require_subcommand(1);
    for (const auto add :
         {rpp::add_vocab, rpp::add_build, rpp::add_stats, rpp::add_tokenize, rpp::add_trim}) {
      add(app, arguments);
    }
    rpp::add_squad_features(app, arguments.squad);
    rpp::parse_command_line(app, argc, argv);
    return 0;
  });
}
