// rpp-predict: what a finished model answers to lines of text.
#include <nlohmann/json.hpp>
#include <span>

#include "bert_format/model_path.h"
#include "options.h"
#include "predict/line_predictor.h"
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

using Json = nlohmann::ordered_json;

void print_line(const Json& object) {
  write_output(object.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace) + '\n');
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
  object[std::string(answer_name)] = answer.scores.front().first;
  object["score"] = answer.scores.front().second;
  if (answer.span) {
    const std::string_view context = *line.text_pair;
    const auto code_points = [&](uint32_t byte) { return count_code_points(context.substr(0, byte)); };
    object["span"] = {code_points(answer.span->begin), code_points(answer.span->end)};
  }
  auto& scores = object["scores"] = Json::object();
  for (const auto& [name, score] : answer.scores) {
    if ((top == 0 || scores.size() < top) && !scores.contains(name)) scores[name] = score;
  }
  print_line(object);
}

// Answers what has arrived before it waits for more, so that a program may ask line by line.
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

int predict(const Arguments& arguments) {
  PredictOptions options = arguments.options;
  if (options.pair_separator == "TAB" || options.pair_separator == "\\t") options.pair_separator = "\t";
  if (options.pair_separator.empty()) fail_usage("--pair-separator is empty");
  require_model(arguments.model);
  check_readable(std::span(&arguments.input, 1));
  if (arguments.skip_errors) {
    options.skip = [](int64_t line, const std::string& why) { print_line({{"line", line}, {"error", why}}); };
  }
  std::string_view answer_name;
  const auto report = [&](const TextLine& line, const Answer& answer) {
    if (arguments.json) return print_json(line, answer, answer_name, arguments.top);
    print_text(answer, arguments.top);
  };
  LinePredictor predictor(arguments.model, input_name(arguments.input), options, report);
  answer_name = predictor.answer_name();
  predict_lines(arguments.input, predictor);
  warn_of_losses(predictor);
  return 0;
}

void add_options(CLI::App& app, Arguments& arguments) {
  add_model(app, arguments.model,
            "model file of rpp-export, output directory of rpp-finetune, or any Hugging Face one");
  app.add_option(
      "--input", arguments.input,
      "a text a line, or two, or a table (--column); plain, .gz or .zst; -, or nothing: standard input");
  app.add_flag("--json", arguments.json, "print a JSON object a line");
  app.add_option("--top", arguments.top, "so many labels, the best first")->check(CLI::PositiveNumber);
  app.add_flag("--embed", arguments.options.embed,
               "print a text's embedding in place of an answer: by the model's modules.json of "
               "sentence-transformers, without it the mean of the last hidden states, not normalised");
  CLI::Option* separator = app.add_option("--pair-separator", arguments.options.pair_separator,
                                          "between the two texts of a line; default: TAB, of --embed none")
                               ->excludes("--embed");
  CLI::Option* column =
      app.add_option(
             "--column", arguments.options.columns.text,
             "the text of a table's rows: a column's name in the header, or a key of JSON objects; without "
             "a header its number, from 1 on")
          ->excludes(separator);
  app.add_option("--column-pair", arguments.options.columns.text_pair, "likewise, the second text")
      ->needs(column);
  app.add_option("--max-seq-length", arguments.options.max_seq_length,
                 "tokens that are read; default: model_max_length in tokenizer_config.json, else the model's "
                 "positions")
      ->check(CLI::PositiveNumber);
  app.add_flag("--strict", arguments.options.strict, "a line with more tokens is an error, not cut");
  app.add_flag(
      "--skip-errors", arguments.skip_errors,
      "print {\"line\": ..., \"error\": ...} in place of an answer to a line that has none, and go on; exit "
      "status 0 unless no line has an answer");
  add_threads(app, arguments.options.num_threads);
  app.footer(
      "A line is a text, or a pair where it holds the separator; an empty line is an empty text. A line is\n"
      "answered by a label and its probability, of a regression by its score, a question with its context by "
      "a\n"
      "text of it, a text with one [MASK] by a token. rpp-finetune's own predictions in fp32 are repeated.\n"
      "Examples:\n"
      "  echo 'a gripping, funny film' | rpp-predict --model runs/pruned-sst2\n"
      "  rpp-predict --model runs/pruned-mrpc --input pairs.tsv --json\n"
      "  rpp-predict --model runs/pruned-sst2 --input glue/SST-2/dev.tsv --column sentence\n"
      "  rpp-predict --model runs/pruned-mrpc --input mails.jsonl --column subject --column-pair body\n"
      "  rpp-predict --model minilm.rpp --input texts.txt --embed");
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-predict", [&] {
    rpp::init_logging();
    rpp::Arguments arguments;
    CLI::App app{
        "Answers lines of text with a finished model: labels, scores, texts of a context, tokens for "
        "masks, embeddings.",
        "rpp-predict"};
    rpp::add_options(app, arguments);
    if (!rpp::parse_command_line(app, argc, argv)) return 0;
    return rpp::predict(arguments);
  });
}
