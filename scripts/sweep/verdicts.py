"""What rpp-compare says about two cells: better, worse, within noise, or examples only."""
import os
import statistics

from sweep import programs

TASK_NOTE = ("Difference to the baseline in points, with the 95 % interval and the verdict of rpp-compare. Fine-tunings of "
             "one pruned model count as one value. With one pruned model a side there is no verdict: 'examples only' says "
             "that the interval covers the choice of dev examples, not the variation between seeds. p is of McNemar's "
             "test, for one run a side.\n")
PRETRAIN_NOTE = ("Difference to the baseline in points, with the 95 % interval and the verdict of rpp-compare. All runs are "
                 "evaluated on the same held-out text: the interval covers other seeds, not other text. One seed a side "
                 "gives no verdict.\n")
MISSING_NOTE = "Not made: rpp-compare was missing. `scripts/sweep.py SWEEP.yaml --report` makes them later.\n"


def finished_directories(results, cell, task):
    """The directories for all seeds; empty if one is missing."""
    runs = results.runs_of(cell, task)
    return [run.directory for run in runs] if all(results.manifests[run.name] for run in runs) else []


def can_compare(sweep):
    program = sweep.programs / "rpp-compare"
    if os.access(program, os.X_OK):
        return True
    print(f"no verdicts: {program} is missing", flush=True)
    return False


def compare_fine_tunings(results, pairs):
    """(baseline, candidate, task) -> result of rpp-compare."""
    comparisons = {}
    for baseline, candidate in dict.fromkeys(pairs):
        for task in results.sweep.tasks:
            folders = [finished_directories(results, cell, task) for cell in (baseline, candidate)]
            if all(folders):
                comparisons[baseline, candidate, task] = programs.compare(results.sweep.programs, *folders)
    return comparisons


def interval_text(result):
    """'worse -3.1 [-5.0, -1.2]', in points, of a metric's result of rpp-compare."""
    difference, low, high = (f"{100 * result[key]:+.1f}" for key in ("difference", "low", "high"))
    return f"{result['verdict']} {difference} [{low}, {high}]"


def task_verdict(comparison, metric):
    """'worse -3.1 [-5.0, -1.2], p 0.003', of rpp-compare for fine-tunings; '-' without it."""
    if not comparison or metric not in comparison["metrics"]:
        return "-"
    text = interval_text(comparison["metrics"][metric])
    mcnemar = comparison.get("mcnemar")
    if metric != "accuracy" or not mcnemar:
        return text
    return text + (f", p {mcnemar['p']:.3f}" if mcnemar["p"] >= 0.0005 else ", p < 0.001")


def pretrain_verdict(results, baseline, candidate, metric):
    """'worse -3.1 [-5.0, -1.2]', of the metric on held-out text; 'one seed -3.1' where a side has no second one."""
    sides = [results.values(cell, "", metric) for cell in (baseline, candidate)]
    if not all(sides):
        return "-"
    if any(len(side) < 2 for side in sides):
        return f"one seed {100 * (statistics.mean(sides[1]) - statistics.mean(sides[0])):+.1f}"
    return interval_text(programs.compare_values(results.sweep.programs, *sides))
