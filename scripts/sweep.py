#!/usr/bin/env python3
"""Methods x ratios x seeds: prunes at equal steps, tokens and data order, fine-tunes on the named tasks, compares.

    scripts/sweep.py configs/sweep/minilm.yaml --estimate     prints the number and duration of the runs
    scripts/sweep.py configs/sweep/minilm.yaml                runs or resumes it
    scripts/sweep.py configs/sweep/minilm.yaml --report       writes the tables of the finished runs

Writes results.csv, results.md (tables and verdicts), times.csv and figures/ to the sweep's output_dir. It can be killed at any
moment: the same command resumes it. Methods, ratios, seeds and tasks can be added later; finished runs are kept.
Exit status: 0 all runs finished, 1 a run failed, 2 wrong command line or configuration, 3 stopped by a signal before the
end: the same command resumes it.
"""
import argparse
import signal
import sys

import environment
from sweep.errors import STOPPED, SweepError


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweep", metavar="SWEEP.yaml", help="configuration file; examples are in configs/sweep/")
    parser.add_argument("--jobs", type=int, metavar="N", help="concurrent runs; overrides the file")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--estimate", action="store_true", help="check all settings, say what it will cost, run nothing")
    only.add_argument("--no-estimate", action="store_true", help="start without the estimate, which takes a --check per method and task")
    only.add_argument("--report", action="store_true", help="only write the tables and figures of the finished runs")
    arguments = parser.parse_args()
    if arguments.jobs is not None and arguments.jobs < 1:
        parser.error("--jobs must be at least 1")
    return arguments


def report(sweep):
    from sweep.figures import write_figures
    from sweep.report import write_report
    write_figures(write_report(sweep))
    print(f"{sweep.output_dir}/results.md, results.csv, times.csv", flush=True)


def run(arguments):
    environment.need("base", "yaml")
    from dataclasses import replace
    from sweep.checks import add_contents, check_all
    from sweep.estimate import estimate
    from sweep.execute import execute
    from sweep.runs import all_runs, check_output_dir
    from sweep.settings import load_sweep
    sweep = load_sweep(arguments.sweep)
    sweep = replace(sweep, jobs=arguments.jobs or sweep.jobs)
    check_output_dir(sweep)
    if arguments.report:
        if not sweep.output_dir.exists():
            raise SweepError(f"{sweep.output_dir} does not exist: nothing of this sweep has been run")
        report(sweep)
        return 0
    runs = all_runs(sweep)
    configs = check_all(sweep, runs)
    if not arguments.estimate:  # reads every input to its end
        configs = add_contents(runs, configs)
    if not arguments.no_estimate:
        estimate(sweep, runs, configs)
    if arguments.estimate:
        return 0
    outcome = execute(sweep, configs)
    if outcome.stop.received:
        print(f"stopped: {len(outcome.done)} of {len(runs)} runs have finished; run the same command to resume", flush=True)
        return STOPPED
    report(sweep)
    if outcome.failed:
        print(f"sweep.py: error: {len(outcome.failed)} of {len(runs)} runs failed: {', '.join(sorted(outcome.failed))}",
              file=sys.stderr)
    if outcome.stopped:
        print(f"stopped before the end: {', '.join(sorted(outcome.stopped))}; run the same command to resume", flush=True)
    return 1 if outcome.failed else STOPPED if outcome.stopped else 0


def main():
    arguments = parse_arguments()
    # Used until the runs are started; then execute.py handles signals. A program that is being called ends too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return run(arguments)
    except SweepError as error:
        print(f"sweep.py: error: {error}", file=sys.stderr)
        return error.status
    except KeyboardInterrupt:
        print("sweep.py: stopped; run the same command to resume", file=sys.stderr)
        return STOPPED


if __name__ == "__main__":
    sys.exit(main())
