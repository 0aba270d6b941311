#!/usr/bin/env python3
"""kill -9 at random moments of every program that writes output, then the call that resumes it. The result must equal that of
an undisturbed call bit for bit, except for times."""
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from campaign.compare import differences, is_temporary  # noqa: E402
from campaign.report import Report, part_arguments  # noqa: E402
from campaign.workloads import call, environment, link_inputs, make_inputs, outputs, run_whole, wait_for_output, workloads  # noqa: E402

LIMIT_SECONDS = 120
MAX_KILLS_OF_A_CASE = 3


class Kills:
    def __init__(self, arguments):
        self.arguments = arguments
        self.inputs = arguments.work / "inputs"
        make_inputs(self.inputs, arguments.build)
        self.workloads = [each for each in workloads(arguments.build) if arguments.only in each.name]
        self.whole = {}  # name -> times of the undisturbed call
        self.report = Report("kills", arguments)

    def folder_of(self, workload):
        return self.arguments.work / "whole" / workload.name

    def run_whole(self, workload):
        """Runs the call twice: outputs that differ between undisturbed calls cannot be compared."""
        second = self.arguments.work / "second"
        run_whole(workload, self.inputs, second)
        self.whole[workload.name] = run_whole(workload, self.inputs, self.folder_of(workload))
        faults = differences(self.folder_of(workload), second)
        if faults:
            raise SystemExit(f"campaign: error: {workload.name} undisturbed, twice: {'; '.join(faults)}")
        shutil.rmtree(second)

    def kill_once(self, workload, folder, command, rng):
        """Kills it at a random moment while it writes; one in eight at any moment. False: it had ended before."""
        timing = self.whole[workload.name]
        anywhere = rng.random() < 1 / 8
        moment = rng.uniform(0, timing.total if anywhere else timing.total - timing.first)
        with subprocess.Popen(command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as process:
            if not anywhere and command is workload.command:
                wait_for_output(process, folder)
            elif not anywhere:
                moment += timing.first
            try:
                process.wait(moment)
            except subprocess.TimeoutExpired:
                process.kill()
        killed = process.returncode == -signal.SIGKILL
        if killed:
            self.report.count("kills")
            left = outputs(folder)
            self.report.count("kills before the first file" if not left else
                              "kills in the middle of a write" if any(map(is_temporary, left)) else "kills between writes")
        return killed

    def run_case(self, workload, folder, rng):
        command = workload.command
        for _ in range(rng.randint(1, MAX_KILLS_OF_A_CASE)):
            if not self.kill_once(workload, folder, command, rng):
                break
            command = workload.again()
        try:
            done = call(workload.again(), folder, timeout=LIMIT_SECONDS)
        except subprocess.TimeoutExpired:
            return [f"did not end in {LIMIT_SECONDS} s"]
        if done.returncode != 0 and not workload.is_finished(done):
            return [f"the call after the kill ended with {done.returncode}: {done.stderr.strip().splitlines()[-1:]}"]
        return differences(self.folder_of(workload), folder)

    def run(self):
        for case in self.report.cases():
            rng = random.Random(f"{self.arguments.seed}/{case}")
            workload = self.workloads[case % len(self.workloads)]
            if workload.name not in self.whole:
                self.run_whole(workload)
            folder = self.arguments.work / "killed"
            link_inputs(self.inputs, folder)
            faults = self.run_case(workload, folder, rng)
            self.report.count(f"cases of {workload.name.split('.')[0]}")
            self.report.add(case, workload.name, faults)
            if faults and not (self.arguments.work / f"failed-{case}").exists():
                folder.rename(self.arguments.work / f"failed-{case}")
            else:
                shutil.rmtree(folder)
        self.report.end()


if __name__ == "__main__":
    Kills(part_arguments("kills", __doc__, 200)).run()
