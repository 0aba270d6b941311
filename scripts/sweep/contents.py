"""Which files are the inputs of a sweep, and what they hold, by hashes: a sweep that goes on must not mix runs of other data."""
import functools
import hashlib
from pathlib import Path

from sweep.settings import FOLDERS

# What programs read of a model's folder, as src/runs/run_inputs.cpp has it.
MODEL_FILES = ("config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
               "added_tokens.json", "*.model", "*.safetensors", "*.safetensors.index.json")
# The ends of a task's tables, as src/data/glue.cpp has them.
TABLES = tuple(kind + packed for kind in (".tsv", ".jsonl") for packed in ("", ".zst", ".gz"))


@functools.cache
def hash_of_files(files):
    """Hash of names and bytes; the location of the files does not matter."""
    whole = hashlib.sha256()
    for file in files:
        with open(file, "rb") as bytes_of:
            whole.update(f"{file.name} {hashlib.file_digest(bytes_of, 'sha256').hexdigest()}\n".encode())
    return whole.hexdigest()[:16]


def files_in(folder, patterns):
    return tuple(sorted({file for pattern in patterns for file in Path(folder).glob(pattern) if file.is_file()}))


def files_of(path):
    """The file itself, or the files of a model directory that a program reads."""
    return (Path(path),) if Path(path).is_file() else files_in(path, MODEL_FILES)


def task_folders(task, data_dir):
    """Where rpp-finetune looks for the tables of a task."""
    return Path(data_dir), Path(data_dir) / FOLDERS[task]


def task_files(run, config):
    patterns = [f"*{end}" for end in TABLES]
    return sum((files_in(folder, patterns) for folder in task_folders(run.task, config["data_dir"])), ())


def is_content(key):
    return key.startswith("what ")


def contents(run, config):
    """'what KEY holds' -> hash, for the inputs that the sweep does not create itself."""
    files = {key: files_of(config[key]) for key in ("model_config", "tokenizer", "distill.teacher", "prune.mask")
             if config.get(key)}
    if run.task:
        files["data_dir"] = task_files(run, config)
    else:
        if config["model"]:
            files["model"] = files_of(config["model"])
        for key in ("data.train", "data.valid"):
            # A manifest contains the hash of each shard.
            files[key] = tuple(Path(folder) / "manifest.json" for folder in config[key])
    return {f"what {key} holds": hash_of_files(each) for key, each in files.items() if each}
