"""All calls of rpp programs, and the parsing of their output."""
import ctypes
import json
import os
import re
import signal
import subprocess

import yaml

from sweep.errors import SweepError

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


class Failed(SweepError):
    """A program failed; its exit status becomes the sweep's."""

    def __init__(self, command, status, output):
        super().__init__(f"{os.path.basename(command[0])} refuses: {output.strip()}\n  {' '.join(command)}")
        self.status = 2 if status == 2 else 1


def call(*command, allowed=(0,)):
    """Returns standard output. Runs in its own session: Ctrl-C reaches only the sweep, which then ends in order."""
    command = [str(part) for part in command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, start_new_session=True, check=False)
    except OSError as error:
        raise SweepError(f"cannot start {command[0]}: {error.strerror}") from error
    if done.returncode not in allowed:
        raise Failed(command, done.returncode, done.stderr or done.stdout)
    return done.stdout


def flatten(values, prefix=""):
    flat = {}
    for key, value in values.items():
        flat |= flatten(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def print_config(command):
    """The resolved configuration: dotted key -> text, or list of texts."""
    return flatten(yaml.load(call(*command, "--print-config"), Loader=yaml.BaseLoader))


def check(command):
    """(steps, seconds per step) from a --check, which does not start the run."""
    time = re.search(r"^time\s+([\d,]+) steps of ([\d.]+) s", call(*command, "--check"), re.MULTILINE)
    if not time:
        raise SweepError(f"{command[0]} --check printed no line 'time N steps of S s'")
    return count(time[1]), float(time[2])


def count(text):
    return int(text.replace(",", ""))


def ratios(programs, model):
    """(zeros and entries, [steps of recovery, all steps] of the run that pruned the model or None)."""
    text = call(programs / "rpp-inspect", "ratios", model)
    zeros = re.search(r"encoder ratio .*\(([\d,]+) zeros of ([\d,]+) prunable\)", text)
    total = re.search(r"whole-model ratio .* of ([\d,]+) parameters\)", text)
    if not zeros or not total:
        raise SweepError(f"rpp-inspect ratios {model} printed no ratios:\n{text}")
    recovery = re.search(r"^pruned by .*, the last (\d+) of (\d+) steps with a fixed mask$", text, re.MULTILINE)
    return ({"zeros": count(zeros[1]), "prunable": count(zeros[2]), "parameters": count(total[1])},
            [int(recovery[1]), int(recovery[2])] if recovery else None)


def proof(programs, model, against=None):
    """The number of drifted and of all zeros that must hold."""
    command = [programs / "rpp-inspect", "verify", model, *(["--against", against] if against else [])]
    text = call(*command, allowed=(0, 1))
    total = re.search(r"^([\d,]+) of ([\d,]+) zeros drifted$", text, re.MULTILINE)
    if not total:
        raise SweepError(f"the zeros of {model} could not be verified: {' '.join(map(str, command))} says why")
    return {"drifted": count(total[1]), "masked": count(total[2])}


def compare(programs, baselines, candidates):
    """The result of rpp-compare for two cells: directories of fine-tunings of one task."""
    return json.loads(call(programs / "rpp-compare", "--baseline", *baselines, "--candidate", *candidates, "--json"))


def compare_values(programs, baseline, candidate):
    """The result of rpp-compare for the scores of two cells."""
    return json.loads(call(programs / "rpp-compare", "--baseline-values", *map(repr, baseline), "--candidate-values",
                           *map(repr, candidate), "--json"))


def end_with_parent():
    # A killed sweep leaves no runs behind: they save a checkpoint and stop.
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def start(command, log, held_lock):
    """A run in the background, which holds the lock while it is alive."""
    log.write(f"\n$ {' '.join(command)}\n")
    log.flush()
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                            start_new_session=True, pass_fds=(held_lock.fileno(),), preexec_fn=end_with_parent)
