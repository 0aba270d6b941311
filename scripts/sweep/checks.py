"""Checks before anything is trained. Every configuration is read by the program that will run it."""
from concurrent.futures import ThreadPoolExecutor
import hashlib
import json
import os
from pathlib import Path

from sweep import programs
from sweep.contents import TABLES, contents, is_content, task_folders
from sweep.curve import check_curves
from sweep.errors import SweepError, UsageError
from sweep.runs import manifest_of

# The settings that a fair comparison keeps equal; a method that changes one is refused.
EQUAL = ("train.steps", "train.batch_size")


def check_programs(sweep):
    needed = ["rpp-pretrain", "rpp-inspect", *(["rpp-finetune"] if sweep.tasks else [])]
    for name in needed:
        if not os.access(sweep.programs / name, os.X_OK):
            raise UsageError(f"{sweep.programs / name} is missing: build it, or set 'programs' to its directory")


def check_task_data(task):
    splits = ("train", "dev_matched" if task.name == "mnli" else "dev")
    folders = task_folders(task.name, task.data_dir)
    for split in splits:
        if not any((folder / (split + end)).is_file() for folder in folders for end in TABLES):
            raise SweepError(f"tasks.{task.name}: no {split}{TABLES[0]} (or {', '.join(TABLES[1:])}) in {folders[0]} or "
                             f"{folders[1]}: check data_dir")


def check_pretrain_files(config):
    if config["model"]:
        model = Path(config["model"])
        index = model / "model.safetensors.index.json"  # of shards
        needed = [model / "config.json", index if index.exists() else model / "model.safetensors"]
    else:
        needed = [Path(config["model_config"]), Path(config["tokenizer"])]
    needed += [Path(folder) / "manifest.json" for folder in [*config["data.train"], *config["data.valid"]]]
    for file in needed:
        if not file.exists():
            raise SweepError(f"{file} is missing: check model, tokenizer and data of the pruning runs")


def representative(run):
    """Runs that differ only in keys set by the sweep (seed, directories) are checked by the program once."""
    return (run.task, run.cell) if run.task else run.cell


def resolved(run, config):
    """The resolved configuration of this run; paths are relative to the sweep, which may be moved."""
    own = {"train.seed": str(run.finetune_seed if run.task else run.seed), "output_dir": run.name}
    if run.parent:
        own["model"] = run.parent.name
    return config | own


def resolve(runs):
    """Run name -> its resolved configuration. Fails if a program refuses one."""
    first = {}
    for run in runs:
        first.setdefault(representative(run), run)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        read = dict(zip(first, pool.map(lambda run: programs.print_config(run.command), first.values())))
    return {run.name: resolved(run, read[representative(run)]) for run in runs}


def check_equal(runs, configs):
    pruning = [run for run in runs if not run.task]
    base = configs[pruning[0].name]
    for run in pruning[1:]:
        for key, value in configs[run.name].items():
            if (key in EQUAL or key.startswith("data.")) and base.get(key) != value:
                raise UsageError(f"methods.{run.method} has {key} {value}, {pruning[0].method} has {base.get(key)}: "
                                 "all pruning runs of a sweep have the same steps and data")


def hash_of(config):
    return hashlib.sha256(json.dumps(config, sort_keys=True).encode()).hexdigest()


def check_manifest(run, config, is_compared):
    """Refuses a run that was started with other settings. A key added by a newer program does not count."""
    manifest = manifest_of(run)
    for key, value in (manifest or {"config": {}})["config"].items():
        if is_compared(key) and config.get(key) != value:
            raise UsageError(f"{run.directory} was run with other settings: {key} was {value}, now {config.get(key)}; "
                             "delete it to run it again, or choose another output_dir")


def check_settings(runs, configs):
    for run in runs:
        check_manifest(run, configs[run.name], is_compared=lambda key: not is_content(key))


def add_contents(runs, configs):
    """The configurations with what their inputs hold. Reads every input; refuses runs that were started with others."""
    with_contents = {run.name: configs[run.name] | contents(run, configs[run.name]) for run in runs}
    for run in runs:
        check_manifest(run, with_contents[run.name], is_compared=is_content)
    return with_contents


def check_all(sweep, runs):
    """The resolved configurations of the runs, by name."""
    check_programs(sweep)
    configs = resolve(runs)
    check_equal(runs, configs)
    check_curves(sweep, runs, configs)
    for cell in {run.cell: run for run in runs if not run.task}.values():
        check_pretrain_files(configs[cell.name])
    for task in sweep.tasks.values():
        check_task_data(task)
    check_settings(runs, configs)
    return configs
