"""The runs of a sweep, their directories, and sweep_run.json, which marks finished ones.

    OUTPUT/sweep.json                                          the settings of the sweep
    OUTPUT/pretrain/<method>-<ratio>-s<seed>/                  a pruning run
    OUTPUT/finetune/<task>/<method>-<ratio>-s<seed>-f<seed>/   a fine-tuning of it
    OUTPUT/logs/                                               the output of the programs
"""
from dataclasses import dataclass
import fcntl
import json
import os
from pathlib import Path
import secrets
from typing import Optional

from sweep.errors import SweepError, UsageError

MANIFEST = "sweep_run.json"
FINISHED = "finished.json"  # of rpp-pretrain and rpp-finetune
FORMAT = "rpp-sweep-run-1"


@dataclass(frozen=True)
class Run:
    name: str  # relative to OUTPUT
    directory: Path
    log: Path
    command: tuple  # without --resume
    method: str
    ratio: Optional[float]
    seed: int
    task: str = ""  # empty: a pruning run
    finetune_seed: Optional[int] = None
    parent: Optional["Run"] = None  # the pruning run that a fine-tuning starts from

    @property
    def cell(self):
        return self.method, self.ratio


def set_options(settings):
    return tuple(part for key, text in settings.items() for part in ("--set", f"{key}={text}"))


def run_name(method, ratio, seed):
    return "-".join([method.label, *([f"{ratio:g}"] if ratio else []), f"s{seed}"])


def pretrain_run(sweep, method, ratio, seed):
    name = run_name(method, ratio, seed)
    directory = sweep.output_dir / "pretrain" / name
    settings = sweep.settings | method.settings
    if ratio:
        settings["prune.target_ratio"] = f"{ratio:g}"
    settings |= {"train.seed": str(seed), "output_dir": str(directory)}
    return Run(name=f"pretrain/{name}", directory=directory, log=sweep.output_dir / "logs" / f"pretrain-{name}.log",
               command=(str(sweep.programs / "rpp-pretrain"), sweep.pretrain, *set_options(settings)),
               method=method.label, ratio=ratio, seed=seed)


def finetune_run(sweep, task, method, ratio, parent, seed):
    name = f"{run_name(method, ratio, parent.seed)}-f{seed}"
    directory = sweep.output_dir / "finetune" / task.name / name
    settings = task.settings | method.finetune
    if method.source and ratio:
        settings["prune.target_ratio"] = f"{ratio:g}"
    command = [str(sweep.programs / "rpp-finetune"), *(["--config", task.config] if task.config else []),
               "--task", task.name, "--data-dir", task.data_dir, "--model", str(parent.directory),
               "--output-dir", str(directory), *set_options(settings | {"train.seed": str(seed)})]
    return Run(name=f"finetune/{task.name}/{name}", directory=directory,
               log=sweep.output_dir / "logs" / f"finetune-{task.name}-{name}.log", command=tuple(command),
               method=method.label, ratio=ratio, seed=parent.seed, task=task.name, finetune_seed=seed,
               parent=parent)


def cells_of(sweep):
    """(method, ratio) for every row of the tables, the reference first."""
    labels = sorted(sweep.methods, key=lambda label: label != sweep.reference)
    return [(label, ratio) for label in labels for ratio in sweep.methods[label].ratios or (None,)]


def all_runs(sweep):
    """All runs in the order in which they are started: the pruning runs of a cell, then their fine-tunings.

    A method that prunes during fine-tuning has no pruning runs: it starts from those of another method.
    """
    runs = []
    for label, ratio in cells_of(sweep):
        method = sweep.methods[label]
        source = (sweep.methods[method.source], None) if method.source else (method, ratio)
        parents = [pretrain_run(sweep, *source, seed) for seed in sweep.seeds]
        runs += [] if method.source else parents
        runs += [finetune_run(sweep, task, method, ratio, parent, seed)
                 for task in sweep.tasks.values() for parent in parents for seed in task.seeds]
    names = [run.name for run in runs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise UsageError(f"two runs of the sweep would be in {twice}: give one method another label")
    return runs


def write_atomically(path, text):
    """A new file with a random name, locked while it is written: an unlocked one is a leftover."""
    for leftover in path.parent.glob(f".{path.name}.*.tmp"):
        remove_unlocked(leftover)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            os.replace(temporary, path)
    except BaseException as error:  # a full disk, or a signal
        temporary.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise SweepError(f"cannot write {path}: {error.strerror}") from error
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def remove_unlocked(path):
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return
    with open(descriptor, "rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.unlink(path)
        except OSError:  # another process writes or has removed it
            pass


def write_json(path, value):
    write_atomically(path, json.dumps(value, indent=2) + "\n")


def read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SweepError(f"{path} cannot be read: {error}") from error


def holds_anything(directory):
    """Except for locks and temporary files of a killed process."""
    return directory.exists() and any(not name.endswith((".lock", ".tmp")) for name in os.listdir(directory))


def manifest_of(run):
    """The contents of sweep_run.json; None for a run that was never started."""
    path = run.directory / MANIFEST
    if path.exists():
        manifest = read_json(path)
        if manifest.get("format") != FORMAT:
            raise SweepError(f"{path} is of another version (this program reads {FORMAT})")
        return manifest
    if holds_anything(run.directory):
        raise SweepError(f"{run.directory} holds something that this sweep did not make (no {MANIFEST}): move it away")
    return None


def finished_manifest(run):
    manifest = manifest_of(run)
    return manifest if manifest and manifest["finished"] else None


# The contents of sweep.json: everything that defines the runs. The report's own settings may change at any time.
def identity(sweep):
    return {"format": "rpp-sweep-1", "pretrain": sweep.pretrain, "set": sweep.settings, "seeds": list(sweep.seeds),
            "methods": {label: {"set": method.settings, "ratios": list(method.ratios)}
                        | ({"from": method.source} if method.source else {})
                        | ({"finetune": method.finetune} if method.finetune else {})
                        for label, method in sweep.methods.items()},
            "tasks": {name: {"data_dir": task.data_dir, "config": task.config, "set": task.settings,
                             "seeds": list(task.seeds)} for name, task in sweep.tasks.items()}}


def first_difference(before, now, key=""):
    """The first change from `before` to `now` other than added methods, ratios, seeds or tasks; empty: none."""
    if isinstance(before, dict) and isinstance(now, dict):
        may_grow = key in ("methods", "tasks")
        for name in [*before, *([] if may_grow else now)]:
            inner = f"{key}.{name}" if key else name
            if name not in before or name not in now:
                return f"{inner} is {'new' if name not in before else 'gone'}"
            difference = first_difference(before[name], now[name], inner)
            if difference:
                return difference
        return ""
    if isinstance(before, list) and isinstance(now, list):
        gone = [value for value in before if value not in now]
        # Changing from no ratio to some is not an addition: the run without a ratio would be dropped.
        if not gone and (before or not now):
            return ""
    return "" if before == now else f"{key} was {json.dumps(before)}, now {json.dumps(now)}"


def check_output_dir(sweep):
    """Refuses a directory with another sweep, or with unrelated files."""
    path = sweep.output_dir / "sweep.json"
    if path.exists():
        difference = first_difference(read_json(path), identity(sweep))
        if difference:
            raise UsageError(f"output_dir {sweep.output_dir} holds another sweep: {difference}; choose another "
                             "directory (only methods, ratios, seeds and tasks may be added)")
    elif holds_anything(sweep.output_dir):
        raise UsageError(f"output_dir {sweep.output_dir} holds something else than a sweep: choose another directory")
