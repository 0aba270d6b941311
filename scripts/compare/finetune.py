#!/usr/bin/env python3
"""Fine-tunes GLUE tasks with rpp and with transformers by one recipe, seed by seed, and prints both results side by side.

A difference of two means is judged against the deviation between seeds: it is "equal" within two standard deviations
of one run. Finished runs are reused, so the same command continues after a stop. --pruned adds a model
that rpp fine-tunes while keeping its zeros. scripts/setup.sh --compare installs the requirements.

    scripts/compare/finetune.py --data-dir data/glue --model runs/demo/minilm --output-dir runs/compare \\
        --tasks cola mrpc stsb wnli --seeds 1 2 3 --learning-rate 2e-4
    ... --tasks qqp=train_subset.tsv.zst,heldout_subset.tsv      other files of the task's folder
"""
import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "torch", "transformers")

from reference_finetune import TASKS

MINIMAL_DEVIATION = 0.002  # of a score: two equal seeds are not enough for certainty


class Task:
    def __init__(self, text, data_dir):
        self.name, _, files = text.partition("=")
        if self.name not in TASKS:
            sys.exit(f"finetune.py: error: unknown task {self.name} ({', '.join(TASKS)})")
        names = files.split(",") if files else []
        folder = data_dir / TASKS[self.name].folder
        self.train, self.dev = [folder / name if name else None for name in (names + ["", ""])[:2]]


def our_command(args, task, model, seed, output):
    settings = {"epochs": args.epochs, "train.seed": seed, "train.batch_size": args.batch_size, "train.eval_every": 0,
                "train.num_threads": args.threads, "train.precision": "bf16" if args.bf16 else "fp32",
                "max_seq_length": args.max_seq_length, "optimizer.learning_rate": args.learning_rate,
                "max_train_samples": args.max_train_samples, "schedule.warmup_ratio": 0.1}
    if task.train:
        settings["train_files"] = f"[{task.train}]"
    if task.dev:
        settings["dev_files"] = f"[{task.dev}]"
    options = [part for key, value in settings.items() for part in ("--set", f"{key}={value}")]
    return [args.rpp_finetune, "--task", task.name, "--data-dir", args.data_dir, "--model", model, "--output-dir", output,
            "--resume", "auto", *options]


def their_command(args, task, seed, output):
    command = [sys.executable, Path(__file__).with_name("reference_finetune.py"), "--task", task.name, "--data-dir",
               args.data_dir, "--model", args.model, "--output-dir", output, "--epochs", args.epochs, "--seed", seed,
               "--batch-size", args.batch_size, "--learning-rate", args.learning_rate, "--threads", args.threads,
               "--max-seq-length", args.max_seq_length, "--max-train-samples", args.max_train_samples]
    for option, path in (("--train-file", task.train), ("--dev-file", task.dev)):
        command += [option, path] if path else []
    return command + (["--bf16"] if args.bf16 else [])


def results_of(command, output):
    """all_results.json of a run, which is started if it has not finished yet."""
    path = output / "all_results.json"
    if not path.exists():
        print(f"{output} ...", file=sys.stderr, flush=True)
        output.parent.mkdir(parents=True, exist_ok=True)
        with open(f"{output}.log", "w", encoding="utf-8") as log:
            status = subprocess.run([str(part) for part in command], stdout=log, stderr=log).returncode
        if status:
            sys.exit(f"finetune.py: error: {output} failed with status {status}: see {output}.log")
    return json.loads(path.read_text(encoding="utf-8"))


def cell(values):
    text = f"{100 * statistics.mean(values):.1f}"
    return f"{text} ± {100 * statistics.stdev(values):.1f}" if len(values) > 1 else text


def verdict(ours, theirs):
    difference = statistics.mean(ours) - statistics.mean(theirs)
    if len(ours) < 2:
        return f"{100 * difference:+.1f}"
    deviation = max(statistics.stdev(ours), statistics.stdev(theirs), MINIMAL_DEVIATION)
    return f"{100 * difference:+.1f} ({'equal' if abs(difference) <= 2 * deviation else 'differs'})"


def compare(args, text):
    task = Task(text, args.data_dir)
    sides = {"ours": [], "theirs": [], "pruned": []}
    for seed in args.seeds:
        place = args.output_dir / task.name
        ours, theirs, pruned = (place / f"{side}-{seed}" for side in ("here", "transformers", "pruned"))
        sides["ours"].append(results_of(our_command(args, task, args.model, seed, ours), ours))
        sides["theirs"].append(results_of(their_command(args, task, seed, theirs), theirs))
        if args.pruned:
            sides["pruned"].append(results_of(our_command(args, task, args.pruned, seed, pruned), pruned))
    for metric in TASKS[task.name].metrics:
        ours, theirs, pruned = ([run[f"eval_{metric}"] for run in runs] for runs in sides.values())
        cells = [task.name, metric, cell(ours), cell(theirs), verdict(ours, theirs), *([cell(pruned)] if pruned else [])]
        print(f"| {' | '.join(cells)} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True, help="Hugging Face directory")
    parser.add_argument("--pruned", type=Path, help="a pruned model beside it")
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--epochs", type=float, default=3.0)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--max-seq-length", type=int, default=128)
    parser.add_argument("--max-train-samples", type=int, default=0, help="only the first rows; 0: all")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--bf16", action="store_true")
    parser.add_argument("--rpp-finetune", type=Path, default=Path("build/rpp-finetune"))
    args = parser.parse_args()
    headings = ["task", "metric", "here", "transformers", "difference", *(["pruned, here"] if args.pruned else [])]
    print(f"| {' | '.join(headings)} |\n|{'---|' * len(headings)}", flush=True)
    for text in args.tasks:
        compare(args, text)


if __name__ == "__main__":
    main()
