#!/usr/bin/env python3
"""Compares `rpp-data tokenize` with google-research/bert's tokenization.py, id by id.

Two inputs: the lines of text files, and every code point that is assigned in Python's Unicode table, alone and in
small contexts. Most characters are unknown to a vocabulary, which hides how they were normalised; so code points are
also compared with a vocabulary that contains them all. A Python whose Unicode is newer than the one of
src/tokenizer/unicode_classes.inc may differ in its new characters. The reference comes from PyPI at a pinned version and hash.

    scripts/compare/bert_tokenizer.py --rpp-data build/rpp-data \\
        --uncased-vocab uncased/vocab.txt --cased-vocab cased/vocab.txt --text corpus.txt.zst

Exits with 1 if any line differs.
"""

import argparse
import gzip
import hashlib
import multiprocessing
import pathlib
import shutil
import subprocess
import sys
import tempfile
import types
import unicodedata
import zipfile

REFERENCE = "bert-tensorflow==1.0.4"
REFERENCE_SHA256 = "f880680a03fbf637c217443b7d3d8969d0b3aef4822b4ea13c2a124498dd21a0"
CONTEXTS = ("{}", "a{}b", "A {} B", "A{}\u03a3", "A\u03a3{}b")  # with a capital sigma, which may be final
SHOWN_DIFFERENCES = 10


def download_reference(directory):
    """The source text of tokenization.py."""
    subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", directory, REFERENCE],
                   check=True)
    (wheel,) = pathlib.Path(directory).glob("*.whl")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    if digest != REFERENCE_SHA256:
        sys.exit(f"{REFERENCE} has the sha256 {digest}, expected {REFERENCE_SHA256}")
    return zipfile.ZipFile(wheel).read("bert/tokenization.py")


def stub_module(name, **members):
    module = types.ModuleType(name)
    module.__dict__.update(members)
    sys.modules[name] = module
    return module


def load_reference(source):
    """Runs tokenization.py with stubs for the few names it imports from TensorFlow, absl and six."""
    gfile = types.SimpleNamespace(GFile=lambda path, mode: open(path, mode, encoding="utf-8", newline="\n"))
    v1 = stub_module("tensorflow.compat.v1", gfile=gfile)
    compat = stub_module("tensorflow.compat", v1=v1)
    stub_module("tensorflow", compat=compat)
    flags = types.SimpleNamespace(FLAGS=types.SimpleNamespace(preserve_unused_tokens=False),
                                  DEFINE_bool=lambda *_: None)
    stub_module("absl", flags=flags)
    stub_module("six", PY2=False, PY3=True)
    reference = stub_module("bert_tokenization")
    exec(compile(source, "bert/tokenization.py", "exec"), reference.__dict__)
    return reference


tokenizer = None  # of a worker process


def start_worker(source, vocab, lower):
    global tokenizer
    tokenizer = load_reference(source).FullTokenizer(str(vocab), do_lower_case=lower)


def reference_ids(line):
    return " ".join(map(str, tokenizer.convert_tokens_to_ids(tokenizer.tokenize(line))))


def run_reference(lines, source, vocab, lower):
    """A repeated line is tokenized once."""
    unique = list(dict.fromkeys(lines))
    with multiprocessing.Pool(initializer=start_worker, initargs=(source, vocab, lower)) as pool:
        ids = dict(zip(unique, pool.map(reference_ids, unique, chunksize=256)))
    return [ids[line] for line in lines]


def run_rpp(rpp_data, vocab, lower, text_file, directory):
    """A vocab.txt alone is read as by the reference, with other files as by transformers; its capitals say the case."""
    model = pathlib.Path(directory) / ("uncased" if lower else "cased")
    model.mkdir(exist_ok=True)
    shutil.copyfile(vocab, model / "vocab.txt")
    output = pathlib.Path(directory) / "ids.txt"
    subprocess.run([rpp_data, "tokenize", "--tokenizer", model, "--input", text_file, "--output", output,
                    "--form", "ids"], check=True)
    return output.read_text().split("\n")[:-1]


