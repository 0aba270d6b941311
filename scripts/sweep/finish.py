"""After a run has ended: stores its results and the verification of its zeros in sweep_run.json, removes its checkpoints."""
import hashlib
import json
import shutil

from sweep import programs
from sweep.checks import hash_of
from sweep.errors import SweepError
from sweep.runs import FINISHED, FORMAT, MANIFEST, finished_manifest, manifest_of, read_json, write_json


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def begin(run, config):
    """Records the settings and inputs of a run, so that it is never resumed with others."""
    run.directory.mkdir(parents=True, exist_ok=True)
    manifest = manifest_of(run) or {"format": FORMAT, "finished": False, "seconds": 0.0,
                                    "config_sha256": hash_of(config), "config": config}
    write_json(run.directory / MANIFEST, manifest)


def note_seconds(run, seconds):
    manifest = manifest_of(run)
    write_json(run.directory / MANIFEST, manifest | {"seconds": round(manifest["seconds"] + seconds, 1)})


def counters(run):
    finished = read_json(run.directory / FINISHED)
    return {"steps": finished["step"], "tokens": finished["tokens"]}


def last_evaluation(run):
    """The metrics of a pruning run; empty without data.valid. A resumed run may have a step twice, the last line counts."""
    lines = [json.loads(line) for line in (run.directory / "metrics.jsonl").read_text().splitlines()]
    evaluations = [line for line in lines if line["kind"] in ("eval", "best")]
    return {key: value for key, value in (evaluations or [{}])[-1].items() if key not in ("step", "kind")}


def task_scores(run):
    scores = read_json(run.directory / "eval_results.json")
    return {key.removeprefix("eval_"): value for key, value in scores.items()}


def prove(run, inspect_programs):
    """Verified against the model it was fine-tuned from, if that is pruned. A dense model needs no verification."""
    for pruned in (run.parent, run):
        if pruned and (pruned.directory / "mask.safetensors").exists():
            return programs.proof(inspect_programs, run.directory, None if pruned is run else pruned.directory)
    return {"masked": 0, "drifted": None}


def is_complete(run):
    """Whether the file that a program writes last exists."""
    return (run.directory / FINISHED).exists()


def finish(sweep, run, seconds):
    """Collects the results of an ended run, marks it as finished, and frees disk space."""
    if not is_complete(run):
        note_seconds(run, seconds)
        raise SweepError(f"{run.name} was stopped before its last step: run the sweep again to resume it")
    manifest = manifest_of(run)
    ratios, recovery = programs.ratios(sweep.programs, run.directory)
    manifest |= counters(run)
    manifest |= {"finished": True, "seconds": round(manifest["seconds"] + seconds, 1),
                 "model_sha256": sha256_of(run.directory / "model.safetensors"),
                 "parent_sha256": finished_manifest(run.parent)["model_sha256"] if run.parent else None,
                 "ratios": ratios, "recovery": recovery,
                 "results": task_scores(run) if run.task else last_evaluation(run),
                 "proof": prove(run, sweep.programs)}
    write_json(run.directory / MANIFEST, manifest)
    tidy(sweep, run, manifest)
    return manifest


def tidy(sweep, run, manifest):
    """A finished run needs no checkpoints, whatever its configuration says; a fine-tuned model is kept on request, or if its zeros drifted."""
    for pattern in ("checkpoint-*", ".checkpoint-*"):
        for directory in run.directory.glob(pattern):
            shutil.rmtree(directory)
    if run.task and not sweep.keep_finetuned and not manifest["proof"]["drifted"]:
        (run.directory / "model.safetensors").unlink(missing_ok=True)


def check_parent(run, manifest):
    parent = finished_manifest(run.parent)
    if parent and parent["model_sha256"] != manifest["parent_sha256"]:
        raise SweepError(f"{run.directory} was fine-tuned from another model than the one in "
                         f"{run.parent.directory}: delete it to run it again")
