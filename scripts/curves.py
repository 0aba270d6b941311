#!/usr/bin/env python3
"""Prints the evaluations of pre-training runs side by side as a Markdown table, from their metrics.jsonl.

    scripts/curves.py runs/minilm-dense runs/minilm-nip runs/minilm-rpp

Columns of a run: prune ratio of the encoder, masked-LM accuracy and next-sentence accuracy on held-out text, in %.
"""

import argparse
import json
import pathlib


def evaluations(run):
    """step -> metrics of a run's evaluations; a resumed run may hold a step twice, the later line counts."""
    lines = (json.loads(line) for line in open(run / "metrics.jsonl", encoding="utf-8"))
    return {line["step"]: line for line in lines if line["kind"] == "eval"}


def cells(metrics):
    if metrics is None:
        return ["", "", ""]
    return [f"{100 * metrics.get(key, float('nan')):.1f}" for key in ("encoder_ratio", "mlm_accuracy", "nsp_accuracy")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=pathlib.Path, help="output directories of rpp-pretrain")
    runs = parser.parse_args().runs
    curves = [evaluations(run) for run in runs]
    header = [f"{run.name} {column}" for run in runs for column in ("ratio", "MLM", "NSP")]
    print("| step | " + " | ".join(header) + " |")
    print("|" + "---|" * (len(header) + 1))
    for step in sorted(set().union(*curves)):
        row = [cell for curve in curves for cell in cells(curve.get(step))]
        print(f"| {step} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
