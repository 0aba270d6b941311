// rpp-compare: whether two sets of fine-tuning runs differ by more than chance.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "data/glue_predictions.h"
#include "eval/paired_bootstrap.h"
#include "program/run_main.h"
#include "tool_main.h"

namespace rpp {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::vector<std::filesystem::path> baseline, candidate;
  bool json = false;
};

struct Report {
  std::string task;
  size_t num_examples = 0;
  std::map<std::string, MetricComparison> metrics;
  std::optional<McNemar> mcnemar;
};

// McNemar counts for the runs paired in the given order; nothing without accuracy or if runs lack a partner.
std::optional<McNemar> mcnemar_of_pairs(const GlueTask& task, const PairedRuns& runs) {
  const bool has_accuracy =
      std::find(task.metrics.begin(), task.metrics.end(), "accuracy") != task.metrics.end();
  if (!has_accuracy || runs.baseline.size() != runs.candidate.size()) return std::nullopt;
  int64_t b = 0, c = 0;
  for (size_t i = 0; i < runs.baseline.size(); ++i) {
    const McNemar pair = mcnemar(runs.baseline[i], runs.candidate[i], runs.labels);
    b += pair.b;
    c += pair.c;
  }
  return mcnemar(b, c);
}

Report compare(const Arguments& arguments) {
  std::vector<std::filesystem::path> directories = expand_seeds(arguments.baseline);
  const size_t num_baseline = directories.size();
  const auto candidates = expand_seeds(arguments.candidate);
  directories.insert(directories.end(), candidates.begin(), candidates.end());
  const GlueRuns runs = load_glue_runs(directories);
  const std::span<const std::vector<double>> predictions = runs.predictions;
  const PairedRuns paired = {.baseline = predictions.first(num_baseline),
                             .candidate = predictions.subspan(num_baseline),
                             .labels = runs.labels};
  return {.task = runs.task.name,
          .num_examples = runs.labels.size(),
          .metrics = compare_runs(runs.task.metrics, paired),
          .mcnemar = mcnemar_of_pairs(runs.task, paired)};
}

Json to_json(const SeedStatistics& side) {
  Json json = {{"n", side.n}, {"mean", side.mean}, {"sd", side.sd}};
  if (side.n < 2) json["sd"] = nullptr;
  return json;
}

Json to_json(const Report& report) {
  Json json = {{"task", report.task}, {"metrics", Json::object()}};
  for (const auto& [name, comparison] : report.metrics) {
    json["metrics"][name] = {{"baseline", to_json(comparison.baseline)},
                             {"candidate", to_json(comparison.candidate)},
                             {"difference", comparison.difference},
                             {"low", comparison.low},
                             {"high", comparison.high},
                             {"verdict", verdict_name(comparison.verdict)}};
  }
  if (const auto& test = report.mcnemar) json["mcnemar"] = {{"b", test->b}, {"c", test->c}, {"p", test->p}};
  return json;
}

// One run has no deviation.
std::string format_sd(const SeedStatistics& side) {
  return side.n > 1 ? fmt::format("{:.4f}", side.sd) : "-";
}

void print_table(const Report& report) {
  const MetricComparison& any = report.metrics.begin()->second;
  fmt::print("{}: {} baseline runs, {} candidate runs, {} examples\n", report.task, any.baseline.n,
             any.candidate.n, report.num_examples);
  fmt::print("{:<15}{:>9}{:>8}{:>11}{:>8}{:>12}  {:<19}  {}\n", "metric", "baseline", "sd", "candidate", "sd",
             "difference", "95 % interval", "verdict");
  for (const auto& [name, comparison] : report.metrics) {
    fmt::print("{:<15}{:>9.4f}{:>8}{:>11.4f}{:>8}{:>+12.4f}  [{:+.4f}, {:+.4f}]  {}\n", name,
               comparison.baseline.mean, format_sd(comparison.baseline), comparison.candidate.mean,
               format_sd(comparison.candidate), comparison.difference, comparison.low, comparison.high,
               verdict_name(comparison.verdict));
  }
  if (any.baseline.n == 1 || any.candidate.n == 1) {
    fmt::print("caution: with one seed per side the verdict covers only these runs, not other seeds\n");
  }
  if (!report.mcnemar) return;
  fmt::print("McNemar: b = {} (right in the baseline only), c = {} (in the candidate only), p = {:.3g}\n",
             report.mcnemar->b, report.mcnemar->c, report.mcnemar->p);
}

void add_options(CLI::App& app, Arguments& arguments) {
  app.add_option("--baseline", arguments.baseline,
                 "output directories of rpp-finetune, one per seed, or one of --seeds")
      ->required();
  app.add_option("--candidate", arguments.candidate, "the same for the runs to compare")->required();
  app.add_flag("--json", arguments.json, "print one JSON object");
  app.footer(
      "The interval is for candidate minus baseline, from a bootstrap over examples and seeds. With one "
      "seed\n"
      "per side it does not cover other seeds, and McNemar's test never does: use three or more. McNemar's\n"
      "test needs the same number of runs on both sides, paired in the given order.\n"
      "Example:\n"
      "  rpp-compare --baseline runs/dense-sst2-{1,2,3} --candidate runs/rpp-sst2-{1,2,3}");
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-compare", [&] {
    rpp::Arguments arguments;
    CLI::App app{"Tests whether two sets of fine-tuning runs differ by more than chance.", "rpp-compare"};
    rpp::add_options(app, arguments);
    if (!rpp::parse_command_line(app, argc, argv)) return 0;
    const rpp::Report report = rpp::compare(arguments);
    if (arguments.json) {
      fmt::print("{}\n", rpp::to_json(report).dump(2));
    } else {
      rpp::print_table(report);
    }
    return 0;
  });
}
