#!/usr/bin/env python3
"""Times tokenizers on the same text, one thread each, in turn, and counts the lines whose ids differ from ours.

Times are CPU seconds, which are less sensitive to other programs. Each has its text in memory, line by line, and
produces ids without padding:
  here               rpp-bench tokenizer: bytes to a vector of ids, no Python
  flash-tokenizer    batch_encode: str to lists; adds [CLS] and [SEP]
  blingfire          TextToIds of its library, called by ctypes: bytes to a buffer; it has no batches
  tokenizers         encode_batch_fast: str to Encodings, whose ids are not fetched
"Python" is the time of the same calls without tokenizing: strings to bytes, ids to lists, call overhead. The last column is
the ratio without it. Only tokenizers has other kinds than WordPiece: for a directory without vocab.txt it alone is timed.

    scripts/compare/tokenizer_speed.py --tokenizer bert-base-uncased --text corpus.txt.zst
"""
import argparse
import ctypes
import gzip
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from array import array
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

os.environ.update(OMP_NUM_THREADS="1", RAYON_NUM_THREADS="1", TOKENIZERS_PARALLELISM="false")  # read at import

environment.need("compare", "blingfire", "zstandard", "flash_tokenizer", "tokenizers")

import blingfire
import zstandard
from flash_tokenizer import BertTokenizerFlash
from tokenizers import BertWordPieceTokenizer, Tokenizer

PASSES = 3  # per round; the fastest counts
TOKENIZER_JSON = "tokenizer.json"
MOST_TOKENS = 1 << 16  # per line; one byte gives at most one token
# blingfire takes hours to compile a vocabulary and ships those of BERT: vocab.txt, by its hash -> the model.
BLINGFIRE_MODELS = {"07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3": "bert_base_tok.bin",
                    "eeaa9875b23b04b4c54ef759d03db9d1ba1554838f8fb26c5d96fa551df93d02": "bert_base_cased_tok.bin"}


class Tokenizers:
    name = "tokenizers"
    note = ""

    def __init__(self, vocab, lower, lines):
        self.lines = lines
        # _tokenizer: the public class has no encode_batch_fast.
        self.encode = (Tokenizer.from_file(str(vocab)) if vocab.name == TOKENIZER_JSON
                       else BertWordPieceTokenizer(str(vocab), lowercase=lower)._tokenizer).encode_batch_fast

    def run(self):
        return self.encode(self.lines, add_special_tokens=False)

    def ids(self):
        return [encoding.ids for encoding in self.run()]

    def run_without_tokenizing(self, ids):
        pass  # strings are read in place, ids are not fetched


class Flash:
    name = "flash-tokenizer"
    note = ""

    def __init__(self, vocab, lower, lines):
        self.lines = lines
        self.encode = BertTokenizerFlash(str(vocab), do_lower_case=lower, model_max_length=MOST_TOKENS).tokenizer.batch_encode

    def run(self):
        return self.encode(self.lines, "no padding", MOST_TOKENS, False)

    def ids(self):
        return [ids[1:-1] for ids in self.run()]

    def run_without_tokenizing(self, ids):
        return [line.encode() for line in self.lines], [line.tolist() for line in ids]


class Blingfire:
    name = "blingfire"

    def __init__(self, vocab, lower, lines):
        digest = hashlib.sha256(vocab.read_bytes()).hexdigest()
        own = "bert_base_tok.bin" if lower else "bert_base_cased_tok.bin"
        self.note = "" if digest in BLINGFIRE_MODELS else f"takes no vocab.txt: timed with its own {own}, ids not compared"
        model = Path(blingfire.__file__).parent / BLINGFIRE_MODELS.get(digest, own)
        self.model = ctypes.c_void_p(blingfire.load_model(str(model)))
        self.lines = [line.encode() for line in lines]
        self.buffer = (ctypes.c_int32 * MOST_TOKENS)()
        self.unknown = vocab.read_text(encoding="utf-8").split("\n").index("[UNK]")

    def encode(self, line):
        return blingfire.blingfire.TextToIds(self.model, line, len(line), self.buffer, MOST_TOKENS, self.unknown)

    def run(self):
        for line in self.lines:
            self.encode(line)

    def ids(self):
        return None if self.note else [self.buffer[:self.encode(line)] for line in self.lines]

    def run_without_tokenizing(self, ids):
        for _ in self.lines:
            self.encode(b"")


def least_cpu_seconds(work):
    times = []
    for _ in range(PASSES):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times)


def our_bytes_per_second(args, text):
    command = [args.rpp_bench, "tokenizer", "--tokenizer", args.tokenizer, "--input", text, "--threads", "1",
               "--repeat", str(PASSES)]
    line = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return json.loads(line)["bytes_per_cpu_second"]


