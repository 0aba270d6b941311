#!/usr/bin/env python3
"""Runs the commands on pages of the documentation in the current directory, page by page and from top to bottom.

    tests/tools/doc_run.py --rules rules.txt README.md docs/tutorials/deploy.md

Commands are the lines of code blocks of a shell or of no language, and `code` that starts a program of build/ or scripts/. A
command that has been run already, on an earlier page too, is not repeated. Each must exit with 0, except as the rules say:

    skip PATTERN REASON...    commands that match the regular expression are not run
    stop PATTERN              commands that never end: they get SIGTERM after some seconds and must then exit with 0
    name WORD VALUE...        stands for a name of the reader's: the command is run with each value in its place

A rule that no command needs is a fault.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import doc_commands

KINDS = ("skip", "stop", "name")
LIMIT_SECONDS = 500  # a build without ccache on a loaded machine
STOP_SECONDS = 10  # start-up on a loaded machine
TAIL_LINES = 8


@dataclass
class Rule:
    kind: str
    pattern: str
    words: list
    used: bool = False

    def applies(self, text):
        pattern = rf"(?<![A-Z]){re.escape(self.pattern)}(?![A-Z])" if self.kind == "name" else self.pattern
        found = re.search(pattern, text) is not None
        self.used = self.used or found
        return found


@dataclass
class Outcome:
    done: set = field(default_factory=set)  # commands
    skipped: int = 0
    faults: int = 0

    def fault(self, message):
        print(f"FAILED: {message}", flush=True)
        self.faults += 1


def load_rules(path):
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    for kind, *_ in lines:
        if kind not in KINDS:
            sys.exit(f"{path}: there is no rule '{kind}'")
    return [Rule(kind, pattern, words) for kind, pattern, *words in lines]


def applying(rules, command):
    """The rules of each kind that apply to a command."""
    found = [rule for rule in rules if rule.applies(command)]
    return [[rule for rule in found if rule.kind == kind] for kind in KINDS]


def starts_our_program(code):
    try:
        commands = doc_commands.split(code)
    except ValueError:  # a quote without its end
        return False
    programs = [words[0] for words in commands]
    return any(program.startswith("build/rpp-") or program.startswith("scripts/") and (doc_commands.ROOT / program).is_file()
               for program in programs)


def lines_of_block(text):
    """(offset, command) of a block, without blank lines and comments. A command may go on behind a backslash."""
    for line in re.finditer(r"(?:.*\\\n)*.*\n", text):
        if line[0].strip() and not line[0].lstrip().startswith("#"):
            yield line.start(), line[0].strip()


def commands_of(page):
    """(place, command) in the order of the page."""
    text = page.read_text(encoding="utf-8")
    found = [(block.start(2) + offset, command) for block in doc_commands.shell_blocks(text)
             for offset, command in lines_of_block(block[2])]
    found += [(code.start(), code[1].replace("\n", " ")) for code in doc_commands.inline_codes(text) if starts_our_program(code[1])]
    return [(f"{page.name}:{doc_commands.line_of(text, position)}", command) for position, command in sorted(found)]


def with_names(command, names):
    """The command with each value of the names."""
    commands = [command]
    for name in names:
        commands = [each.replace(name.pattern, value) for each in commands for value in name.words]
    return commands


def run(command, stop):
    """(exit status, output). A command with `stop` must still run when it gets the signal."""
    with subprocess.Popen(["bash", "-o", "pipefail", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True) as process:
        try:
            output = process.communicate(timeout=STOP_SECONDS if stop else LIMIT_SECONDS)[0]
            return ("0 before it was stopped" if stop and process.returncode == 0 else process.returncode), output
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGTERM if stop else signal.SIGKILL)
            output = process.communicate()[0]
            return (process.returncode if stop else f"no status within {LIMIT_SECONDS} s"), output


def run_page(page, rules, outcome):
    exports = ""  # each command has a shell of its own
    for place, command in commands_of(page):
        skips, stops, names = applying(rules, command)
        if skips:
            print(f"skipped {place}: {command}: {' '.join(skips[0].words)}", flush=True)
            outcome.skipped += 1
            continue
        for whole in with_names(command, names):
            if whole in outcome.done:
                continue
            outcome.done.add(whole)
            status, output = run(exports + whole, bool(stops))
            exports += f"{whole}\n" if whole.startswith("export ") else ""
            if status != 0:
                tail = "\n".join(f"  {line}" for line in output.splitlines()[-TAIL_LINES:])
                outcome.fault(f"{place}: {whole}\n  exit status {status}, the end of its output:\n{tail}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path, nargs="+", metavar="PAGE.md")
    parser.add_argument("--rules", type=Path)
    arguments = parser.parse_args()
    rules, outcome = load_rules(arguments.rules) if arguments.rules else [], Outcome()
    for page in arguments.pages:
        run_page(page, rules, outcome)
    for rule in rules:
        if not rule.used:
            outcome.fault(f"no command needs the rule: {rule.kind} {rule.pattern}")
    print(f"{len(outcome.done)} commands run, {outcome.skipped} skipped, {outcome.faults} faults")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
