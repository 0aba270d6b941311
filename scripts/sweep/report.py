"""results.csv, results.md and times.csv, from the manifests of the finished runs.

The first two contain no times or paths: they are byte-identical however often the sweep was killed and resumed.
"""
import csv
import io
import statistics

from sweep.curve import curve_of
from sweep.runs import all_runs, cells_of, finished_manifest, write_atomically
from sweep.verdicts import (MISSING_NOTE, PRETRAIN_NOTE, TASK_NOTE, can_compare, compare_fine_tunings, pretrain_verdict,
                            task_verdict)

# The columns of the tables, as the paper and GLUE report the tasks.
TASK_METRICS = {"sst2": ("accuracy",), "cola": ("accuracy", "matthews"), "mrpc": ("accuracy", "f1"),
                "qqp": ("accuracy", "f1"), "stsb": ("pearson", "spearman"), "mnli": ("accuracy",),
                "qnli": ("accuracy",), "rte": ("accuracy",), "wnli": ("accuracy",)}
TASK_TITLES = {"sst2": "SST-2", "cola": "CoLA", "mrpc": "MRPC", "qqp": "QQP", "stsb": "STS-B", "mnli": "MNLI",
               "qnli": "QNLI", "rte": "RTE", "wnli": "WNLI"}
PRETRAIN_METRICS = ("mlm_accuracy", "nsp_accuracy")
METRIC_TITLES = {"accuracy": "accuracy", "f1": "F1", "matthews": "Matthews", "pearson": "Pearson",
                 "spearman": "Spearman", "mlm_accuracy": "MLM accuracy", "nsp_accuracy": "NSP accuracy"}
CSV_METRICS = ("mlm_accuracy", "nsp_accuracy", "loss", "accuracy", "f1", "matthews", "pearson", "spearman")
CSV_COLUMNS = ("kind", "method", "ratio", "seed", "task", "finetune_seed", "encoder_ratio", "whole_model_ratio",
               "recovery", "steps", "tokens", *CSV_METRICS, "drifted")


class Results:
    """The manifests of the finished runs, by cell and task."""

    def __init__(self, sweep):
        self.sweep = sweep
        self.runs = all_runs(sweep)
        self.manifests = {run.name: finished_manifest(run) for run in self.runs}

    def runs_of(self, cell, task=""):
        return [run for run in self.runs if run.cell == cell and run.task == task]

    def values(self, cell, task, metric):
        """One value for each finished run that has the metric."""
        done = [self.manifests[run.name] for run in self.runs_of(cell, task) if self.manifests[run.name]]
        return [manifest["results"][metric] for manifest in done if manifest["results"].get(metric) is not None]

    def pruned(self, cell):
        """The manifests of the cell's finished runs that prune."""
        runs = self.runs_of(cell) or [run for run in self.runs if run.cell == cell]  # pruned during fine-tuning
        return [self.manifests[run.name] for run in runs if self.manifests[run.name]]

    def reached(self, cell):
        """(encoder ratio, whole-model ratio), means over the seeds; None if no run has finished."""
        done = self.pruned(cell)
        pairs = [ratios_of(manifest) for manifest in done]
        return tuple(statistics.mean(column) for column in zip(*pairs)) if pairs else None

    def learning_rate(self, cell):
        """The curve of the cell's runs that prune, for a sweep of schedules."""
        run = next((run for run in self.runs if run.cell == cell and self.manifests[run.name]), None)
        return str(curve_of(run, self.manifests[run.name]["config"])) if run else "-"


def ratios_of(manifest):
    ratios = manifest["ratios"]
    return ratios["zeros"] / ratios["prunable"], ratios["zeros"] / ratios["parameters"]


def recovery_of(manifest):
    """The share of the steps that trained with a fixed mask; None for a dense model."""
    steps = manifest.get("recovery")
    return steps[0] / steps[1] if steps else None


