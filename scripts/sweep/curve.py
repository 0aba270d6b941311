"""The learning rate of a run over its steps, from its resolved configuration; the formula of src/plan/schedule.cpp.

Methods that are compared need the same curve: how long the learning rate stays high is worth more than most differences
between pruning methods (docs/results.md).
"""
from dataclasses import dataclass
import math
import statistics

from sweep.errors import UsageError

KEYS = ("optimizer.learning_rate", "schedule.decay", "schedule.decay_begin", "schedule.rewind", "schedule.warmup_steps",
        "schedule.warmup_ratio", "train.steps")


def rounded(steps):
    """As llround rounds a positive number."""
    return math.floor(steps + 0.5)


@dataclass(frozen=True)
class Curve:
    learning_rate: float
    decay: str
    warmup: int  # steps
    decay_begin: int  # step
    steps: int
    rewinds_for: str = ""  # the method whose phases restart the curve; empty: one curve for the whole run

    def factor(self, step):
        """Of learning_rate, at a step counted from 0. Not for a curve that is restarted."""
        if step < self.warmup:
            return (step + 1) / self.warmup
        begin = max(self.warmup, self.decay_begin)
        progress = max(0.0, min(1.0, (step - begin) / max(1, self.steps - begin)))
        return {"constant": 1.0, "cosine": 0.5 * (1 + math.cos(math.pi * progress)), "linear": 1 - progress}[self.decay]

    def mean_factor(self):
        return statistics.mean(map(self.factor, range(self.steps)))

    def __str__(self):
        decay = "then constant" if self.decay == "constant" else f"{self.decay} decay from step {self.decay_begin}"
        text = f"{self.learning_rate:g}, warmup of {self.warmup} steps, {decay} of {self.steps}"
        if self.rewinds_for:
            return f"{text}, restarted in each phase of {self.rewinds_for}"
        return f"{text}; mean factor {self.mean_factor():.2f}"


def curve_of(run, config):
    rate, decay, begin, rewind, warmup, ratio, steps = (config[key] for key in KEYS)
    steps = int(steps)
    return Curve(learning_rate=float(rate), decay=decay, warmup=int(warmup) or rounded(float(ratio) * steps),
                 decay_begin=rounded(float(begin) * steps), steps=steps,
                 rewinds_for=run.method if rewind == "true" else "")


def curves_by_method(runs, configs, task):
    """Method -> curve of its pruning runs (task ""), or of its fine-tunings on the task."""
    return {run.method: curve_of(run, configs[run.name]) for run in runs if run.task == task}


def check_curves(sweep, runs, configs):
    """Prints the curve of every method. Refuses methods with different ones, unless the sweep compares schedules."""
    for task in ("", *sweep.tasks):
        curves = curves_by_method(runs, configs, task)
        stage = f"fine-tuning on {task}" if task else "pruning"
        if len(set(curves.values())) <= 1:
            for curve in set(curves.values()):
                print(f"learning rate, {stage}: {curve}", flush=True)
            continue
        for method, curve in curves.items():
            print(f"learning rate, {stage}, {method}: {curve}", flush=True)
        if sweep.compare_schedules:
            continue
        first = next(iter(curves))
        other = next(method for method, curve in curves.items() if curve != curves[first])
        raise UsageError(f"{stage}: methods.{first} and methods.{other} have different learning rates ({curves[first]}; "
                         f"{curves[other]}): their scores would not compare the methods. Set the same schedule, or "
                         "compare_schedules: true, which adds the learning rate to every row")
