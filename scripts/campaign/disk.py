#!/usr/bin/env python3
"""Runs every program that writes output on a full disk and in a read-only folder: exit status 1, a message that names the file
and the reason, no temporary file left; and with free space the same call then succeeds as if undisturbed."""
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from campaign.compare import differences, is_temporary  # noqa: E402
from campaign.report import Report, part_arguments  # noqa: E402
from campaign.workloads import call, link_inputs, make_inputs, outputs, printing, run_whole, workloads  # noqa: E402

LIMIT_SECONDS = 120
PAGE = 4096
NOBODY = 65534
FULL = ("No space left on device", "File too large")
READ_ONLY = ("Permission denied", "Read-only file system")


def last_line(done):
    lines = done.stderr.strip().splitlines()
    return lines[-1] if lines else "nothing on standard error"


class Disk:
    """A folder with limited space: a tmpfs if root may mount one, else a limit on the size of a file."""

    def __init__(self, folder, size):
        self.folder, self.size = folder, size
        folder.mkdir(parents=True)
        self.mounted = os.geteuid() == 0 and subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "campaign", str(folder)], capture_output=True,
            check=False).returncode == 0

    def limits(self):
        if self.mounted:
            return {}

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.size))
        return {"preexec_fn": limit, "restore_signals": False}

    def enlarge(self):
        if self.mounted:
            subprocess.run(["mount", "-o", "remount,size=256m", str(self.folder)], check=True)

    def remove(self):
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def as_nobody():
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


class DiskFaults:
    def __init__(self, arguments):
        self.arguments = arguments
        self.inputs = arguments.work / "inputs"
        make_inputs(self.inputs, arguments.build)
        os.chmod(arguments.work, 0o755)
        self.workloads = [each for each in workloads(arguments.build) if arguments.only in each.name]
        self.printing = [each for each in printing(arguments.build) if arguments.only in each.name]
        self.bytes = {}  # name -> bytes that an undisturbed call writes
        self.report = Report("disk", arguments)

    def whole(self, workload):
        return self.arguments.work / "whole" / workload.name

    def run_whole(self, workload):
        if workload.name in self.bytes:
            return
        run_whole(workload, self.inputs, self.whole(workload))
        self.bytes[workload.name] = sum((self.whole(workload) / path).stat().st_size for path in outputs(self.whole(workload)))

    @staticmethod
    def faults_of(done, reasons):
        """Checks a call that could not write."""
        faults = []
        said = done.stdout + done.stderr  # a sweep prints the ends of its runs' logs
        if done.returncode != 1:
            faults.append(f"ended with {done.returncode}, not 1: {last_line(done)}")
        if not any(reason in said for reason in reasons):
            faults.append(f"the message has no reason: {last_line(done)}")
        if "out" not in said.partition("error:")[2]:
            faults.append(f"the message names no file: {last_line(done)}")
        return faults

    def full_disk(self, workload, rng):
        self.run_whole(workload)
        size = PAGE * rng.randint(1, max(1, self.bytes[workload.name] * 3 // 2 // PAGE))
        disk = Disk(self.arguments.work / "disk", size)
        folder = disk.folder / "case"
        try:
            link_inputs(self.inputs, folder)
            done = call(workload.command, folder, timeout=LIMIT_SECONDS, **disk.limits())
            if done.returncode == 0:
                self.report.count("calls that fitted on the disk")
                return [f"on {size} bytes: {fault}" for fault in differences(self.whole(workload), folder)]
            self.report.count("calls on a full disk")
            faults = self.faults_of(done, FULL)
            faults += [f"{path} is left over" for path in outputs(folder) if is_temporary(path)]
            disk.enlarge()
            again = call(workload.again(), folder, timeout=LIMIT_SECONDS)
            if again.returncode != 0 and not workload.is_finished(again):
                faults.append(f"with room again: ended with {again.returncode}: {last_line(again)}")
            else:
                faults += [f"with room again: {fault}" for fault in differences(self.whole(workload), folder)]
            return [f"on {size} bytes: {fault}" for fault in faults]
        except subprocess.TimeoutExpired:
            return [f"on {size} bytes: did not end in {LIMIT_SECONDS} s"]
        finally:
            disk.remove()

    def read_only(self, workload, rng):
        """The folder of the call, or the output of an earlier call in it, belongs to another user."""
        folder = self.arguments.work / "readonly"
        link_inputs(self.inputs, folder)
        if rng.random() < 0.5:
            self.run_whole(workload)
            with subprocess.Popen(workload.command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL) as process:
                try:
                    process.wait(rng.uniform(0.1, 0.8))
                except subprocess.TimeoutExpired:
                    process.kill()
        try:
            return [f"read-only: {fault}" for fault in self.faults_of_other_user(workload, folder)]
        finally:
            shutil.rmtree(folder)

    def faults_of_other_user(self, workload, folder):
        before = [(path, (folder / path).read_bytes()) for path in outputs(folder)]
        try:
            done = call(workload.again(), folder, timeout=LIMIT_SECONDS, preexec_fn=as_nobody)
        except PermissionError:
            self.report.count("calls left out, as other users may not start their interpreter")
            return []
        self.report.count("calls in a read-only folder")
        faults = [] if workload.is_finished(done) else self.faults_of(done, READ_ONLY)
        if before != [(path, (folder / path).read_bytes()) for path in outputs(folder)]:
            faults.append("files have changed")
        return faults

    def full_output(self, workload):
        """Results go to a full standard output."""
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(workload.command, cwd=self.inputs, stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=LIMIT_SECONDS, check=False)
        self.report.count("calls with a full standard output")
        if done.returncode == 1 and any(reason in done.stderr for reason in FULL):
            return []
        return [f"standard output full: ended with {done.returncode}: {last_line(done)}"]

    def run(self):
        for case in self.report.cases():
            rng = random.Random(f"{self.arguments.seed}/{case}")
            kind = case % 4
            if kind == 3 and self.printing:
                workload = self.printing[case // 4 % len(self.printing)]
                faults = self.full_output(workload)
            else:
                workload = self.workloads[case * 3 // 4 % len(self.workloads)]
                faults = self.read_only(workload, rng) if kind == 2 and os.geteuid() == 0 else self.full_disk(workload, rng)
            self.report.add(case, workload.name, faults)
        self.report.end()


if __name__ == "__main__":
    DiskFaults(part_arguments("disk", __doc__, 60)).run()
