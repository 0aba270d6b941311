#!/usr/bin/env python3
"""Times the matmuls of a BERT layer, in oneDNN, PyTorch, FBGEMM and rpp-bench, in turn, on one core.

fp32: oneDNN and PyTorch dense, ours dense and without scattered zeros. oneDNN has its weights packed beforehand and its inputs
in its own layout, as a compiled model would. int8: FBGEMM and ours, dense and without zeros in blocks of four neighbours of a
row. FBGEMM's inputs and outputs are int8 already, with one scale for all; ours are fp32, and each token gets its own scale in
the measured time. The best call of each round counts; a layer is four matmuls of hidden x hidden, one of 4 hidden x hidden and
one of its transpose. Ratios are the median of the rounds with minimum and maximum.

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


BLOCK = 4
TITLE = 28  # width of the first column


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


def fbgemm_seconds(rows, cols, ratio, tokens, repeat):
    """In int8; ratio None: dense, else the share of zeros, in blocks of 1 x 4."""
    blocks = torch.rand(rows, cols // BLOCK) >= (ratio or 0.0)
    weights = torch.randn(rows, cols) * blocks.repeat_interleave(BLOCK, dim=1)
    scales = (weights.abs().amax(dim=1) / 127).clamp(min=1e-6)
    weights = torch.quantize_per_channel(weights, scales, torch.zeros(rows, dtype=torch.long), 0, torch.qint8)
    inputs = torch.quantize_per_tensor(torch.randn(tokens, cols), 0.04, 128, torch.quint8)
    bias = torch.zeros(rows)
    torch.backends.quantized.engine = "fbgemm"
    if ratio is None:
        packed = torch.ops.quantized.linear_prepack(weights, bias)
        return best_seconds(lambda: torch.ops.quantized.linear(inputs, packed, 0.1, 128), repeat)
    packed = torch.ops.sparse.qlinear_prepack(weights, bias, 1, BLOCK)
    return best_seconds(lambda: torch.ops.sparse.qlinear(inputs, packed, 0.1, 128), repeat)


def our_lines(args, shapes, block):
    command = [args.build / "rpp-bench", "matmul", "--rows", *(str(rows) for rows, _, _ in shapes), "--cols",
               *(str(cols) for _, cols, _ in shapes), "--tokens", str(args.tokens), "--repeat", str(args.repeat),
               "--ratios", *(str(ratio) for ratio in args.ratios), "--block", str(block)]
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return [json.loads(line) for line in lines.splitlines()]


def our_seconds(lines, dense_speed, sparse_speed):
    """(rows, cols, ratio or None for dense) to seconds."""
    seconds = {}
    for line in lines:
        gflop = 2e-9 * line["rows"] * line["cols"] * line["tokens"]
        shape = line["rows"], line["cols"]
        seconds[(*shape, line["prune_ratio"])] = gflop / line[sparse_speed]
        dense = gflop / line[dense_speed]
        seconds[(*shape, None)] = min(dense, seconds.get((*shape, None), dense))
    return seconds


def our_rows(seconds, ratios, shapes, title):
    """Title to the seconds of every shape, for dense and for each ratio."""
    titles = {None: f"{title} dense", **{ratio: f"{title} {zeros(ratio)}" for ratio in ratios}}
    return {name: [seconds[rows, cols, ratio] for rows, cols, _ in shapes] for ratio, name in titles.items()}


def zeros(ratio):
    return f"{100 * ratio:g} % zeros"


@torch.inference_mode()
def measure(args, shapes):
    """A dictionary per round: title to the seconds of every shape."""
    rounds = []
    for _ in range(args.rounds):
        fp32 = our_seconds(our_lines(args, shapes, 1), "dense_gflops", "sparse_effective_gflops")
        int8 = our_seconds(our_lines(args, shapes, BLOCK), "int8_dense_gops", "int8_sparse_effective_gops")
        theirs = {(rows, cols, ratio): fbgemm_seconds(rows, cols, ratio, args.tokens, args.repeat)
                  for rows, cols, _ in shapes for ratio in [None, *args.ratios]}
        rounds.append({"oneDNN": [onednn_seconds(rows, cols, args.tokens, args.repeat) for rows, cols, _ in shapes],
                       "PyTorch": [torch_seconds(rows, cols, args.tokens, args.repeat) for rows, cols, _ in shapes],
                       **our_rows(fp32, args.ratios, shapes, "here,"),
                       **our_rows(theirs, args.ratios, shapes, "FBGEMM int8,"),
                       **our_rows(int8, args.ratios, shapes, "here, int8,")})
    return rounds


def print_tables(rounds, shapes):
    counts = [count for _, _, count in shapes]
    columns = [f"{rows} x {cols}" for rows, cols, _ in shapes] + ["layer"]

    def with_layer(seconds):
        return [*seconds, sum(count * each for count, each in zip(counts, seconds))]

    print(f"{'ms':<{TITLE}}" + "".join(f"{column:>24}" for column in columns))
    for title in rounds[0]:
        each = zip(*(with_layer(round_[title]) for round_ in rounds))
        print(f"{title:<{TITLE}}" + "".join(f"{1e3 * statistics.median(values):>24.3f}" for values in each))
    print_ratios("oneDNN / ...", [("oneDNN", title) for title in list(rounds[0])[1:]], rounds, with_layer)
    # The same zeros: int8 blocks over scattered ones in fp32, and over FBGEMM's blocks.
    for theirs in ("here,", "FBGEMM int8,"):
        pairs = [(title.replace("here, int8,", theirs), title) for title in rounds[0] if title.startswith("here, int8,")]
        print_ratios(f"{theirs.strip(',')} / ...", pairs, rounds, with_layer)


def print_ratios(heading, pairs, rounds, with_layer):
    print(f"\n{heading}")
    for reference, title in pairs:
        cells = []
        for values in zip(*([theirs / ours for theirs, ours in zip(with_layer(round_[reference]), with_layer(round_[title]))]
                            for round_ in rounds)):
            cells.append(f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})")
        print(f"{title:<{TITLE}}" + "".join(f"{cell:>24}" for cell in cells))


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
