"""Reads metrics.jsonl of run directories (docs/formats.md), for the scripts that draw or convert it.

A value's tag is kind and name: train/loss, eval/mlm_accuracy, prune/gamma.
"""
import json
import math
import os


class MetricsError(Exception):
    """A missing or damaged run; the message names the file and what to do."""


def read_lines(run):
    """The lines as objects. A last line without a newline is still being written, and skipped."""
    file = run / "metrics.jsonl"
    try:
        text = file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise MetricsError(f"{file}: {error.strerror}: name output directories of rpp-pretrain or rpp-finetune") from None
    lines = []
    for number, line in enumerate(text.split("\n")[:-1], start=1):
        try:
            lines.append(json.loads(line))
            lines[-1]["step"], lines[-1]["kind"]
        except (ValueError, KeyError, TypeError):
            raise MetricsError(f"{file}:{number}: not a line of metrics, which are JSON objects with step and kind") from None
    return lines


def values_of(line):
    """tag -> number for one line; NaN if it was not finite."""
    return {f"{line['kind']}/{name}": math.nan if value is None else value
            for name, value in line.items() if name not in ("step", "kind")}


def labels_of(runs):
    """A short unique name for each run: its path relative to the folder that all of them share."""
    places = [run.resolve() for run in runs]
    if len(set(places)) < len(places):
        raise MetricsError("a run is named twice")
    shared = os.path.commonpath([place.parent for place in places])
    return [os.path.relpath(place, shared) for place in places]
