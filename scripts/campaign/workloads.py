"""The small inputs of a campaign, and a call of every program that writes output.

All use the golden model of tests/golden/bert, rows of 16 tokens and one thread: a run takes about a second.
"""
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from campaign.report import ROOT

WORDS = 95


@dataclass(frozen=True)
class Workload:
    name: str
    command: tuple  # run in a folder with the inputs; all outputs are named out*
    resume: tuple = ()  # more arguments for the call after a kill; none: the same command again

    def again(self):
        return self.command + self.resume

    def is_finished(self, done):
        """The previous call had finished: this one reports that, or refuses to overwrite its output."""
        return "has finished already" in done.stderr or (not self.resume and "exists already" in done.stderr)


def environment():
    return os.environ | {"OMP_NUM_THREADS": "1"}


def call(command, folder, **options):
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, errors="replace",
                          check=False, **options)


def must(command, folder):
    done = call(command, folder)
    if done.returncode != 0:
        raise SystemExit(f"campaign: error: {' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr}")


def write_table(path, header, rows):
    path.write_text("\n".join(["\t".join(header)] + ["\t".join(row) for row in rows]) + "\n", encoding="utf-8")


def make_inputs(folder, build):
    """Writes all inputs of the workloads."""
    folder.mkdir(parents=True)
    shutil.copytree(ROOT / "tests/golden/bert", folder / "model",
                    ignore=shutil.ignore_patterns("classifier", "span", "golden.safetensors"))
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [f"w{i}" for i in range(WORDS)]
    (folder / "model/vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    corpus = ""
    for document in range(6):
        for sentence in range(8):
            words = (document * 9 + sentence, sentence, document + sentence * 3, 90)
            corpus += " ".join(f"w{word}" for word in words) + "\n"
        corpus += "\n"
    (folder / "corpus.txt").write_text(corpus, encoding="utf-8")
    (folder / "long.txt").write_text(corpus * 400, encoding="utf-8")
    for shards in ("shards", "valid"):
        must([build / "rpp-data", "build", "--input", "corpus.txt", "--output", shards, "--tokenizer", "model"], folder)
    rows = [(f"w{i * 9 % WORDS} w2", str(i % 2)) for i in range(1, 13)]
    (folder / "glue/SST-2").mkdir(parents=True)
    for split in ("train", "dev", "test"):
        write_table(folder / f"glue/SST-2/{split}.tsv", ("sentence", "label"), rows)
    (folder / "glue/SST-2/test.tsv").unlink()
    answer = '{"id": "%s", "question": "w1", "answers": [{"text": "%s", "answer_start": %d}]}'
    questions = ", ".join(answer % each for each in (("a", "w60", 6), ("b", "w7", 10), ("c", "w5", 0)))
    for split in ("train", "dev"):
        (folder / f"{split}-v1.1.json").write_text(
            '{"data": [{"paragraphs": [{"context": "w5 w6 w60 w7", "qas": [%s]}]}]}' % questions, encoding="utf-8")
    write_sweep(folder, build)
    must(workload("pretrain.one_shot", build).command, folder)
    (folder / "out").rename(folder / "pruned")
    must([build / "rpp-export", "pruned", "--output", "pruned.rpp"], folder)
    must(finetune(build, "sst2", model="model", epochs=1), folder)
    (folder / "out").rename(folder / "teacher")


def write_sweep(folder, build):
    (folder / "pretrain.yaml").write_text("""\
model: model
output_dir: unused
data: {train: [shards], valid: [valid], max_seq_length: 16}
optimizer: {learning_rate: 1e-3}
train: {steps: 12, batch_size: 4, eval_every: 6, eval_batches: 1, save_every: 2, num_threads: 1}
""", encoding="utf-8")
    (folder / "sweep.yaml").write_text(f"""\
output_dir: out
pretrain: pretrain.yaml
methods:
  nip: {{set: {{prune.method: nip}}}}
ratios: [0.5]
tasks:
  sst2: {{data_dir: glue, set: {{max_seq_length: 16, epochs: 2, train.batch_size: 4, train.num_threads: 1}}, seeds: [1, 2]}}
programs: {build}
""", encoding="utf-8")


def settings(**values):
    """--set arguments; double underscores become dots."""
    return tuple(part for key, value in values.items() for part in ("--set", f"{key.replace('__', '.')}={value}"))


# The prune.* settings, by the name of the workload.
METHODS = {
    "dense": {"method": "dense"},
    "rpp": {"method": "rpp", "gamma": 2e-2, "rounds": 3},
    "rpp_found_gamma": {"method": "rpp_preconditioned", "rounds": 6},
    "rpp_blocks": {"method": "rpp_preconditioned", "rounds": 6, "block": 4},
    "rpp_topk": {"method": "rpp_preconditioned", "rounds": 3, "final_topk": "true"},
    "nip": {"method": "nip", "stages": 4},
    "nip_global": {"method": "nip", "stages": 4, "ranking": "global", "importance": "fisher", "recovery_share": 0.4},
    "gradual": {"method": "gradual", "mask_updates": 8},
    "one_shot": {"method": "one_shot", "prune_at": 0.4},
    "movement": {"method": "movement", "mask_updates": 8},
    "soft_movement": {"method": "soft_movement", "score_rate": 10},
    "fixed": {"method": "fixed"},
}


def pretrain(build, method):
    prune = {f"prune__{key}": value for key, value in METHODS[method].items()}
    model = "pruned" if method == "fixed" else "model"
    return (build / "rpp-pretrain", "pretrain.yaml", *settings(
        model=model, output_dir="out", data__train="[shards]", data__valid="[valid]", data__max_seq_length=16,
        data__max_predictions=3, optimizer__learning_rate=1e-3, train__steps=12, train__batch_size=4,
        train__eval_every=4, train__eval_batches=1, train__log_every=2, train__save_every=1, train__num_threads=1,
        train__keep_checkpoints="true", prune__target_ratio=0.6, prune__check_every=3, **prune))


def finetune(build, task, **values):
    data = "glue" if task == "sst2" else "."
    common = {"max_seq_length": 16, "epochs": 6, "optimizer__learning_rate": 1e-3, "train__batch_size": 4,
              "train__eval_every": 3, "train__save_every": 1, "train__log_every": 1, "train__num_threads": 1,
              "train__keep_checkpoints": "true"}
    if task == "squad1":
        common |= {"squad__doc_stride": 4, "squad__max_query_length": 4}
    return (build / "rpp-finetune", "--task", task, "--data-dir", data, "--output-dir", "out",
            *settings(**({"model": "pruned"} | common | values)))


def workloads(build):
    runs = [Workload(f"pretrain.{method}", pretrain(build, method), ("--resume", "auto")) for method in METHODS]
    tidy = pretrain(build, "gradual") + settings(train__keep_checkpoints="false", train__best_metric="mlm_loss",
                                                 prune__recovery_share=0.8, prune__mask_updates=2)
    runs.append(Workload("pretrain.best", tidy, ("--resume", "auto")))
    for name, command in {
        "finetune.fixed": finetune(build, "sst2", train__best_metric="accuracy"),
        "finetune.movement": finetune(build, "sst2", model="model", prune__method="movement", prune__mask_updates=4),
        "finetune.rpp": finetune(build, "sst2", model="model", prune__method="rpp_preconditioned", prune__rounds=4),
        "finetune.teacher": finetune(build, "sst2", distill__hidden_weight=1, distill__teacher="teacher",
                                     train__keep_checkpoints="false"),
        "finetune.squad": finetune(build, "squad1", train__best_metric="f1"),
        "finetune.seeds": finetune(build, "sst2", epochs=2, train__best_metric="loss") + ("--seeds", "1,2"),
    }.items():
        runs.append(Workload(name, command, ("--resume", "auto")))
    python = next((python for python in (ROOT / ".venv/bin/python",) if python.exists()), "python3")
    once = {
        "sweep": (python, ROOT / "scripts/sweep.py", "sweep.yaml", "--no-estimate"),
        "export.file": (build / "rpp-export", "pruned", "--output", "out.rpp"),
        "export.folder": (build / "rpp-export", "pruned.rpp", "--to-hf", "out"),
        "data.build": (build / "rpp-data", "build", "--input", "long.txt", "--output", "out", "--tokenizer", "model",
                       "--shard-tokens", "9000", "--threads", "1"),
        "data.vocab": (build / "rpp-data", "vocab", "--input", "long.txt", "--output", "out", "--size", "60"),
        "data.unigram": (build / "rpp-data", "vocab", "--input", "long.txt", "--output", "out", "--size", "40", "--type",
                         "unigram"),
        "data.tokenize": (build / "rpp-data", "tokenize", "--input", "long.txt", "--output", "out", "--tokenizer", "model"),
        "inspect.compact": (build / "rpp-inspect", "compact", "pruned", "--output", "out"),
        "inspect.transfer": (build / "rpp-inspect", "transfer", "model", "--mask", "pruned", "--output", "out"),
        "inspect.forward": (build / "rpp-inspect", "forward", "--model", "pruned", "--input", "corpus.txt", "--output",
                            "out.safetensors"),
        "inspect.patterns": (build / "rpp-inspect", "patterns", "pruned", "--json", "out.json"),
    }
    return runs + [Workload(name, command) for name, command in once.items()]


def printing(build):
    """Calls that write only to standard output."""
    calls = {
        "print.stats": (build / "rpp-data", "stats", "shards", "--tokenizer", "model", "--pairs", "100"),
        "print.tokens": (build / "rpp-data", "tokenize", "--input", "long.txt", "--tokenizer", "model"),
        "print.answers": (build / "rpp-predict", "--model", "teacher", "--input", "corpus.txt"),
        "print.embeddings": (build / "rpp-predict", "--model", "teacher", "--embed", "--input", "corpus.txt"),
        "print.ratios": (build / "rpp-inspect", "ratios", "pruned"),
        "print.verify": (build / "rpp-inspect", "verify", "pruned"),
        "print.patterns": (build / "rpp-inspect", "patterns", "pruned"),
        "print.scores": (build / "rpp-finetune", "eval-glue", "sst2", "teacher/eval_predictions_sst2.txt"),
        "print.config": (*pretrain(build, "dense"), "--print-config"),
        "print.help": (build / "rpp-export", "--help"),
    }
    return [Workload(name, command) for name, command in calls.items()]


def workload(name, build):
    return next(each for each in workloads(build) if each.name == name)


def link_inputs(inputs, folder):
    """A separate folder for a call, with links to the inputs and nothing else."""
    folder.mkdir(parents=True)
    for source in inputs.iterdir():
        (folder / source.name).symlink_to(source)


def wait_for_output(process, folder):
    """Waits until the program has started to write, or has ended."""
    while process.poll() is None and not any_output(folder):
        time.sleep(0.001)


@dataclass
class Timing:
    first: float  # seconds until the first file
    total: float


def run_whole(workload, inputs, folder):
    """Runs an undisturbed call and returns its times."""
    link_inputs(inputs, folder)
    start = time.monotonic()
    with subprocess.Popen(workload.command, cwd=folder, env=environment(), stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        wait_for_output(process, folder)
        first = time.monotonic() - start
        error = process.stderr.read()
    if process.returncode != 0:
        raise SystemExit(f"campaign: error: {workload.name} ended with {process.returncode}:\n{error}")
    return Timing(first, time.monotonic() - start)


def any_output(folder):
    with os.scandir(folder) as entries:
        return any(not entry.is_symlink() for entry in entries)


def outputs(folder):
    """Relative paths of all files in the folder except the inputs, including hidden files."""
    found = []
    for path in sorted(Path(folder).iterdir()):
        if path.is_symlink():
            continue
        found += [path] if path.is_file() else [each for each in sorted(path.rglob("*")) if not each.is_dir()]
    return [path.relative_to(folder) for path in found]
