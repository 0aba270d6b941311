"""Reads SWEEP.yaml strictly: unknown, missing or out-of-range values are refused with file and line."""
from dataclasses import dataclass, field
from pathlib import Path
import re

import yaml

from sweep.errors import UsageError, nearest

# A task's subdirectory of --data-dir, as rpp-finetune expects it.
FOLDERS = {"sst2": "SST-2", "cola": "CoLA", "mrpc": "MRPC", "qqp": "QQP", "stsb": "STS-B", "mnli": "MNLI",
           "qnli": "QNLI", "rte": "RTE", "wnli": "WNLI"}
TOP_KEYS = ("output_dir", "pretrain", "set", "seeds", "methods", "ratios", "reference", "compare", "tasks",
            "compare_schedules", "keep_finetuned", "programs", "jobs")
# The settings that the sweep itself passes to the programs.
PRETRAIN_OWN = {"output_dir": "output_dir of the sweep", "train.seed": "seeds"}
FINETUNE_OWN = {"task": "the key of tasks", "data_dir": "data_dir of the task", "model": "the pruned model",
                "output_dir": "output_dir of the sweep", "train.seed": "seeds of the task"}


@dataclass(frozen=True)
class Method:
    label: str
    settings: dict  # key -> --set value, of the pruning runs
    ratios: tuple  # empty: one run per seed, without a ratio
    source: str = ""  # method whose pruning runs are fine-tuned; empty: its own
    finetune: dict = field(default_factory=dict)  # key -> --set value, of the fine-tunings


@dataclass(frozen=True)
class Task:
    name: str
    data_dir: str
    config: str  # may be empty
    settings: dict
    seeds: tuple


@dataclass(frozen=True)
class Sweep:
    output_dir: Path
    pretrain: str
    settings: dict
    seeds: tuple
    methods: dict  # label -> Method, in the file's order
    tasks: dict  # name -> Task
    reference: str  # a method's label, or empty
    compare: tuple  # pairs of labels
    compare_schedules: bool  # methods may have different learning rates, which are shown in every row
    keep_finetuned: bool
    programs: Path
    jobs: int


class Value:
    """A value of the file, with its position."""

    def __init__(self, file, node, name):
        self.file, self.node, self.name = file, node, name

    def fail(self, message):
        raise UsageError(f"{self.file}:{self.node.start_mark.line + 1}: {message}")

    def text(self):
        if not isinstance(self.node, yaml.ScalarNode) or self.node.value == "":
            self.fail(f"{self.name} must be a single value")
        return self.node.value

    def number(self, parse, kind):
        try:
            return parse(self.text())
        except ValueError:
            return self.fail(f"{self.name} is '{self.node.value}', it must be {kind}")

    def whole(self, at_least):
        number = self.number(int, "a whole number")
        return number if number >= at_least else self.fail(f"{self.name} is {number}, it must be at least {at_least}")

    def ratio(self):
        number = self.number(float, "a number")
        return number if 0 < number < 1 else self.fail(f"{self.name} is {number:g}, a ratio must be between 0 and 1")

    def flag(self):
        text = self.text()
        return text == "true" if text in ("true", "false") else self.fail(
            f"{self.name} is '{text}', it must be true or false")

    def items(self):
        if not isinstance(self.node, yaml.SequenceNode):
            self.fail(f"{self.name} must be a list")
        return [Value(self.file, node, self.name) for node in self.node.value]

    def unique(self, read):
        values = tuple(read(item) for item in self.items())
        repeated = [value for value in values if values.count(value) > 1]
        return values if not repeated else self.fail(f"{self.name} names {repeated[0]} twice")

    def section(self, known=None):
        """The values of a mapping by their keys; with `known`, only those keys are allowed."""
        if not isinstance(self.node, yaml.MappingNode):
            self.fail(f"{self.name} must be a mapping of keys to values")
        values = {}
        for key, node in self.node.value:
            full = f"{self.name}.{key.value}" if self.name else key.value
            at_key = Value(self.file, key, full)
            if known and key.value not in known:
                prefix = full[:len(full) - len(key.value)]
                at_key.fail(f"unknown key '{full}' (did you mean '{prefix}{nearest(key.value, known)}'?)")
            if key.value in values:
                at_key.fail(f"{full} stands here a second time")
            values[key.value] = Value(self.file, node, full)
        return values

    def overrides(self, own):
        """key -> --set value; `own` maps the keys that the sweep sets itself to their source."""
        settings = {}
        for key, value in self.section().items():
            if key in own:
                value.fail(f"{value.name}: the sweep sets {key} itself, from {own[key]}")
            settings[key] = value.override()
        return settings

    def override(self):
        if isinstance(self.node, yaml.SequenceNode):
            return "[" + ", ".join(item.override() for item in self.items()) + "]"
        if not isinstance(self.node, yaml.ScalarNode):
            self.fail(f"{self.name} must be a value or a list: write nested keys with dots, as for --set")
        return self.node.value


