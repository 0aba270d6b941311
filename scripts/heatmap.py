#!/usr/bin/env python3
"""Draws the zeros of a pruned model: a heat map of every prunable matrix, or of one layer's.

    scripts/heatmap.py runs/minilm-rpp rpp.png [--layer 3]

A map shows the zero fraction of blocks of the matrix as Hugging Face stores it, [out, in]: a row is an output, a column
an input. The strip on its left has the zero fraction of each row, the one below of each column; a line
across a strip is a row or column pruned more or less than its neighbours. Ticks separate the heads if rows (query,
key, value) or columns (attention output) belong to heads. Needs numpy and matplotlib: scripts/setup.sh --plots.
"""

import argparse
import json
import pathlib

import environment

environment.need("plots", "numpy", "matplotlib")

import numpy

from safetensors_file import SafetensorsFile

MATRICES = {
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "attention output": "attention.output.dense",
    "intermediate": "intermediate.dense",
    "output": "output.dense",
}


def zeros_of(file, layer, matrix):
    """[out, in], True where the weight is zero."""
    return file.bits(f"encoder.layer.{layer}.{MATRICES[matrix]}.weight") << 1 == 0  # without the sign: -0.0 is a zero


def block_means(zeros, blocks):
    """Means over at most `blocks` blocks in each direction; the last ones may be smaller."""
    for axis in (0, 1):
        starts = numpy.unique(numpy.linspace(0, zeros.shape[axis], blocks, endpoint=False).astype(int))
        sizes = numpy.diff(numpy.append(starts, zeros.shape[axis]))
        zeros = numpy.add.reduceat(zeros, starts, axis=axis, dtype=float)
        zeros /= sizes[:, None] if axis == 0 else sizes
    return zeros


def draw_matrix(axes, zeros, blocks, norm, head_ticks):
    """Draws the map with its strips, in units of the matrix's size, so that every panel is a square."""
    style = {"aspect": "auto", "interpolation": "nearest", "cmap": "cividis", "norm": norm}
    image = axes.imshow(block_means(zeros, blocks), extent=(0, 1, 1, 0), **style)
    axes.imshow(zeros.mean(axis=1)[:, None], extent=(-0.12, -0.03, 1, 0), **style)
    axes.imshow(zeros.mean(axis=0)[None, :], extent=(0, 1, 1.12, 1.03), **style)
    axes.set(xlim=(-0.12, 1), ylim=(1.12, 0), xticks=[], yticks=[])
    axes.set_yticks(head_ticks.get("rows", []), [])
    axes.set_xticks(head_ticks.get("columns", []), [])
    axes.tick_params(length=3, width=0.5)
    axes.spines[:].set_visible(False)
    return image


def head_ticks(matrix, num_heads):
    edges = [head / num_heads for head in range(num_heads + 1)]
    if matrix in ("query", "key", "value"):
        return {"rows": edges}
    return {"columns": edges} if matrix == "attention output" else {}


def common_norm(all_zeros, blocks):
    """One colour scale for all panels; extreme values are excluded, as the others would have one colour."""
    from matplotlib.colors import Normalize

    values = numpy.concatenate([block_means(zeros, blocks).ravel() for zeros in all_zeros])
    low, high = numpy.percentile(values, [0.5, 99.5])
    return Normalize(max(0.0, low - 0.01), min(1.0, high + 0.01))


def draw(model, zeros, layers, num_heads, file):
    """`zeros`: (layer, matrix) -> [out, in]."""
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import PercentFormatter

    single = len(layers) == 1
    blocks = 64 if single else 48
    shape, size = ((2, 3), (12, 9)) if single else ((len(layers), len(MATRICES)), (15, 0.8 + 2.3 * len(layers)))
    figure, grid = pyplot.subplots(*shape, figsize=size, layout="constrained", squeeze=False)
    norm = common_norm(zeros.values(), blocks)
    for axes, ((layer, matrix), is_zero) in zip(grid.flat, zeros.items()):
        image = draw_matrix(axes, is_zero, blocks, norm, head_ticks(matrix, num_heads))
        axes.set_title(f"{matrix}  {100 * is_zero.mean():.1f} %", fontsize=12 if single else 10)
        if single or matrix == "query":
            axes.set_ylabel(f"outputs ({is_zero.shape[0]})" if single else f"layer {layer}", fontsize=11)
        if single:
            axes.set_xlabel(f"inputs ({is_zero.shape[1]})", fontsize=11)
    bar = figure.colorbar(image, ax=grid, shrink=0.6, aspect=30, extend="both", format=PercentFormatter(1.0, 0))
    bar.set_label("zero fraction (block, row or column)")
    ratio = sum(z.sum() for z in zeros.values()) / sum(z.size for z in zeros.values())
    part = f"layer {layers[0]}" if single else "the encoder"
    figure.suptitle(f"Zeros of {model}: {100 * ratio:.1f} % of {part}    [out, in]: rows are outputs", fontsize=14)
    figure.savefig(file, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path, help="Hugging Face directory")
    parser.add_argument("output", type=pathlib.Path, help="picture to write, such as out.png")
    parser.add_argument("--layer", type=int, help="only this layer, larger (from 0)")
    args = parser.parse_args()
    try:
        config = json.loads((args.model / "config.json").read_text(encoding="utf-8"))
        file = SafetensorsFile(args.model / "model.safetensors")
    except (OSError, ValueError) as error:
        parser.error(f"{args.model} is not a model directory: {error}")
    num_layers = config["num_hidden_layers"]
    if args.layer is not None and not 0 <= args.layer < num_layers:
        parser.error(f"--layer is {args.layer}, {args.model} has the layers 0 to {num_layers - 1}")

    layers = range(num_layers) if args.layer is None else [args.layer]
    zeros = {(layer, matrix): zeros_of(file, layer, matrix) for layer in layers for matrix in MATRICES}
    draw(args.model, zeros, list(layers), config["num_attention_heads"], args.output)
    print(f"{args.output}: {len(zeros)} matrices of {args.model}")


if __name__ == "__main__":
    main()