def csv_row(run, manifest):
    row = {"kind": "finetune" if run.task else "pretrain", "method": run.method,
           "ratio": "" if run.ratio is None else f"{run.ratio:g}", "seed": run.seed, "task": run.task,
           "finetune_seed": "" if run.finetune_seed is None else run.finetune_seed}
    if not manifest:
        return row
    encoder, whole = ratios_of(manifest)
    row |= {"encoder_ratio": f"{encoder:.6f}", "whole_model_ratio": f"{whole:.6f}", "steps": manifest["steps"],
            "tokens": manifest["tokens"]}
    if recovery_of(manifest) is not None and not run.task:
        row["recovery"] = f"{recovery_of(manifest):.4f}"
    row |= {metric: f"{manifest['results'][metric]:.6f}" for metric in CSV_METRICS
            if manifest["results"].get(metric) is not None}
    drifted = manifest["proof"]["drifted"]
    return row | {"drifted": "" if drifted is None else drifted}


def as_csv(columns, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def percent(share):
    return f"{100 * share:.1f}"


def mean_text(values, expected):
    """'83.9 ± 0.4' over seeds; marks missing seeds."""
    if not values:
        return "-"
    text = percent(statistics.mean(values))
    if len(values) > 1:
        text += f" ± {percent(statistics.stdev(values))}"
    return text if len(values) == expected else f"{text} ({len(values)} of {expected})"


def task_columns(sweep):
    return [(task, metric) for task in sweep.tasks for metric in TASK_METRICS[task]]


def column_title(task, metric):
    return f"{TASK_TITLES[task]} {METRIC_TITLES[metric]}"


def row_head(results, cell):
    method, ratio = cell
    reached = results.reached(cell)
    recovery = next(map(recovery_of, results.pruned(cell)), None)
    head = [method, "-" if ratio is None else percent(ratio), *(map(percent, reached) if reached else ("-", "-")),
            "-" if recovery is None else percent(recovery)]
    return head + ([results.learning_rate(cell)] if results.sweep.compare_schedules else [])


def row_header(sweep):
    return ["method", "asked %", "encoder %", "whole model %", "recovery %",
            *(["learning rate"] if sweep.compare_schedules else [])]


def score_table(results):
    columns = task_columns(results.sweep)
    rows = [row_head(results, cell) + [mean_text(results.values(cell, task, metric), len(results.runs_of(cell, task)))
                                       for task, metric in columns] for cell in cells_of(results.sweep)]
    return as_table(row_header(results.sweep) + [column_title(*column) for column in columns], rows)


def pretrain_table(results):
    rows = []
    for cell in cells_of(results.sweep):
        if results.sweep.methods[cell[0]].source:
            continue
        expected = len(results.runs_of(cell))
        mlm, nsp, loss = (results.values(cell, "", metric) for metric in ("mlm_accuracy", "nsp_accuracy", "loss"))
        rows.append([*row_head(results, cell), mean_text(mlm, expected), mean_text(nsp, expected),
                     f"{statistics.mean(loss):.3f}" if loss else "-"])
    return as_table(row_header(results.sweep) + ["MLM accuracy", "NSP accuracy", "loss"], rows)


def task_verdict_table(results, pairs, comparisons):
    """A row for each (baseline cell, candidate cell)."""
    columns = task_columns(results.sweep)
    rows = [row_head(results, candidate) + [task_verdict(comparisons.get((baseline, candidate, task)), metric)
                                            for task, metric in columns] for baseline, candidate in pairs]
    return as_table(row_header(results.sweep) + [column_title(*column) for column in columns], rows)


def pretrain_verdict_table(results, pairs):
    """The same for held-out text; without a column for a metric that no run has."""
    metrics = [metric for metric in PRETRAIN_METRICS
               if any(results.values(cell, "", metric) for pair in pairs for cell in pair)]
    rows = [row_head(results, candidate) + [pretrain_verdict(results, baseline, candidate, metric) for metric in metrics]
            for baseline, candidate in pairs]
    return as_table(row_header(results.sweep) + [METRIC_TITLES[metric] for metric in metrics], rows)


def verdict_sections(results):
    """(title, pairs of cells) of every table of verdicts."""
    sweep = results.sweep
    sections = []
    if sweep.reference:
        reference = (sweep.reference, None)
        pairs = [(reference, cell) for cell in cells_of(sweep) if cell != reference]
        sections.append((f"Against {sweep.reference}", pairs))
    for candidate, baseline in sweep.compare:
        shared = [ratio for ratio in sweep.methods[candidate].ratios if ratio in sweep.methods[baseline].ratios]
        sections.append((f"{candidate} against {baseline}, at equal ratio",
                         [((baseline, ratio), (candidate, ratio)) for ratio in shared]))
    return [section for section in sections if section[1]]


def equality_lines(results):
    """Steps and tokens of the pruning runs, which must be the same for every method at a seed."""
    lines = []
    for seed in results.sweep.seeds:
        done = [results.manifests[run.name] for run in results.runs if not run.task and run.seed == seed]
        amounts = sorted({(manifest["steps"], manifest["tokens"]) for manifest in done if manifest})
        text = " or ".join(f"{steps:,} steps, {tokens:,} tokens" for steps, tokens in amounts) or "-"
        lines.append(f"- Seed {seed}: {text}{'' if len(amounts) < 2 else '. NOT EQUAL: the rows do not compare.'}")
    return "\n".join(lines) + "\n"


def settings_text(settings):
    return " ".join(f"{key}={value}" for key, value in settings.items()) or "nothing"


def method_text(method):
    start = f"from {method.source}" if method.source else settings_text(method.settings)
    return f"{start}; fine-tuned with {settings_text(method.finetune)}" if method.finetune else start


def settings_lines(sweep):
    lines = [f"- Pruning: `{sweep.pretrain}` with {settings_text(sweep.settings)}; seeds {list(sweep.seeds)}"]
    lines += [f"- {method.label}: {method_text(method)}" for method in sweep.methods.values()]
    lines += [f"- {TASK_TITLES[task.name]}: `{task.config or 'defaults'}` with {settings_text(task.settings)}; seeds "
              f"{list(task.seeds)}" for task in sweep.tasks.values()]
    return "\n".join(lines) + "\n"


def drift_line(results):
    proofs = [(run.name, manifest["proof"]) for run in results.runs if (manifest := results.manifests[run.name])]
    proven = [proof for _, proof in proofs if proof["drifted"] is not None]
    moved = [f"{name} ({proof['drifted']})" for name, proof in proofs if proof["drifted"]]
    return f"Zeros that drifted: {sum(proof['drifted'] for proof in proven)} in {len(proven)} pruned models" + (
        f": {', '.join(moved)}.\n" if moved else ".\n")


def as_markdown(results):
    missing = [name for name, manifest in results.manifests.items() if not manifest]
    parts = ["# Sweep\n", settings_lines(results.sweep),
             "Every pruning run sees the same text in the same order:\n", equality_lines(results), drift_line(results)]
    if missing:
        parts.append(f"{len(missing)} of {len(results.runs)} runs have not finished: '-' stands for their cells.\n")
    if results.sweep.tasks:
        parts += ["## Scores after fine-tuning\n", "In per cent: mean ± standard deviation over the seeds.\n",
                  score_table(results)]
    parts += ["## Pre-training\n", "On held-out text, accuracies in per cent.\n", pretrain_table(results)]
    return "\n".join(parts + verdict_parts(results))


def verdict_parts(results):
    """Those of pre-training, then those of the tasks."""
    sections = verdict_sections(results)
    if not sections:
        return []
    if not can_compare(results.sweep):
        return ["## Verdicts\n", MISSING_NOTE]
    parts = ["## Verdicts: pre-training\n", PRETRAIN_NOTE]
    for title, pairs in sections:
        parts += [f"### {title}\n", pretrain_verdict_table(results, pairs)]
    if not results.sweep.tasks:
        return parts
    comparisons = compare_fine_tunings(results, [pair for _, pairs in sections for pair in pairs])
    parts += ["## Verdicts: fine-tuning\n", TASK_NOTE]
    for title, pairs in sections:
        parts += [f"### {title}\n", task_verdict_table(results, pairs, comparisons)]
    return parts


def write_report(sweep):
    results = Results(sweep)
    rows = [csv_row(run, results.manifests[run.name]) for run in results.runs]
    write_atomically(sweep.output_dir / "results.csv", as_csv(CSV_COLUMNS, rows))
    times = [{"run": name, "seconds": f"{manifest['seconds']:.1f}"} for name, manifest in results.manifests.items()
             if manifest]
    write_atomically(sweep.output_dir / "times.csv", as_csv(("run", "seconds"), times))
    write_atomically(sweep.output_dir / "results.md", as_markdown(results))
    return results
