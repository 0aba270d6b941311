"""What rpp-compare says about the fine-tunings of two cells: better, worse, within noise, or examples only."""
import os

from sweep import programs

NOTE = ("Difference to the baseline in points, with the 95 % interval and the verdict of rpp-compare. Fine-tunings of "
        "one pruned model count as one value. With one pruned model a side there is no verdict: 'examples only' says "
        "that the interval covers the choice of dev examples, not the variation between seeds. p is of McNemar's "
        "test, for one run a side.\n")


def finished_directories(results, cell, task):
    """The directories for all seeds; empty if one is missing."""
    runs = results.runs_of(cell, task)
    return [run.directory for run in runs] if all(results.manifests[run.name] for run in runs) else []


def compare_cells(results, pairs):
    """({(baseline, candidate, task): result of rpp-compare}, a line for the reader); None without the program."""
    program = results.sweep.programs / "rpp-compare"
    if not os.access(program, os.X_OK):
        print(f"no verdicts: {program} is missing", flush=True)
        return None, "Not made: rpp-compare was missing. `scripts/sweep.py SWEEP.yaml --report` makes them later.\n"
    comparisons = {}
    for baseline, candidate in dict.fromkeys(pairs):
        for task in results.sweep.tasks:
            folders = [finished_directories(results, cell, task) for cell in (baseline, candidate)]
            if all(folders):
                comparisons[baseline, candidate, task] = programs.compare(results.sweep.programs, *folders)
    return comparisons, NOTE


def verdict_text(comparison, metric):
    """'worse -3.1 [-5.0, -1.2], p 0.003'."""
    if not comparison or metric not in comparison["metrics"]:
        return "-"
    result = comparison["metrics"][metric]
    difference, low, high = (f"{100 * result[key]:+.1f}" for key in ("difference", "low", "high"))
    text = f"{result['verdict']} {difference} [{low}, {high}]"
    mcnemar = comparison.get("mcnemar")
    if metric != "accuracy" or not mcnemar:
        return text
    return text + (f", p {mcnemar['p']:.3f}" if mcnemar["p"] >= 0.0005 else ", p < 0.001")