def our_ids(args, text):
    command = [args.rpp_data, "tokenize", "--tokenizer", args.tokenizer, "--input", text]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return [array("i", map(int, line.split())) for line in output.split("\n")[:-1]]


def read_lines(path, most_bytes):
    """Whole lines of valid UTF-8, up to the given number of bytes."""
    magic = path.open("rb").read(4)
    if magic == b"\x28\xb5\x2f\xfd":
        file = zstandard.ZstdDecompressor().stream_reader(path.open("rb"))
    else:
        file = gzip.open(path) if magic[:2] == b"\x1f\x8b" else path.open("rb")
    with file:
        text = file.read(most_bytes)
    whole = text[:text.rfind(b"\n") + 1] or text
    return [line.rstrip("\r") for line in whole.decode("utf-8", "ignore").removesuffix("\n").split("\n")]


def spread(values, form):
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


def count_differences(other, ours):
    theirs = other.ids()
    if theirs is None:
        return "-"
    return f"{sum(list(a) != list(b) for a, b in zip(theirs, ours, strict=True)):,}"


def compare(args, vocab, lower, lines, text):
    num_bytes = sum(len(line.encode()) for line in lines)
    wordpiece = vocab.name != TOKENIZER_JSON
    kind = f", {'uncased' if lower else 'cased'}" if wordpiece else ""
    print(f"{len(lines):,} lines, {num_bytes / 1e6:.1f} MB; {vocab}{kind}; one thread; medians of {args.rounds} rounds (least to "
          "most)")
    others = [kind(vocab, lower, lines) for kind in ((Flash, Blingfire, Tokenizers) if wordpiece else (Tokenizers,))]
    ids = our_ids(args, text)
    ours, theirs, python = [], {other: [] for other in others}, {other: [] for other in others}
    for _ in range(args.rounds):
        ours.append(our_bytes_per_second(args, text) / 1e6)
        for other in others:
            theirs[other].append(least_cpu_seconds(other.run))
            python[other].append(least_cpu_seconds(lambda: other.run_without_tokenizing(ids)))
    print(f"{'':<17}{'MB/s':<24}{'here is faster':<26}{'lines differ':<14}{'Python':<8}without it")
    print(f"{'here':<17}{spread(ours, '.1f')}")
    for other in others:
        rates = [num_bytes / 1e6 / seconds for seconds in theirs[other]]
        ratios = [our_rate / rate for our_rate, rate in zip(ours, rates)]
        share = statistics.median(p / t for p, t in zip(python[other], theirs[other]))
        print(f"{other.name:<17}{spread(rates, '.1f'):<24}{spread(ratios, '.2f'):<26}{count_differences(other, ids):<14}"
              f"{f'{100 * share:.0f} %':<8}{statistics.median(ratios) * (1 - share):.2f}", flush=True)
    for other in others:
        if other.note:
            print(f"{other.name} {other.note}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path, required=True, help="directory with vocab.txt and tokenizer_config.json, or with tokenizer.json")
    parser.add_argument("--text", type=Path, required=True, help="plain, .gz or .zst")
    parser.add_argument("--megabytes", type=float, default=2, help="amount of text, from its start")
    parser.add_argument("--rounds", type=int, default=5, help="each round times all of them")
    parser.add_argument("--rpp-bench", type=Path, default=Path("build/rpp-bench"))
    parser.add_argument("--rpp-data", type=Path, default=Path("build/rpp-data"))
    args = parser.parse_args()
    vocab, config = args.tokenizer / "vocab.txt", args.tokenizer / "tokenizer_config.json"
    if not vocab.exists() and (args.tokenizer / TOKENIZER_JSON).exists():
        vocab = args.tokenizer / TOKENIZER_JSON
    for file in (vocab, args.text, args.rpp_bench, args.rpp_data):
        if not file.is_file():
            sys.exit(f"tokenizer_speed.py: error: {file} is missing")
    lower = json.loads(config.read_text(encoding="utf-8")).get("do_lower_case", True) if config.exists() else True
    lines = read_lines(args.text, int(args.megabytes * 1e6))
    longest = max(len(line.encode()) for line in lines)
    if longest > MOST_TOKENS - 2:
        sys.exit(f"tokenizer_speed.py: error: {args.text} has a line of {longest:,} bytes: {MOST_TOKENS - 2:,} at most")
    with tempfile.TemporaryDirectory() as directory:
        text = Path(directory) / "text.txt"
        text.write_bytes("".join(line + "\n" for line in lines).encode())
        compare(args, vocab, lower, lines, text)


if __name__ == "__main__":
    main()
