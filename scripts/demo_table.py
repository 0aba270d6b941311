#!/usr/bin/env python3
"""The demo's comparison: prints a table of the three methods, saves it as table.md and comparison.png.

    scripts/demo_table.py --runs runs/demo

Reads RUNS/METHOD, RUNS/METHOD-movies and RUNS/METHOD.rpp of dense, rpp and nip, and RUNS/bench.jsonl, the output of
`rpp-bench infer` for the three files; refuses to compare methods with different learning rates.
"""
import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import environment

METHODS = ("dense", "rpp", "nip")
PRUNED = METHODS[1:]
LENGTHS = (16, 128)


class DemoError(Exception):
    pass


def lines_of(file):
    return [json.loads(line) for line in file.read_text().splitlines()]


def output_of(*command):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


def logged(run, value, kinds=("train",)):
    """[(step, value), ...] from lines of these kinds in the run's log."""
    return [(line["step"], line[value]) for line in lines_of(run / "metrics.jsonl") if line["kind"] in kinds and value in line]


def ratio_curve(run):
    """Starts at 0; lines of kind prune are at the steps of NIP's prunings, the others at every log_every."""
    return [(0, 0.0)] + logged(run, "encoder_ratio", ("train", "prune"))


def check_equal_learning_rates(runs):
    """Different learning rates would be a difference between the methods that the table does not show."""
    for suffix in ("", "-movies"):
        rates = [dict(logged(runs / (method + suffix), "learning_rate")) for method in PRUNED]
        if rates[0] != rates[1]:
            step = min(step for step in rates[0].keys() | rates[1].keys() if rates[0].get(step) != rates[1].get(step))
            raise DemoError(f"the learning rates of {runs}/{PRUNED[0]}{suffix} and {runs}/{PRUNED[1]}{suffix} differ at "
                            f"step {step}: the methods cannot be compared; delete both and run the demo again")


def difference_to_dense(runs, method, build):
    """(difference, low, high) of the dev accuracy, from rpp-compare, which covers the dev examples and not the seed."""
    report = json.loads(output_of(build / "rpp-compare", "--json", "--baseline", runs / "dense-movies", "--candidate",
                                  runs / f"{method}-movies"))["metrics"]["accuracy"]
    return report["difference"], report["low"], report["high"]


def drifted_zeros(runs, method, build):
    proof = output_of(build / "rpp-inspect", "verify", runs / f"{method}-movies", "--against", runs / method)
    return re.search(r"[\d,]+ of [\d,]+ zeros drifted", proof).group(0)


def latencies(runs, method):
    """Milliseconds per call with one text, by its tokens, with the kernels that rpp-predict would use."""
    rows = [row for row in lines_of(runs / "bench.jsonl") if row["model"].endswith(f"{method}.rpp")]
    return {row["tokens"]: row["sparse_p50_ms"] for row in rows}


def collect(runs, build, method):
    finetuned = runs / f"{method}-movies"
    scores = json.loads((finetuned / "all_results.json").read_text())
    return {
        "method": method,
        "curve": [] if method == "dense" else ratio_curve(runs / method),
        "steps": 0 if method == "dense" else ratio_curve(runs / method)[-1][0],
        "ratio": scores["encoder_ratio"],
        "accuracy": scores["eval_accuracy"],
        "difference": None if method == "dense" else difference_to_dense(runs, method, build),
        "megabytes": (runs / f"{method}.rpp").stat().st_size / 1e6,
        "milliseconds": latencies(runs, method),
        "proof": "-" if method == "dense" else drifted_zeros(runs, method, build),
    }


def percent(share):
    return f"{100 * share:.1f} %"


def difference_cell(difference):
    return "-" if difference is None else "{:+.1f} [{:+.1f}, {:+.1f}]".format(*(100 * value for value in difference))


def latency_cell(result, dense, length):
    own, reference = result["milliseconds"][length], dense["milliseconds"][length]
    return f"{own:.1f} ms" + ("" if result is dense else f" ({reference / own:.1f}x)")