def read_lines(path):
    magic = path.open("rb").read(4)
    if magic == b"\x28\xb5\x2f\xfd":
        data = subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout
    elif magic[:2] == b"\x1f\x8b":
        data = gzip.decompress(path.read_bytes())
    else:
        data = path.read_bytes()
    lines = data.split(b"\n")
    return lines[:-1] if lines[-1] == b"" else lines


def assigned_code_points():
    """Excludes surrogates, which UTF-8 cannot encode, and the newline, which ends a line."""
    return [c for c in range(sys.maxunicode + 1)
            if unicodedata.category(chr(c)) not in ("Cn", "Cs") and c != 0x0A]


def write_lines(path, lines):
    path.write_bytes("".join(line + "\n" for line in lines).encode())


def write_code_points(path, code_points):
    write_lines(path, [context.format(chr(c)) for c in code_points for context in CONTEXTS])
    print(f"{len(code_points):,} code points assigned in Unicode {unicodedata.unidata_version} (Python), "
          f"in {len(CONTEXTS)} contexts")


def write_complete_vocab(path, code_points, lower):
    """Every non-blank character, as the start of a word and as a continuation; without capitals for lower-cased text."""
    characters = [chr(c) for c in code_points if not chr(c).isspace() and not (lower and chr(c).lower() != chr(c))]
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    write_lines(path, special + characters + ["##" + c for c in characters])


def as_pieces(ids, vocab_lines):
    return " ".join(vocab_lines[int(i)] for i in ids.split())


def compare(rpp_data, source, vocab, lower, text_file, directory):
    lines = read_lines(text_file)
    expected = run_reference(lines, source, vocab, lower)
    actual = run_rpp(rpp_data, vocab, lower, text_file, directory)
    if len(actual) != len(expected):
        sys.exit(f"{text_file}: {len(expected)} lines went in, {len(actual)} came out")
    different = [i for i in range(len(lines)) if expected[i] != actual[i]]
    vocab_lines = [line.strip() for line in vocab.read_text(encoding="utf-8").split("\n")]
    for i in different[:SHOWN_DIFFERENCES]:
        print(f"  line {i + 1}: {lines[i].decode('utf-8', 'ignore')!a}")
        print(f"    reference {as_pieces(expected[i], vocab_lines)}")
        print(f"    rpp       {as_pieces(actual[i], vocab_lines)}")
    num_tokens = sum(len(ids.split()) for ids in expected)
    case = "uncased" if lower else "cased"
    print(f"{text_file.name}, {vocab.name}, {case}: {len(lines):,} lines, {num_tokens:,} tokens, {len(different):,} lines differ",
          flush=True)
    return len(different)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rpp-data", required=True, type=pathlib.Path, help="the program")
    parser.add_argument("--uncased-vocab", type=pathlib.Path, help="a vocab.txt to lower-case for")
    parser.add_argument("--cased-vocab", type=pathlib.Path, help="a vocab.txt to keep the case for")
    parser.add_argument("--text", nargs="*", default=[], type=pathlib.Path, help="text files: plain, .gz or .zst")
    arguments = parser.parse_args()
    if not (arguments.uncased_vocab or arguments.cased_vocab):
        parser.error("give --uncased-vocab, --cased-vocab or both")
    return arguments


def main():
    arguments = parse_arguments()
    with tempfile.TemporaryDirectory() as directory:
        source = download_reference(directory)
        code_points = assigned_code_points()
        code_points_file = pathlib.Path(directory) / "code_points.txt"
        write_code_points(code_points_file, code_points)
        num_different = 0
        for vocab, lower in ((arguments.uncased_vocab, True), (arguments.cased_vocab, False)):
            if not vocab:
                continue
            complete_vocab = pathlib.Path(directory) / "complete_vocab.txt"
            write_complete_vocab(complete_vocab, code_points, lower)
            jobs = [(vocab, text) for text in (*arguments.text, code_points_file)]
            jobs.append((complete_vocab, code_points_file))
            for job_vocab, text in jobs:
                num_different += compare(arguments.rpp_data, source, job_vocab, lower, text, directory)
    return 1 if num_different else 0


if __name__ == "__main__":
    sys.exit(main())
