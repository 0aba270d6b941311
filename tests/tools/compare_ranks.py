#!/usr/bin/env python3
"""Compares the directories of two runs: compare_ranks.py metrics|bits A B. Names what differs; the exit status is then 1.

metrics  the logs have the same lines; losses differ by at most 1e-5, steps and ratios of zeros not at all. Rounding reorders nearly
         equal scores, so rank correlations differ by at most 1e-2
bits     the logs are equal but for the speed, and so are all safetensors files, predictions and results, byte for byte
"""
import json
import pathlib
import sys

MEASURED = ("tokens_per_second", "train_runtime", "train_samples_per_second", "train_tokens_per_second", "train_steps_per_second")
EXACT = ("step", "kind", "encoder_ratio")


def log(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def differing_metrics(first, second, limit_of):
    logs = log(first), log(second)
    if len(logs[0]) != len(logs[1]) or len(logs[0]) < 10:
        yield f"logs of {len(logs[0])} and {len(logs[1])} lines"
    for a, b in zip(*logs):
        if a.keys() != b.keys():
            yield f"{a} and {b}"
        for name in a.keys() & b.keys() - set(MEASURED):
            limit = limit_of(name)
            if a[name] != b[name] if limit == 0 else abs(a[name] - b[name]) > limit:
                yield f"{name} of {a} and {b}"


def rounded(name):
    return 0 if name in EXACT else {"grad_norm": 1e-3, "spearman": 1e-2}.get(name, 1e-5)


def comparable(run):
    """The files that two runs have in common, by name."""
    names = {}
    for file in sorted(run.rglob("*")):
        name = file.name
        if name.endswith(".safetensors") or "predict" in name or name in ("eval_results.json", "null_odds.json"):
            if file.is_file():
                names[str(file.relative_to(run))] = file.read_bytes()
    return names


def differing_files(first, second):
    files = comparable(first), comparable(second)
    if not any(name.endswith("optimizer.safetensors") for name in files[0]):
        yield f"{first} has no checkpoint"
    for name in sorted(files[0].keys() | files[1].keys()):
        if files[0].get(name) != files[1].get(name):
            yield f"{name} of {first} and {second}"


def main():
    kind, first, second = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    if kind == "metrics":
        faults = list(differing_metrics(first, second, rounded))
    else:
        faults = [*differing_metrics(first, second, lambda name: 0), *differing_files(first, second)]
    for fault in faults[:5]:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