def as_markdown(results):
    dense = results[0]
    columns = {
        "method": [result["method"] for result in results],
        "encoder ratio": [percent(result["ratio"]) for result in results],
        "dev accuracy": [percent(result["accuracy"]) for result in results],
        "minus dense, points [95 %]": [difference_cell(result["difference"]) for result in results],
        ".rpp file": [f"{result['megabytes']:.1f} MB" for result in results],
        **{f"1 x {length} tokens": [latency_cell(result, dense, length) for result in results] for length in LENGTHS},
        "zeros after fine-tuning": [result["proof"] for result in results],
    }
    rows = [list(columns)] + [list(row) for row in zip(*columns.values())]
    widths = [max(len(row[i]) for row in rows) for i in range(len(columns))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def verdict(results):
    """The conclusions from the intervals, in sentences."""
    sentences = []
    for result in results[1:]:
        lost = -100 * result["difference"][0]
        sentences.append(f"{result['method']} is {'within' if lost <= 2 else 'not within'} two points of dense: {lost:.1f} lost.")
    gap = 100 * (results[1]["accuracy"] - results[2]["accuracy"])
    # The intervals cover one seed: a gap smaller than their half width does not distinguish the methods.
    noise = min(50 * (result["difference"][2] - result["difference"][1]) for result in results[1:])
    if abs(gap) <= noise:
        sentences.append(f"rpp and nip differ by {abs(gap):.1f} points, which is within the noise of one short run.")
    else:
        better, worse = ("rpp", "nip") if gap > 0 else ("nip", "rpp")
        sentences.append(f"{better} is {abs(gap):.1f} points above {worse}, from one seed each.")
    return "\n".join(sentences)


def bars(axes, results, colours, title, unit, values, digits):
    drawn = axes.bar([result["method"] for result in results], values, color=colours)
    axes.bar_label(drawn, fmt=f"%.{digits}f")
    axes.set(title=title, ylabel=unit, ylim=(0, 1.15 * max(values)))


def draw(results, file):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot

    colours = ("tab:gray", "tab:blue", "tab:orange")
    figure = pyplot.figure(figsize=(12, 7), layout="constrained")
    curves, *others = figure.subplot_mosaic([["zeros"] * 4, ["accuracy", "size", "16", "128"]]).values()
    for result, colour, style in zip(results[1:], colours[1:], ("-", "--")):
        steps, ratios = zip(*result["curve"])
        # NIP's ratio is constant between its prunings: drawn as steps.
        curves.plot(steps, [100 * ratio for ratio in ratios], style, color=colour, label=result["method"], linewidth=2,
                    drawstyle="steps-post" if result["method"] == "nip" else "default")
    curves.set(title="Zeros in the encoder while pruning", xlabel="step", ylabel="%", ylim=(0, 100), xlim=(0, results[1]["steps"]))
    curves.grid(alpha=0.3)
    curves.legend(loc="upper left")
    bars(others[0], results, colours, "Dev accuracy", "%", [100 * result["accuracy"] for result in results], 1)
    bars(others[1], results, colours, "Exported file", "MB", [result["megabytes"] for result in results], 1)
    for axes, length in zip(others[2:], LENGTHS):
        bars(axes, results, colours, f"Latency, 1 x {length} tokens", "ms",
             [result["milliseconds"][length] for result in results], 1)
    figure.savefig(file, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("runs/demo"))
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of rpp-compare and rpp-inspect")
    args = parser.parse_args()

    check_equal_learning_rates(args.runs)
    results = [collect(args.runs, args.build, method) for method in METHODS]
    table = as_markdown(results)
    (args.runs / "table.md").write_text(table)
    print(table)
    print(f"rpp and nip: {results[1]['steps']} steps of pruning each with the dense model as teacher, at the same learning rates.")
    print(verdict(results))
    environment.need("plots", "matplotlib")
    draw(results, args.runs / "comparison.png")
    print(f"{args.runs}/table.md, {args.runs}/comparison.png")


if __name__ == "__main__":
    try:
        main()
    except (DemoError, OSError, KeyError, subprocess.CalledProcessError) as error:
        print(f"demo_table.py: error: {getattr(error, 'stderr', None) or error}", file=sys.stderr)
        sys.exit(1)
