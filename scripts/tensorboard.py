#!/usr/bin/env python3
"""Converts metrics.jsonl of runs to event files for TensorBoard, also while a run is in progress.

    scripts/tensorboard.py runs/minilm-dense runs/minilm-rpp --output runs/tensorboard
    scripts/tensorboard.py runs/minilm-rpp --output runs/tensorboard --follow &
    tensorboard --logdir runs/tensorboard

Tags are kind and name: train/loss, eval/mlm_accuracy, prune/gamma. Each run gets its own folder in --output. A call
writes all lines of the run and replaces the output of earlier calls, so nothing is duplicated; event files of other
programs are kept. --follow adds new lines until it is interrupted, and rewrites the file when a resumed run removes
lines. Needs tensorboardX (scripts/setup.sh --plots); TensorBoard itself is a separate package, tensorboard.
"""

import argparse
import pathlib
import signal
import time

import environment
from metrics_log import MetricsError, labels_of, read_lines, values_of

SUFFIX = ".rpp"  # distinguishes our event files from those of other programs
POLL_SECONDS = 2


class EventFile:
    """The event file of one run in `folder`."""

    def __init__(self, run, folder):
        self.run, self.folder = run, folder
        self.written, self.writer = [], None

    def restart(self):
        from tensorboardX import SummaryWriter

        self.close()
        for old in self.folder.glob(f"events.out.tfevents.*{SUFFIX}"):
            old.unlink()
        # purge_step tells a TensorBoard with the old file open to discard it.
        self.writer = SummaryWriter(str(self.folder), purge_step=0, filename_suffix=SUFFIX)
        self.written = []

    def update(self):
        """Updates the file; returns the number of lines added."""
        lines = read_lines(self.run)
        if self.writer is None or lines[:len(self.written)] != self.written:
            self.restart()
        new = lines[len(self.written):]
        for line in new:
            for tag, value in values_of(line).items():
                self.writer.add_scalar(tag, value, line["step"])
        self.writer.flush()
        self.written = lines
        return len(new)

    def close(self):
        if self.writer is not None:
            self.writer.close()


def follow(files):
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # like Ctrl-C, which background processes ignore
    print("following: interrupt to end", flush=True)
    try:
        while True:
            time.sleep(POLL_SECONDS)
            for file in files:
                file.update()
    except KeyboardInterrupt:
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=pathlib.Path, help="output directories of rpp-pretrain or rpp-finetune")
    parser.add_argument("--output", required=True, type=pathlib.Path, help="TensorBoard's log directory")
    parser.add_argument("--follow", action="store_true", help=f"look for new lines every {POLL_SECONDS} seconds")
    args = parser.parse_args()
    environment.need("plots", "tensorboardX")
    files = []
    try:
        files = [EventFile(run, args.output / label) for run, label in zip(args.runs, labels_of(args.runs))]
        for file in files:
            print(f"{file.folder}: {file.update()} lines of {file.run}", flush=True)
        if args.follow:
            follow(files)
    except MetricsError as error:
        parser.error(str(error))
    except OSError as error:
        parser.error(f"cannot write to {args.output}: {error.strerror}")
    finally:
        for file in files:
            file.close()


if __name__ == "__main__":
    main()
