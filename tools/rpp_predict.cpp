// rpp-predict: applies a finished model to lines of text.
#include <nlohmann/json.hpp>
#include <span>

#include "bert_format/model_path.h"
#include "options.h"
#include "predict/line_predictor.h"
#include "predict/ranking.h"
#include "program/line_reader.h"
#include "program/log.h"
#include "program/run_main.h"
#include "program/standard_output.h"
#include "tokenizer/unicode.h"
#include "tool_main.h"

namespace rpp {
namespace {

struct Arguments {
  std::filesystem::path model, input = "-";
  PredictOptions options;
  size_t top = 0;  // 0: the best one as text, all of them in "scores"
  bool json = false, skip_errors = false;
};

const std::map<std::string, std::optional<Aggregation>> kAggregations = {{"none", Aggregation::none},
                                                                         {"simple", Aggregation::simple},
                                                                         {"first", Aggregation::first},
                                                                         {"average", Aggregation::average},
                                                                         {"max", Aggregation::max}};

const std::map<std::string, std::optional<bool>> kYesNo = {{"no", false}, {"yes", true}};

using Json = nlohmann::ordered_json;

constexpr std::string_view kEntities = "entities";  // the name of a tagger's answers

void print_line(const Json& object) {
  write_output(object.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + '\n');
}

// Tabs and line ends separate the columns and lines of the output.
std::string in_one_column(std::string_view text) {
  std::string column(text);
  std::ranges::replace_if(
      column, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return column;
}

// The text of a ranked line, or query and text if each line has its own query.
void print_ranked(const TextLine& line, const Answer& answer, bool one_query) {
  write_output(fmt::format("{:.6g}\t{}{}\n", answer.scores.front().second,
                           one_query ? "" : in_one_column(line.text) + '\t', in_one_column(*line.text_pair)));
}

void print_entities(std::string_view text, const std::vector<Entity>& entities) {
  std::string line;
  for (const Entity& entity : entities) {
    line += fmt::format("{}{}\t{}\t{:.6g}", line.empty() ? "" : "\t", in_one_column(entity.span.of(text)),
                        entity.label, entity.score);
  }
  write_output(line + '\n');
}

// In JSON spans are in code points, as other languages index strings.
Json code_points_of(TextSpan span, std::string_view text) {
  return {count_code_points(text.substr(0, span.begin)), count_code_points(text.substr(0, span.end))};
}

Json json_of(std::string_view text, const std::vector<Entity>& entities) {
  auto list = Json::array();
  for (const Entity& entity : entities) {
    list.push_back({{"span", code_points_of(entity.span, text)},
                    {"text", entity.span.of(text)},
                    {"label", entity.label},
                    {"score", entity.score}});
  }
  return list;
}

void print_text(const Answer& answer, size_t top) {
  if (!answer.embedding.empty()) return write_output(fmt::format("{}\n", fmt::join(answer.embedding, "\t")));
  std::string line;
  for (size_t i = 0; i < std::min(std::max<size_t>(top, 1), answer.scores.size()); ++i) {
    line += fmt::format("{}{}\t{:.6g}", i == 0 ? "" : "\t", answer.scores[i].first, answer.scores[i].second);
  }
  write_output(line + '\n');
}

void print_json(const TextLine& line, const Answer& answer, std::string_view answer_name, size_t top) {
  Json object = {{"text", line.text}};
  if (line.text_pair) object["text_pair"] = *line.text_pair;
  if (!answer.embedding.empty()) {
    object["embedding"] = answer.embedding;
    return print_line(object);
  }
  if (answer_name == kEntities) {
    object[std::string(answer_name)] = json_of(line.text, answer.entities);
    return print_line(object);
  }
  object[std::string(answer_name)] = answer.scores.front().first;
  object["score"] = answer.scores.front().second;
  if (answer.span) object["span"] = code_points_of(*answer.span, *line.text_pair);
  auto& scores = object["scores"] = Json::object();
  for (const auto& [name, score] : answer.scores) {
    if ((top == 0 || scores.size() < top) && !scores.contains(name)) scores[name] = score;
  }
  print_line(object);
}

// Answers all available lines before waiting for more, so that a program can use it interactively.
void predict_lines(const std::filesystem::path& input, LinePredictor& predictor) {
  LineReader reader(input);
  reader.before_waiting([&] {
    predictor.flush();
    flush_output();
  });
  while (const auto line = reader.next()) predictor.add(std::string(*line));
  predictor.finish();
  flush_output();
}

void warn_of_losses(const LinePredictor& predictor) {
  if (predictor.num_skipped() > 0) {
    log::warn("{} of {} lines had no answer and were skipped", predictor.num_skipped(),
              predictor.num_skipped() + predictor.num_texts());
  }
  if (predictor.num_cut() > 0) {
    log::warn("{} of {} lines were cut to {} tokens; --strict makes that an error", predictor.num_cut(),
              predictor.num_texts(), predictor.max_seq_length());
  }
}

// Options that would have no effect on a tagger.
void check_tagger_options(const Arguments& arguments, const PredictOptions& options) {
  if (arguments.top > 0) fail_usage("--top: this model tags words; all entities of a text are printed");
  if (options.pair_separator != "\t")
    fail_usage("--pair-separator: this model tags the words of single texts");
}

int predict(const Arguments& arguments) {
  PredictOptions options = arguments.options;
  if (options.pair_separator == "TAB" || options.pair_separator == "\\t") options.pair_separator = "\t";
  if (options.pair_separator.empty()) fail_usage("--pair-separator is empty");
  const std::string query = options.query.value_or("");
  if (find_invalid_utf8(query) != query.size()) fail_usage("--query is not valid UTF-8");
  require_model(arguments.model);
  check_readable(std::span(&arguments.input, 1));
  if (arguments.skip_errors) {
    options.skip = [](int64_t line, const std::string& why) { print_line({{"line", line}, {"error", why}}); };
  }
  std::string_view answer_name;
  const auto print = [&](const TextLine& line, const Answer& answer) {
    if (arguments.json) return print_json(line, answer, answer_name, arguments.top);
    if (options.rank) return print_ranked(line, answer, options.query.has_value());
    if (answer_name == kEntities) return print_entities(line.text, answer.entities);
    print_text(answer, arguments.top);
  };
  Ranking ranking(arguments.top, print);
  const auto rank = [&](const TextLine& line, const Answer& answer) { ranking.add(line, answer); };
  LinePredictor predictor(arguments.model, input_name(arguments.input), options,
                          options.rank ? LinePredictor::Report(rank) : print);
  answer_name = predictor.answer_name();
  if (answer_name == kEntities) check_tagger_options(arguments, options);
  predict_lines(arguments.input, predictor);
  ranking.finish();
  flush_output();
  warn_of_losses(predictor);
  return 0;
}

void add_options(CLI::App& app, Arguments& arguments) {
  add_model(app, arguments.model,
            "model file of rpp-export, output directory of rpp-finetune, or any Hugging Face directory");
  app.add_option("--input", arguments.input,
                 "lines with one text or a pair, or a table (--column); plain, .gz or .zst; - or omitted: "
                 "standard input");
  app.add_flag("--json", arguments.json, "print a JSON object per line");
  app.add_option("--top", arguments.top,
                 "number of labels to print, or with --rank of texts for each query, best first")
      ->check(CLI::PositiveNumber);
  CLI::Option* embed =
      app.add_flag("--embed", arguments.options.embed,
                   "print the embedding of each text instead of an answer: as modules.json of "
                   "sentence-transformers specifies, else the unnormalised mean of the last hidden states");
  app.add_option(
         "--prompt", arguments.options.prompt,
         "the prompt in front of each text, by its name in config_sentence_transformers.json; default: "
         "that file's default_prompt_name")
      ->needs(embed);
  app.add_option("--dimensions", arguments.options.dimensions,
                 "print only the first numbers of each embedding, for Matryoshka models; default: all")
      ->check(CLI::PositiveNumber)
      ->needs(embed);
  add_choice(
      app, "--normalize", arguments.options.normalize, kYesNo,
      "whether embeddings have length 1, after --dimensions; default: as the model's files say, before "
      "it")
      ->needs(embed);
  CLI::Option* separator =
      app.add_option("--pair-separator", arguments.options.pair_separator,
                     "separates the two texts of a line; default: TAB, with --embed none")
          ->excludes("--embed");
  CLI::Option* column =
      app.add_option("--column", arguments.options.columns.text,
                     "the text column of a table: its name in the header, or a key of JSON objects; without "
                     "a header its number, starting at 1")
          ->excludes(separator);
  app.add_option("--column-pair", arguments.options.columns.text_pair,
                 "the column of the second text, likewise")
      ->needs(column);
  add_choice(app, "--aggregation", arguments.options.aggregation, kAggregations,
             "how a model that tags words joins tokens to entities, as aggregation_strategy of transformers; "
             "default: simple")
      ->excludes("--embed");
  CLI::Option* rank =
      app.add_flag(
             "--rank", arguments.options.rank,
             "print the texts of each query from best to worst, with a cross-encoder: a line is a query "
             "and a text, and consecutive lines with the same query belong together")
          ->excludes("--embed")
          ->excludes("--aggregation");
  app.add_option_function<std::string>(
         "--query", [&](const std::string& query) { arguments.options.query = query; },
         "the query of all lines, which then are only texts")
      ->needs(rank)
      ->excludes(separator)
      ->excludes("--column-pair");
  app.add_option(
         "--max-seq-length", arguments.options.max_seq_length,
         "maximum tokens per text; default: model_max_length in tokenizer_config.json, else the model's "
         "positions")
      ->check(CLI::PositiveNumber);
  app.add_flag("--strict", arguments.options.strict,
               "a line with more tokens is an error instead of being truncated");
  app.add_flag("--skip-errors", arguments.skip_errors,
               "print {\"line\": ..., \"error\": ...} for a line that cannot be answered, and continue; exit "
               "status 0 unless no line could be answered");
  app.add_flag_callback(
      "--int8", [&] { arguments.options.arithmetic = RuntimeOptions::Arithmetic::int8; },
      "compute the layers in int8: faster, and answers differ a little");
  add_threads(app, arguments.options.num_threads);
  app.footer(
      "A line is a text, or a pair if it contains the separator; an empty line is an empty text. The answer\n"
      "is a label and its probability, the score of a regression or a cross-encoder, a text of the context\n"
      "for a question, a token for a text with one [MASK], or the entities of a text. Answers equal\n"
      "rpp-finetune's own predictions in fp32.\n"
      "Examples:\n"
      "  echo 'a gripping, funny film' | rpp-predict --model runs/pruned-sst2\n"
      "  rpp-predict --model runs/pruned-mrpc --input pairs.tsv --json\n"
      "  rpp-predict --model runs/pruned-sst2 --input glue/SST-2/dev.tsv --column sentence\n"
      "  rpp-predict --model runs/pruned-mrpc --input mails.jsonl --column subject --column-pair body\n"
      "  rpp-predict --model minilm.rpp --input texts.txt --embed\n"
      "  rpp-predict --model reranker.rpp --input passages.txt --rank --query 'how long to boil an egg'\n"
      "  rpp-predict --model ner.rpp --input texts.txt --json --aggregation first");
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-predict", [&] {
    rpp::init_logging();
    rpp::Arguments arguments;
    CLI::App app{
        "Answers lines of text with a finished model: labels, scores, rankings, texts of a context, "
        "tokens for masks, entities, embeddings.",
        "rpp-predict"};
    rpp::add_options(app, arguments);
    if (!rpp::parse_command_line(app, argc, argv)) return 0;
    return rpp::predict(arguments);
  });
}
