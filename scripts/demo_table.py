#!/usr/bin/env python3
"""The demo's comparison: prints a table of the three methods, saves it as table.md and comparison.png.

    scripts/demo_table.py --runs runs/demo
"""
import argparse
import json
import re
import subprocess
from pathlib import Path

import environment

METHODS = ("dense", "rpp", "nip")
COLUMNS = ("method", "encoder ratio", "whole-model ratio", "MLM accuracy", "NSP accuracy", "dev accuracy", "proof")


def percent(share):
    return f"{100 * share:.1f} %"


def metrics_of(run, kind):
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if line["kind"] == kind]


def inspect(program, *arguments):
    return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout


def ratio(report, label):
    return float(re.search(rf"{label} ratio\s+([\d.]+) %", report).group(1)) / 100


def collect(runs, program, method):
    pretrained, finetuned = runs / method, runs / f"{method}-movies"
    report = inspect(program, "ratios", finetuned)
    proof = inspect(program, "verify", finetuned, "--against", pretrained)
    last = metrics_of(pretrained, "eval")[-1]
    return {
        "method": method,
        "steps": last["step"],
        "curve": [(line["step"], line["encoder_ratio"]) for line in metrics_of(pretrained, "train")],
        "encoder ratio": ratio(report, "encoder"),
        "whole-model ratio": ratio(report, "whole-model"),
        "MLM accuracy": last["mlm_accuracy"],
        "NSP accuracy": last["nsp_accuracy"],
        "dev accuracy": json.loads((finetuned / "all_results.json").read_text())["eval_accuracy"],
        "proof": re.search(r"[\d,]+ of [\d,]+ zeros drifted", proof).group(0),
    }


def as_markdown(results):
    def cells(result):
        return [result[c] if isinstance(result[c], str) else percent(result[c]) for c in COLUMNS]

    rows = [list(COLUMNS)] + [cells(result) for result in results]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def draw(results, file):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (curves, bars) = pyplot.subplots(1, 2, figsize=(11, 4), layout="constrained")
    for i, result in enumerate(results):
        curves.plot(*zip(*result["curve"]), label=result["method"])
        names = ("MLM accuracy", "NSP accuracy", "dev accuracy")
        drawn = bars.bar([x + 0.27 * (i - 1) for x in range(len(names))], [100 * result[name] for name in names],
                         width=0.25, label=f"{result['method']} ({percent(result['encoder ratio'])} pruned)")
        bars.bar_label(drawn, fmt="%.0f", fontsize=8)
    curves.set(title="Zeros in the encoder while pre-training", xlabel="step", ylabel="prune ratio", ylim=(-0.02, 1))
    bars.set(title="What is left of the accuracy", ylabel="%", ylim=(0, 100))
    bars.set_xticks(range(len(names)), names)
    for axes in (curves, bars):
        axes.legend(fontsize=8)
    figure.savefig(file, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("runs/demo"))
    parser.add_argument("--rpp-inspect", type=Path, default=Path("build/rpp-inspect"))
    args = parser.parse_args()
    environment.need("plots", "matplotlib")

    results = [collect(args.runs, args.rpp_inspect, method) for method in METHODS]
    table = as_markdown(results)
    (args.runs / "table.md").write_text(table)
    draw(results, args.runs / "comparison.png")
    print(table)
    print(f"{results[0]['steps']} steps each; {args.runs}/table.md, {args.runs}/comparison.png")


if __name__ == "__main__":
    main()
