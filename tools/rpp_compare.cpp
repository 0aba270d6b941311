// rpp-compare: whether two sets of runs differ by more than chance.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "data/glue_predictions.h"
#include "eval/paired_bootstrap.h"
#include "program/run_main.h"
#include "runs/finished_run.h"
#include "tool_main.h"

namespace rpp {
namespace {

using Json = nlohmann::ordered_json;

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

struct Arguments {
  std::vector<fs::path> baseline, candidate;
  std::vector<double> baseline_values, candidate_values;
  std::string fixed_model;
  bool json = false;
};

struct Side {
  std::string name;            // "baseline"
  std::vector<fs::path> runs;  // directories
  Names models;                // [runs] started from; empty if each run is a sample of its own
};

struct Report {
  std::string task;
  size_t num_examples = 0;
  Side baseline, candidate;
  std::map<std::string, MetricComparison> metrics;
  std::optional<McNemar> mcnemar;

  const MetricComparison& any() const { return metrics.begin()->second; }
};

// The same run twice would look like two seeds without variance.
void check_distinct(const Side& side) {
  std::set<fs::path> seen;
  for (const fs::path& run : side.runs) {
    if (!seen.insert(fs::weakly_canonical(run)).second) fail("--{} names {} twice", side.name, run);
  }
}

Side side_of(const std::string& name, const std::vector<fs::path>& directories, const Arguments& arguments) {
  Side side{.name = name, .runs = expand_seeds(directories), .models = {}};
  check_distinct(side);
  if (arguments.fixed_model == name || arguments.fixed_model == "both") return side;
  for (const fs::path& run : side.runs) side.models.push_back(start_model_of(run));
  return side;
}

// Examples are independent, the runs' answers to one example are not: the test needs one run a side.
std::optional<McNemar> mcnemar_of(const GlueTask& task, const PairedRuns& runs) {
  const bool has_accuracy =
      std::find(task.metrics.begin(), task.metrics.end(), "accuracy") != task.metrics.end();
  if (!has_accuracy || runs.baseline.size() > 1 || runs.candidate.size() > 1) return std::nullopt;
  return mcnemar(runs.baseline.front(), runs.candidate.front(), runs.labels);
}

Report compare(const Arguments& arguments) {
  Side baseline = side_of("baseline", arguments.baseline, arguments);
  Side candidate = side_of("candidate", arguments.candidate, arguments);
  std::vector<fs::path> directories = baseline.runs;
  directories.insert(directories.end(), candidate.runs.begin(), candidate.runs.end());
  const GlueRuns runs = load_glue_runs(directories);
  const std::span<const std::vector<double>> predictions = runs.predictions;
  const PairedRuns paired = {.baseline = predictions.first(baseline.runs.size()),
                             .candidate = predictions.subspan(baseline.runs.size()),
                             .labels = runs.labels,
                             .baseline_models = baseline.models,
                             .candidate_models = candidate.models};
  return {.task = runs.task.name,
          .num_examples = runs.labels.size(),
          .baseline = std::move(baseline),
          .candidate = std::move(candidate),
          .metrics = compare_runs(runs.task.metrics, paired),
          .mcnemar = mcnemar_of(runs.task, paired)};
}

// Why a side has no variance between seeds; empty if it has.
std::string why_no_seeds(const Side& side, const SeedStatistics& statistics) {
  if (statistics.n > 1) return {};
  if (side.runs.size() == 1) return fmt::format("the {} has one run", side.name);
  return fmt::format("the {} {} runs started from one model (see --fixed-model in --help)", side.runs.size(),
                     side.name);
}

// Why no verdict is given; empty if there is one.
std::string why_no_verdict(const Report& report) {
  const std::string baseline = why_no_seeds(report.baseline, report.any().baseline);
  const std::string candidate = why_no_seeds(report.candidate, report.any().candidate);
  return baseline + (baseline.empty() || candidate.empty() ? "" : " and ") + candidate;
}

Json json_of(const SeedStatistics& statistics, size_t num_runs) {
  Json json = {{"n", statistics.n}, {"runs", num_runs}, {"mean", statistics.mean}, {"sd", statistics.sd}};
  if (statistics.n < 2) json["sd"] = nullptr;
  return json;
}

Json json_of(const MetricComparison& comparison, size_t num_baseline_runs, size_t num_candidate_runs) {
  return {{"baseline", json_of(comparison.baseline, num_baseline_runs)},
          {"candidate", json_of(comparison.candidate, num_candidate_runs)},
          {"difference", comparison.difference},
          {"low", comparison.interval.low},
          {"high", comparison.interval.high},
          {"verdict", verdict_name(comparison.verdict)}};
}

Json json_of(const Report& report) {
  const std::string no_verdict = why_no_verdict(report);
  Json json = {{"task", report.task}, {"metrics", Json::object()}};
  for (const auto& [name, comparison] : report.metrics) {
    json["metrics"][name] = json_of(comparison, report.baseline.runs.size(), report.candidate.runs.size());
  }
  json["interval_covers"] = no_verdict.empty() ? Json{"examples", "seeds"} : Json{"examples"};
  if (!no_verdict.empty()) json["no_verdict"] = no_verdict;
  if (const auto& test = report.mcnemar) json["mcnemar"] = {{"b", test->b}, {"c", test->c}, {"p", test->p}};
  return json;
}

// One value has no deviation.
std::string format_sd(const SeedStatistics& side) {
  return side.n > 1 ? fmt::format("{:.4f}", side.sd) : "-";
}

// "3 baseline runs", "6 candidate runs of 3 models"
std::string describe(const Side& side, const SeedStatistics& statistics) {
  const auto num_runs = static_cast<int64_t>(side.runs.size());
  const std::string runs = fmt::format("{} {} run{}", num_runs, side.name, num_runs == 1 ? "" : "s");
  if (statistics.n == num_runs) return runs;
  return fmt::format("{} of {} model{}", runs, statistics.n, statistics.n == 1 ? "" : "s");
}

// Of a single run the model does not matter.
auto num_without_model(const Side& side) {
  return side.models.size() > 1 ? std::ranges::count(side.models, "") : 0;
}

void print_notes(const Report& report) {
  if (const std::string why = why_no_verdict(report); !why.empty()) {
    fmt::print(
        "no verdict: {}. The interval covers the choice of examples, not the variation between seeds.\n",
        why);
  }
  const auto num_unknown = num_without_model(report.baseline) + num_without_model(report.candidate);
  if (num_unknown > 0) {
    fmt::print("note: {} runs have no config.yaml: each counts as the run of a different model\n",
               num_unknown);
  }
  if (const auto& test = report.mcnemar) {
    fmt::print("McNemar: b = {} (right in the baseline only), c = {} (in the candidate only), p = {:.3g}\n",
               test->b, test->c, test->p);
  }
}

void print_header() {
  fmt::print("{:<15}{:>9}{:>8}{:>11}{:>8}{:>12}  {:<19}  {}\n", "metric", "baseline", "sd", "candidate", "sd",
             "difference", "95 % interval", "verdict");
}

void print_row(const std::string& name, const MetricComparison& comparison) {
  fmt::print("{:<15}{:>9.4f}{:>8}{:>11.4f}{:>8}{:>+12.4f}  [{:+.4f}, {:+.4f}]  {}\n", name,
             comparison.baseline.mean, format_sd(comparison.baseline), comparison.candidate.mean,
             format_sd(comparison.candidate), comparison.difference, comparison.interval.low,
             comparison.interval.high, verdict_name(comparison.verdict));
}

void print_table(const Report& report) {
  fmt::print("{}: {}, {}, {} examples\n", report.task, describe(report.baseline, report.any().baseline),
             describe(report.candidate, report.any().candidate), report.num_examples);
  print_header();
  for (const auto& [name, comparison] : report.metrics) print_row(name, comparison);
  print_notes(report);
}

template <typename Value>
void check_both_given(const std::vector<Value>& baseline, const std::vector<Value>& candidate,
                      std::string_view suffix) {
  if (baseline.empty()) fail_usage("--baseline{} is required (see rpp-compare --help)", suffix);
  if (candidate.empty()) fail_usage("--candidate{} is required (see rpp-compare --help)", suffix);
}

void compare_directories(const Arguments& arguments) {
  check_both_given(arguments.baseline, arguments.candidate, "");
  const Report report = compare(arguments);
  if (arguments.json) {
    fmt::print("{}\n", json_of(report).dump(2));
  } else {
    print_table(report);
  }
}

void compare_scores(const Arguments& arguments) {
  check_both_given(arguments.baseline_values, arguments.candidate_values, "-values");
  const MetricComparison comparison = compare_values(arguments.baseline_values, arguments.candidate_values);
  if (arguments.json) {
    Json json = json_of(comparison, arguments.baseline_values.size(), arguments.candidate_values.size());
    json["interval_covers"] = {"seeds"};
    fmt::print("{}\n", json.dump(2));
    return;
  }
  fmt::print("{} baseline values, {} candidate values\n", arguments.baseline_values.size(),
             arguments.candidate_values.size());
  print_header();
  print_row("value", comparison);
}

void add_options(CLI::App& app, Arguments& arguments) {
  CLI::Option* baseline =
      app.add_option("--baseline", arguments.baseline,
                     "output directories of rpp-finetune, one per seed, or one of --seeds");
  CLI::Option* candidate =
      app.add_option("--candidate", arguments.candidate, "the same for the runs to compare");
  CLI::Option* baseline_values =
      app.add_option("--baseline-values", arguments.baseline_values,
                     "scores instead of directories, one per seed: the interval covers other seeds only");
  CLI::Option* candidate_values =
      app.add_option("--candidate-values", arguments.candidate_values, "the same for the runs to compare");
  baseline->excludes(baseline_values)->excludes(candidate_values);
  candidate->excludes(baseline_values)->excludes(candidate_values);
  app.add_option("--fixed-model", arguments.fixed_model,
                 "the side whose runs share a model that is not one sample of many, such as a published "
                 "checkpoint: each of its runs counts by itself")
      ->check(CLI::IsMember({"baseline", "candidate", "both"}));
  app.add_flag("--json", arguments.json, "print one JSON object");
  app.footer(
      "The interval is for candidate minus baseline and covers other seeds and other examples. Runs that\n"
      "started from the same pruned model count as one value. With one run or one model on a side there is\n"
      "no verdict, the interval covers the examples only, and for one run a side McNemar's exact test is\n"
      "printed. Use three seeds or more.\n"
      "Examples:\n"
      "  rpp-compare --baseline runs/dense-sst2-{1,2,3} --candidate runs/rpp-sst2-{1,2,3}\n"
      "  rpp-compare --baseline-values 33.1 33.4 33.0 --candidate-values 33.9 33.8 34.2");
}

}  // namespace
}  // namespace rpp

int main(int argc, char** argv) {
  return rpp::run_main("rpp-compare", [&] {
    rpp::Arguments arguments;
    CLI::App app{"Tests whether two sets of runs differ by more than chance.", "rpp-compare"};
    rpp::add_options(app, arguments);
    if (!rpp::parse_command_line(app, argc, argv)) return 0;
    if (arguments.baseline_values.empty() && arguments.candidate_values.empty()) {
      rpp::compare_directories(arguments);
    } else {
      rpp::compare_scores(arguments);
    }
    return 0;
  });
}
