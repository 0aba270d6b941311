"""The expected duration of a sweep: from one --check per method and task, or from finished runs."""
from dataclasses import dataclass
import sys

from sweep import programs
from sweep.errors import SweepError
from sweep.runs import finished_manifest, set_options


@dataclass
class Share:
    """The runs of one method or task, and the duration of one of them."""
    label: str
    count: int
    left: int
    seconds: float  # NaN if nothing could be measured
    source: str


def duration(seconds):
    if seconds != seconds:
        return "unknown"
    hours, minutes = divmod(int(seconds + 30) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{int(seconds) // 60} min {int(seconds) % 60} s"


def starting_model(runs, configs):
    """A model of the right shape for checking a task: that of the pruning runs, or a finished one."""
    pruning = [run for run in runs if not run.task]
    done = [str(run.directory) for run in pruning if finished_manifest(run)]
    return configs[pruning[0].name]["model"] or (done[0] if done else "")


def probe(sweep, run, model):
    """(seconds of a run, their source). The check needs a directory that does not exist, and creates none."""
    nowhere = str(sweep.output_dir / "not-made")
    if not run.task:
        steps, seconds = programs.check((*run.command, *set_options({"output_dir": nowhere})))
    elif model:
        command = list(run.command)
        for option, value in (("--model", model), ("--output-dir", nowhere)):
            command[command.index(option) + 1] = value
        steps, seconds = programs.check(command)
    else:
        return float("nan"), "model_config makes the model: measured when a pruning run has finished"
    return steps * seconds, f"{steps} steps of {seconds:.2f} s"


def share(sweep, label, runs, model):
    # The longest: a killed and resumed run only knows the seconds of its last part.
    print(f"measuring {label} ...", file=sys.stderr, flush=True)
    done = [manifest["seconds"] for manifest in map(finished_manifest, runs) if manifest]
    try:
        seconds, source = (max(done), "as the finished ones took") if done else probe(sweep, runs[0], model)
    except SweepError as error:
        error.args = (f"{label}: {error}",)
        raise
    return Share(label, len(runs), len(runs) - len(done), seconds, source)


def estimate(sweep, runs, configs):
    """Prints runs and hours, in total and remaining. Fails if a program's --check fails."""
    model = starting_model(runs, configs)
    groups = {}
    for run in runs:
        groups.setdefault(f"tasks.{run.task}" if run.task else f"methods.{run.method}", []).append(run)
    shares = [share(sweep, label, group, model) for label, group in groups.items()]
    width = max(len(item.label) for item in shares)
    for item in shares:
        print(f"{item.label:<{width}}  {item.count:>4} runs, {item.left:>4} left, about {duration(item.seconds)} each "
              f"({item.source})")
    known = [item for item in shares if item.seconds == item.seconds]
    whole, left = (sum(item.seconds * getattr(item, number) for item in known) / sweep.jobs
                   for number in ("count", "left"))
    unknown = "" if len(known) == len(shares) else ", without what is unknown"
    runs_left = sum(item.left for item in shares)
    print(f"the whole sweep: {len(runs)} runs, about {duration(whole)}; left: {runs_left} runs, about {duration(left)}"
          f"{unknown} ({sweep.jobs} at a time; evaluation and checkpoints come on top)", flush=True)
