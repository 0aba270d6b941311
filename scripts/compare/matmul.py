#!/usr/bin/env python3
"""Times the matmuls of a BERT layer, dense in oneDNN and PyTorch and sparse in rpp-bench, in turn, on one core.

fp32 everywhere. oneDNN has its weights packed beforehand and its inputs in its own layout, as a compiled model would. The
best call of each round counts; a layer is four matmuls of hidden x hidden, one of 4 hidden x hidden and one of its transpose.
The ratio is oneDNN's time over ours, the median of the rounds with minimum and maximum.

    scripts/compare/matmul.py
    scripts/compare/matmul.py --hidden 384 --tokens 16 --ratios 0.5 0.8
"""
import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "torch")

import torch
from torch.utils import mkldnn


def best_seconds(work, repeat):
    best = float("inf")
    for _ in range(repeat + 1):
        before = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - before)
    return best


def onednn_seconds(rows, cols, tokens, repeat):
    layer = mkldnn.to_mkldnn(torch.nn.Linear(cols, rows).eval())
    inputs = torch.randn(tokens, cols).to_mkldnn()
    return best_seconds(lambda: layer(inputs), repeat)


def torch_seconds(rows, cols, tokens, repeat):
    layer = torch.nn.Linear(cols, rows).eval()
    inputs = torch.randn(tokens, cols)
    return best_seconds(lambda: layer(inputs), repeat)


def our_seconds(args, shapes):
    """(rows, cols, ratio or None for dense) to seconds."""
    command = [args.build / "rpp-bench", "matmul", "--rows", *(str(rows) for rows, _, _ in shapes), "--cols",
               *(str(cols) for _, cols, _ in shapes), "--tokens", str(args.tokens), "--repeat", str(args.repeat),
               "--ratios", *(str(ratio) for ratio in args.ratios)]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    seconds = {}
    for line in map(json.loads, lines.splitlines()):
        gflop = 2e-9 * line["rows"] * line["cols"] * line["tokens"]
        shape = line["rows"], line["cols"]
        seconds[(*shape, line["prune_ratio"])] = gflop / line["sparse_effective_gflops"]
        dense = gflop / line["dense_gflops"]
        seconds[(*shape, None)] = min(dense, seconds.get((*shape, None), dense))
    return seconds


@torch.inference_mode()
def measure(args, shapes):
    """A dictionary per round: title to the seconds of every shape."""
    rounds = []
    for _ in range(args.rounds):
        ours = our_seconds(args, shapes)
        round_ = {"oneDNN": [onednn_seconds(rows, cols, args.tokens, args.repeat) for rows, cols, _ in shapes],
                  "PyTorch": [torch_seconds(rows, cols, args.tokens, args.repeat) for rows, cols, _ in shapes],
                  "here, dense": [ours[rows, cols, None] for rows, cols, _ in shapes]}
        for ratio in args.ratios:
            round_[f"here, {100 * ratio:g} % zeros"] = [ours[rows, cols, ratio] for rows, cols, _ in shapes]
        rounds.append(round_)
    return rounds


def print_tables(rounds, shapes):
    counts = [count for _, _, count in shapes]
    columns = [f"{rows} x {cols}" for rows, cols, _ in shapes] + ["layer"]

    def with_layer(seconds):
        return [*seconds, sum(count * each for count, each in zip(counts, seconds))]

    print(f"{'ms':<22}" + "".join(f"{column:>24}" for column in columns))
    for title in rounds[0]:
        each = zip(*(with_layer(round_[title]) for round_ in rounds))
        print(f"{title:<22}" + "".join(f"{1e3 * statistics.median(values):>22.3f}" for values in each))
    print()
    print(f"{'oneDNN / ...':<22}" + "".join(f"{column:>24}" for column in columns))
    for title in list(rounds[0])[1:]:
        cells = []
        for values in zip(*([theirs / ours for theirs, ours in zip(with_layer(round_["oneDNN"]), with_layer(round_[title]))]
                            for round_ in rounds)):
            cells.append(f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})")
        print(f"{title:<22}" + "".join(f"{cell:>24}" for cell in cells))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hidden", type=int, default=768, help="hidden size: 768 is BERT-base, 384 MiniLM")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--ratios", nargs="+", type=float, default=[0.8, 0.9, 0.95], help="prune ratios")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeat", type=int, default=40, help="calls per round")
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of rpp-bench")
    args = parser.parse_args()
    if not (args.build / "rpp-bench").exists():
        sys.exit(f"matmul.py: error: {args.build / 'rpp-bench'} is missing: build it, or name its folder with --build")
    torch.set_num_threads(1)
    shapes = [(args.hidden, args.hidden, 4), (4 * args.hidden, args.hidden, 1), (args.hidden, 4 * args.hidden, 1)]
    print_tables(measure(args, shapes), shapes)


if __name__ == "__main__":
    main()