def require(owner, values, key):
    if key not in values:
        owner.fail(f"{owner.name + '.' if owner.name else ''}{key} is missing")
    return values[key]


def known_label(value, methods):
    label = value.text()
    if label not in methods:
        value.fail(f"{value.name} names the unknown method '{label}' (did you mean '{nearest(label, methods)}'?)")
    return label


def read_seeds(value):
    seeds = value.unique(lambda item: item.whole(at_least=0))
    return seeds or value.fail(f"{value.name} must name at least one seed")


def read_ratios(value):
    return tuple(sorted(value.unique(Value.ratio)))


def read_method(label, value, defaults):
    if not re.fullmatch(r"[A-Za-z0-9_.-]+", label):
        value.fail(f"the method '{label}' names directories: use letters, digits, '.', '_' and '-'")
    values = value.section(("set", "ratios", "from", "finetune"))
    if "from" in values and "set" in values:
        values["set"].fail(f"{values['set'].name}: a method with 'from' has no pruning runs of its own to set")
    settings = values["set"].overrides(PRETRAIN_OWN) if "set" in values else {}
    if "ratios" in values:
        ratios = read_ratios(values["ratios"])
    else:
        ratios = () if "dense" in (label, settings.get("prune.method")) else defaults
    finetune = values["finetune"].overrides(FINETUNE_OWN) if "finetune" in values else {}
    if ratios and "prune.target_ratio" in settings | finetune:
        value.fail(f"{value.name}: the sweep sets prune.target_ratio itself, from ratios (ratios: [] for none)")
    return Method(label, settings, ratios, values["from"].text() if "from" in values else "", finetune)


def check_source(value, method, methods, tasks):
    """For a method that prunes during fine-tuning: its starting point must be one model for all ratios."""
    if not method.source:
        return
    known_label(value, methods)
    if methods[method.source].source or methods[method.source].ratios:
        value.fail(f"{value.name} names {method.source}, which must be a method without ratios and without 'from'")
    if not tasks:
        value.fail(f"{value.name}: without tasks there are no fine-tunings to prune in")


def read_task(name, value):
    if name not in FOLDERS:
        value.fail(f"unknown task '{name}': did you mean '{nearest(name, FOLDERS)}'? (known: {', '.join(FOLDERS)})")
    values = value.section(("data_dir", "config", "set", "seeds"))
    return Task(name=name,
                data_dir=require(value, values, "data_dir").text(),
                config=values["config"].text() if "config" in values else "",
                settings=values["set"].overrides(FINETUNE_OWN) if "set" in values else {},
                seeds=read_seeds(values["seeds"]) if "seeds" in values else (1,))


def read_reference(values, methods):
    if "reference" not in values:
        return "dense" if "dense" in methods and not methods["dense"].ratios else ""
    value = values["reference"]
    label = known_label(value, methods)
    if methods[label].ratios:
        value.fail(f"reference {label} has ratios: it must be a method without; 'compare' compares at equal ratio")
    return label


def read_pair(value, methods):
    labels = tuple(known_label(item, methods) for item in value.items())
    if len(labels) != 2:
        value.fail("compare is a list of pairs of methods, such as [[rpp, nip]]")
    if not set(methods[labels[0]].ratios) & set(methods[labels[1]].ratios):
        value.fail(f"compare: {labels[0]} and {labels[1]} have no ratio in common")
    return labels


def load_sweep(path):
    try:
        node = yaml.compose(Path(path).read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise UsageError(f"cannot open {path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no YAML: {error}") from error
    if node is None:
        raise UsageError(f"{path} is empty")
    root = Value(path, node, "")
    values = root.section(TOP_KEYS)
    defaults = read_ratios(values["ratios"]) if "ratios" in values else ()
    method_values = require(root, values, "methods").section()
    methods = {label: read_method(label, value, defaults) for label, value in method_values.items()}
    if not methods:
        values["methods"].fail("methods names none")
    tasks = values["tasks"].section() if "tasks" in values else {}
    for label, method in methods.items():
        check_source(method_values[label].section().get("from"), method, methods, tasks)
    return Sweep(output_dir=Path(require(root, values, "output_dir").text()),
                 pretrain=require(root, values, "pretrain").text(),
                 settings=values["set"].overrides(PRETRAIN_OWN) if "set" in values else {},
                 seeds=read_seeds(values["seeds"]) if "seeds" in values else (1,),
                 methods=methods,
                 tasks={name: read_task(name, value) for name, value in tasks.items()},
                 reference=read_reference(values, methods),
                 compare=values["compare"].unique(lambda pair: read_pair(pair, methods)) if "compare" in values else (),
                 compare_schedules=values["compare_schedules"].flag() if "compare_schedules" in values else False,
                 keep_finetuned=values["keep_finetuned"].flag() if "keep_finetuned" in values else False,
                 programs=Path(values["programs"].text() if "programs" in values else "build"),
                 jobs=values["jobs"].whole(at_least=1) if "jobs" in values else 1)
