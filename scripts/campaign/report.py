"""Counts and times of a part, progress lines, and the command that repeats a failed case."""
import argparse
import signal
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRESS_SECONDS = 30


def part_arguments(part, description, default_cases):
    parser = argparse.ArgumentParser(prog=f"campaign.sh {part}", description=description)
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="folder of the programs")
    parser.add_argument("--work", type=Path, required=True, help="an empty folder to work in")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0, help="start no case after this time; 0: until --cases")
    parser.add_argument("--cases", type=int, default=0, help=f"number of cases; default without --seconds: {default_cases}")
    parser.add_argument("--first", type=int, default=0, help="the first case, to repeat one")
    parser.add_argument("--only", default="", help="workloads whose name contains this")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # exit normally, so that no disk stays mounted
    if not arguments.cases and not arguments.seconds:
        arguments.cases = default_cases
    arguments.build = arguments.build.resolve()
    arguments.work = arguments.work.resolve()
    return arguments


class Report:
    def __init__(self, part, arguments):
        self.part, self.arguments = part, arguments
        self.start = self.said = time.monotonic()
        self.passed = self.failed = 0
        self.notes = {}  # event -> count

    def cases(self):
        """The numbers of the cases, until --cases or --seconds is reached."""
        number = self.arguments.first
        while not self.is_over(number - self.arguments.first):
            yield number
            number += 1

    def is_over(self, done):
        if self.arguments.cases and done >= self.arguments.cases:
            return True
        return 0 < self.arguments.seconds <= self.seconds()

    def seconds(self):
        return time.monotonic() - self.start

    def count(self, note, number=1):
        self.notes[note] = self.notes.get(note, 0) + number

    def add(self, case, name, faults):
        """`faults`: their messages; empty: the case has passed."""
        self.passed += not faults
        self.failed += bool(faults)
        for fault in faults:
            print(f"FAILED: {self.part}, case {case} of seed {self.arguments.seed}, {name}: {fault}", flush=True)
        if faults:
            only = f" --only {self.arguments.only}" if self.arguments.only else ""
            print(f"  repeat: scripts/campaign.sh {self.part} --seed {self.arguments.seed} --first {case} --cases 1{only}", flush=True)
        if time.monotonic() - self.said > PROGRESS_SECONDS:
            self.said = time.monotonic()
            print(f"{self.part}: {self.passed + self.failed} cases, {self.failed} failed, {self.seconds():.0f} s", flush=True)

    def end(self):
        for note in sorted(self.notes):
            print(f"{self.part}: {note}: {self.notes[note]}")
        print(f"{self.part}: seed {self.arguments.seed}, {self.seconds():.0f} s: {self.passed} passed, {self.failed} failed", flush=True)
        sys.exit(self.failed > 0)
