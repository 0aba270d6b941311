#!/usr/bin/env python3
"""Draws the learning curves of one or more runs in one figure, from their metrics.jsonl; also while they are running.

    scripts/plots.py runs/minilm-dense runs/minilm-rpp --output curves.png
    scripts/plots.py runs/minilm-rpp --output gamma.svg --metrics prune/gamma train/encoder_ratio
    scripts/plots.py runs/minilm-dense runs/minilm-rpp --table

Without --metrics: loss, learning rate, prune ratio and speed of training, every metric of the evaluations, gamma and the
fraction of the mask that changed. The extension of --output selects the format: .png, .svg, .pdf. --table prints the evaluations of
pre-training side by side in Markdown instead: prune ratio of the encoder, masked-LM and next-sentence accuracy on
held-out text, in %. Figures need matplotlib: scripts/setup.sh --plots.
"""

import argparse
import difflib
import math
import pathlib

import environment
from metrics_log import MetricsError, labels_of, read_lines, values_of

TRAIN_METRICS = ("train/loss", "train/learning_rate", "train/encoder_ratio", "train/tokens_per_second")
TABLE_METRICS = {"ratio": "eval/encoder_ratio", "MLM": "eval/mlm_accuracy", "NSP": "eval/nsp_accuracy"}
MAX_COLUMNS = 3


def read_curves(run):
    """tag -> {step: value}"""
    curves = {}
    for line in read_lines(run):
        for tag, value in values_of(line).items():
            curves.setdefault(tag, {})[line["step"]] = value
    if not curves:
        raise MetricsError(f"{run / 'metrics.jsonl'} holds no metrics yet: the first come after train.log_every steps")
    return curves


def chosen_metrics(asked, runs):
    known = {tag for curves in runs.values() for tag in curves}
    for tag in asked:
        if tag not in known:
            nearest = max(sorted(known), key=lambda other: difflib.SequenceMatcher(None, tag, other).ratio())
            raise MetricsError(f"unknown metric {tag!r}: did you mean {nearest!r}? There are {', '.join(sorted(known))}")
    if asked:
        return asked
    rest = sorted(tag for tag in known if tag.startswith(("eval/", "prune/")) and not tag.endswith("/encoder_ratio"))
    return [tag for tag in TRAIN_METRICS if tag in known] + rest


def draw(runs, metrics, file):
    environment.need("plots", "matplotlib")
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    columns = min(MAX_COLUMNS, len(metrics))
    rows = math.ceil(len(metrics) / columns)
    figure, grid = pyplot.subplots(rows, columns, figsize=(5 * columns, 3.2 * rows), layout="constrained", squeeze=False)
    for axes, tag in zip(grid.flat, metrics):
        for index, (label, curves) in enumerate(runs.items()):
            points = sorted(curves.get(tag, {}).items())
            if points:  # one colour per run, in every panel
                axes.plot(*zip(*points), label=label, color=f"C{index}", linewidth=1.2,
                          marker="." if len(points) < 30 else "")
        axes.set(title=tag, xlabel="step")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    for axes in grid.flat[len(metrics):]:
        axes.set_visible(False)
    try:
        figure.savefig(file, dpi=110)
    except (OSError, ValueError) as error:  # an extension unknown to matplotlib is a ValueError
        raise MetricsError(f"cannot write {file}: {error}") from None
    print(f"{file}: {', '.join(metrics)}")


def table(runs):
    def cell(curves, tag, step):
        value = curves.get(tag, {}).get(step)
        return "" if value is None else f"{100 * value:.1f}"

    steps = sorted({step for curves in runs.values() for tag in TABLE_METRICS.values() for step in curves.get(tag, ())})
    lines = ["| step | " + " | ".join(f"{label} {column}" for label in runs for column in TABLE_METRICS) + " |",
             "|" + "---|" * (1 + len(runs) * len(TABLE_METRICS))]
    for step in steps:
        cells = [cell(curves, tag, step) for curves in runs.values() for tag in TABLE_METRICS.values()]
        lines.append(f"| {step} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=pathlib.Path, help="output directories of rpp-pretrain or rpp-finetune")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--output", type=pathlib.Path, help="picture to write, such as curves.png or curves.svg")
    action.add_argument("--table", action="store_true", help="print the evaluations of pre-training as Markdown")
    parser.add_argument("--metrics", nargs="+", default=[], metavar="KIND/NAME", help="one panel per metric, such as train/loss")
    parser.add_argument("--labels", nargs="+", help="names of the runs in the legend; default: their directories")
    args = parser.parse_args()
    if args.labels and len(set(args.labels)) != len(args.runs):
        parser.error(f"--labels names {len(set(args.labels))} different labels for {len(args.runs)} runs")
    try:
        labels = args.labels or labels_of(args.runs)
        runs = {label: read_curves(run) for label, run in zip(labels, args.runs)}
        if args.table:
            print(table(runs))
        else:
            draw(runs, chosen_metrics(args.metrics, runs), args.output)
    except MetricsError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
