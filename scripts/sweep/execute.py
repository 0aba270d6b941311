"""Starts the runs, several at a time, until all have ended or a signal arrives.

Single-threaded: the results of an ended run are collected while the others continue.
"""
from dataclasses import dataclass, field
import fcntl
import signal
import subprocess
import sys
import time

from sweep import programs
from sweep.errors import STOPPED, SweepError
from sweep.finish import begin, check_parent, finish, is_complete, note_seconds, tidy
from sweep.runs import all_runs, finished_manifest, identity, write_json

POLL_SECONDS = 0.05
TAIL_LINES = 15


class StopSignal:
    """SIGTERM and SIGINT: passed on to the runs, which save a checkpoint and stop; a second one ends them at once."""

    def __init__(self):
        self.received = 0
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.note)

    def note(self, *_):
        self.received += 1


@dataclass
class Child:
    process: subprocess.Popen
    log: object
    started: float = field(default_factory=time.monotonic)

    def seconds(self):
        return time.monotonic() - self.started


def say(message):
    print(message, flush=True)


def lock(sweep):
    """Two lock files: the first is held by this sweep, the second also by its runs, in case the sweep is killed."""
    sweep.output_dir.mkdir(parents=True, exist_ok=True)
    (sweep.output_dir / "logs").mkdir(exist_ok=True)
    own = open(sweep.output_dir / "sweep.lock", "w", encoding="utf-8")
    held = open(sweep.output_dir / "runs.lock", "w", encoding="utf-8")
    try:
        fcntl.flock(own, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise SweepError(f"another sweep is at work in {sweep.output_dir}") from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        say("waiting for runs of a killed sweep, which save a checkpoint and stop")
        fcntl.flock(held, fcntl.LOCK_EX)
    return own, held


class Executor:
    def __init__(self, sweep, configs, held_lock):
        self.sweep, self.configs, self.held_lock = sweep, configs, held_lock
        self.runs = all_runs(sweep)
        self.waiting, self.active = [], {}  # runs; run -> Child
        self.done, self.failed, self.stopped = set(), set(), set()  # names
        self.stop = StopSignal()
        self.passed_on = 0

    def execute(self):
        for run in self.runs:
            self.recognise(run)
        while (self.waiting and not self.stop.received) or self.active:
            self.pass_on_signals()
            self.start_what_fits()
            for run in [run for run, child in self.active.items() if child.process.poll() is not None]:
                self.reap(run, self.active.pop(run))
            time.sleep(POLL_SECONDS)

    def recognise(self, run):
        manifest = finished_manifest(run)
        if not manifest:
            self.waiting.append(run)
            return
        if run.task:
            check_parent(run, manifest)
        tidy(self.sweep, run, manifest)
        self.settle(run, manifest)

    def settle(self, run, manifest):
        proof = manifest["proof"]
        if proof["drifted"]:
            self.fail(run, f"{proof['drifted']} of {proof['masked']} zeros drifted")
        else:
            self.done.add(run.name)

    def pass_on_signals(self):
        while self.passed_on < self.stop.received:
            self.passed_on += 1
            for child in self.active.values():
                child.process.send_signal(signal.SIGTERM)

    def start_what_fits(self):
        for run in list(self.waiting):
            if self.stop.received or len(self.active) >= self.sweep.jobs:
                return
            if run.parent and run.parent.name in self.failed:
                self.waiting.remove(run)
                self.fail(run, "its pruning run failed")
            elif run.parent and run.parent.name in self.stopped:
                self.waiting.remove(run)
            elif not run.parent or run.parent.name in self.done:
                self.waiting.remove(run)
                self.start(run)

    def start(self, run):
        begin(run, self.configs[run.name])
        log = open(run.log, "a", encoding="utf-8")
        command = [*run.command, "--resume", "auto"]
        self.active[run] = Child(programs.start(command, log, self.held_lock), log)

    def reap(self, run, child):
        child.log.close()
        status, seconds = child.process.returncode, child.seconds()
        if self.stop.received and not (status == 0 and is_complete(run)):
            note_seconds(run, seconds)
            return
        if status == STOPPED:
            note_seconds(run, seconds)
            self.stopped.add(run.name)
            return
        if status != 0:
            note_seconds(run, seconds)
            self.fail(run, f"status {status}; the end of {run.log}:\n{self.tail(run.log)}")
            return
        try:
            manifest = finish(self.sweep, run, seconds)
        except (SweepError, OSError, ValueError, KeyError) as error:  # its outputs are damaged: the others continue
            self.fail(run, str(error))
            return
        self.settle(run, manifest)
        say(f"[{len(self.done)}/{len(self.runs)}] {run.name}: {manifest['steps']} steps in {manifest['seconds']:.1f} s")

    def fail(self, run, reason):
        self.failed.add(run.name)
        print(f"sweep.py: error: {run.name} failed: {reason}", file=sys.stderr, flush=True)

    @staticmethod
    def tail(path):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
        return "\n".join("  " + line for line in lines)


def execute(sweep, configs):
    """Runs the rest of the sweep; the outcome is in the Executor."""
    locks = lock(sweep)
    write_json(sweep.output_dir / "sweep.json", identity(sweep))
    executor = Executor(sweep, configs, locks[1])
    executor.execute()
    for file in locks:
        file.close()
    return executor
