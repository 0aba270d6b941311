#!/usr/bin/env python3
"""Compares the metrics of rpp-finetune eval-glue with scikit-learn and scipy on random predictions.

scripts/setup.sh --compare installs both. Ends with 1 when a metric
differs by more than 1e-9. Degenerate predictions (one class only, constant scores) are among the cases; where
scipy gives NaN, eval-glue must give 0.

    scripts/compare/glue_metrics.py build/rpp-finetune [--cases 40] [--seed 1]
"""
import argparse
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import warnings

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "numpy", "scipy", "sklearn")

import numpy as np
from scipy import stats
from sklearn import metrics

TOLERANCE = 1e-9
LABELS = {
    "cola": ["0", "1"], "sst2": ["0", "1"], "mrpc": ["0", "1"], "qqp": ["0", "1"], "wnli": ["0", "1"],
    "mnli": ["entailment", "neutral", "contradiction"], "mnli-mm": ["entailment", "neutral", "contradiction"],
    "ax": ["entailment", "neutral", "contradiction"],
    "qnli": ["entailment", "not_entailment"], "rte": ["entailment", "not_entailment"],
    "custom": ["a", "b", "c", "d"],
}


def zero_for_nan(value):
    return 0.0 if math.isnan(value) else float(value)


def expected_scores(x, y):
    pearson = zero_for_nan(stats.pearsonr(x, y).statistic) if len(x) > 1 else 0.0
    spearman = zero_for_nan(stats.spearmanr(x, y).statistic) if len(x) > 1 else 0.0
    return {"pearson": pearson, "spearman": spearman, "combined_score": (pearson + spearman) / 2}


def expected_classes(task, predictions, labels):
    accuracy = float(metrics.accuracy_score(labels, predictions))
    if task in ("mrpc", "qqp"):
        f1 = float(metrics.f1_score(labels, predictions, pos_label=1, zero_division=0))
        return {"accuracy": accuracy, "f1": f1, "combined_score": (accuracy + f1) / 2}
    if task in ("cola", "ax"):
        return {"accuracy": accuracy, "matthews": float(metrics.matthews_corrcoef(labels, predictions))}
    if task == "custom":
        return {"accuracy": accuracy, "macro_f1": float(metrics.f1_score(labels, predictions, average="macro"))}
    return {"accuracy": accuracy}


def random_classes(rng, count, size):
    """Pairs of predictions and labels with varying agreement; one in four has one class only on a side."""
    labels = rng.integers(0, count, size)
    predictions = np.where(rng.random(size) < rng.random(), labels, rng.integers(0, count, size))
    kind = rng.integers(0, 8)
    if kind == 0:
        labels[:] = rng.integers(0, count)
    if kind == 1:
        predictions[:] = rng.integers(0, count)
    return predictions, labels


def random_scores(rng, size):
    """As above; rounded scores have ties."""
    digits = int(rng.integers(0, 4))
    labels = np.round(rng.random(size) * 5, digits)
    predictions = np.round(labels * rng.random() + rng.random(size) * 5, digits)
    if rng.integers(0, 8) == 0:
        predictions[:] = round(rng.random(), 1)
    return predictions, labels


def eval_glue(program, task, rows, folder):
    file = folder / f"eval_predictions_{task}.txt"
    lines = [f"{i}\t{prediction}\t{label}\n" for i, (prediction, label) in enumerate(rows)]
    file.write_text("index\tprediction\tlabel\n" + "".join(lines))
    printed = subprocess.run([program, "eval-glue", task, file], check=True, capture_output=True, text=True)
    found = json.loads(printed.stdout)
    if found.pop("samples") != len(rows):
        sys.exit(f"glue_metrics.py: error: eval-glue read another number of rows from {file}")
    return found


def difference(found, expected, case):
    if found.keys() != expected.keys():
        sys.exit(f"glue_metrics.py: error: {case}: eval-glue gives {sorted(found)}, expected {sorted(expected)}")
    return max(abs(found[name] - expected[name]) for name in expected)


def random_case(rng, task):
    """Rows in the format of eval-glue, and their metrics."""
    size = int(rng.integers(1, 200))
    if task == "stsb":
        predictions, labels = random_scores(rng, size)
        return list(zip(predictions.tolist(), labels.tolist())), expected_scores(predictions, labels)
    names = LABELS[task]
    predictions, labels = random_classes(rng, len(names), size)
    rows = [(names[prediction], names[label]) for prediction, label in zip(predictions, labels)]
    return rows, expected_classes(task, predictions, labels)


def largest_difference(arguments, rng, task, folder):
    worst = 0.0
    for case in range(arguments.cases):
        rows, expected = random_case(rng, task)
        found = eval_glue(arguments.program, task, rows, folder)
        worst = max(worst, difference(found, expected, f"{task}, case {case}"))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="build/rpp-finetune")
    parser.add_argument("--cases", type=int, default=40, help="per task")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")  # scipy and scikit-learn warn of the degenerate cases
    rng = np.random.default_rng(arguments.seed)
    worst = 0.0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        id2label = {str(i): label for i, label in enumerate(LABELS["custom"])}
        (folder / "config.json").write_text(json.dumps({"finetuning_task": "custom", "id2label": id2label}))
        for task in [*LABELS, "stsb"]:
            off = largest_difference(arguments, rng, task, folder)
            print(f"{task:<8} {arguments.cases} cases, largest difference {off:.1e}")
            worst = max(worst, off)
    if worst > TOLERANCE:
        sys.exit("glue_metrics.py: error: metrics differ")


if __name__ == "__main__":
    main()
