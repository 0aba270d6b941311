#!/usr/bin/env python3
"""Compares `rpp-data tokenize` with transformers' AutoTokenizer on WordPiece tokenizers with random switches.

Makes tokenizer folders (vocab.txt, tokenizer.json, tokenizer_config.json, special_tokens_map.json, added_tokens.json) with the
tokenizers library and compares ids and offsets on hostile and random texts. A folder that rpp-data refuses is
counted by its message; there must be none that transformers reads and that has no reason here.

    scripts/compare/wordpiece.py --rpp-data build/rpp-data --folders 100

Exits with 1 if any text differs.
"""
import argparse
import collections
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "tokenizers", "transformers")
os.environ["TRANSFORMERS_VERBOSITY"] = "error"

from tokenizers import AddedToken, Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordPiece
from tokenizers.processors import BertProcessing, TemplateProcessing
from transformers import AutoTokenizer

SHOWN_DIFFERENCES = 10
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
OTHER_SPECIAL = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"]
KEYS = ["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"]
BERT_CLASSES = [None, "BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "ElectraTokenizerFast",
                "MPNetTokenizer"]
JSON_CLASSES = ["PreTrainedTokenizerFast", "TokenizersBackend"]
ALPHABET = ("abcdeABCDE\u00e9\u00c9\u00fc\u00df\u0130\u0131\u03a3\u03c3\u03c2\u0439\u0419\u05d0\u0627\u0639\u4e2d\u56fd\u65e5\u3042\uac00\u1100\u1161"
            "0123.,;!?'-_#[]<>$\u2026\u00bf\u0301\u0308\u0316\u0345\u05b0\u200d\u200b\u00ad\ufeff\u2028\u00a0\u3000\u0085\ue000\U000f0000"
            "\U0001f600\U0001f468\U0001f469\ufe0f\U0002b820\U00020000\u0378\u0001\t\u000b\u000c\u001c\ufffd\u1e9b\u037e")
WORDS = ("the cat sat on mat unaffable Caf\u00e9 \u00dcber stra\u00dfe \u039f\u0394\u039f\u03a3 \u043c\u0438\u0440 \u4e2d\u56fd \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 "
         "[SEP] [MASK] [CLS] [PAD] [UNK] [sep] <s> </s> <mask> <unk> ##a don't e-mail U.S.A. [E1] [/E1] w9 new tok newtok").split()
ADDED = ["[E1]", "[/E1]", "w9", "new tok", "NewTok", "caf\u00e9", "\u4e2d", "a", "##b", "\U0001f600", "- -", "the", "\u00c9", "[SEP]x"]


def hostile_texts():
    return ["", " ", " \t\u3000 ", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "e\u0301 E\u0301\u0316 \u1e9b\u0323", "\u05e9\u05c1\u05dc\u05d5\u05b9\u05dd",
            "\u0627\u0644\u0633\u064e\u0651\u0644\u0627\u0645", "\u4e2d\u56fdabc\u65e5\u672c", "price\ue000 list", "a\u0001b\u007fc\u0085d", "[CLS] a [SEP] [MASK][MASK] [mask]",
            "a" * 150, "a" * 100, "a" * 101, "\u00e9" * 100, "ab " * 3333, "\u039f\u0394\u039f\u03a3 \u03a3", "\u0130I\u0131i", "\uac00\uac01", "\u2028a\u2029b",
            "  [E1]  x  [/E1]  ", "xw9 w9x w9 w9w9 _w9 w9.", "the\u0301 newtok NEWTOK New Tok", "[SEP]x [SEP] x", "##b #b a##b", "x\u200bw9\u200by"]


def make_texts(rng, count):
    return hostile_texts() + [random_text(rng) for _ in range(count)]


def random_text(rng):
    parts = [rng.choice(WORDS + ADDED) if rng.random() < 0.5 else "".join(rng.choices(ALPHABET, k=rng.randint(1, 6)))
             for _ in range(rng.randint(1, 12))]
    return "".join(part + rng.choice(["", " ", " ", "  "]) for part in parts)


def random_vocab(rng, special):
    pieces = set()
    for word in WORDS + ["".join(rng.choices(ALPHABET, k=rng.randint(1, 4))) for _ in range(200)]:
        for form in (word, word.lower()):
            cut = rng.randint(1, max(1, len(form)))
            pieces.update((form, form[:cut], "##" + form[cut:]))
    for c in ALPHABET:
        if rng.random() < 0.9:
            pieces.update((c, "##" + c, c.lower()))
    pieces = sorted(p for p in pieces if p not in ("", "##") and p.split() == [p] and p not in special)
    rng.shuffle(pieces)
    return special + pieces


def random_added(rng):
    content = rng.choice(ADDED)
    flags = {key: rng.random() < 0.3 for key in ("single_word", "lstrip", "rstrip", "special")}
    return AddedToken(content, normalized=rng.random() < 0.5, **flags)


def as_dict(token):
    return {key: getattr(token, key) for key in ("content", "single_word", "lstrip", "rstrip", "normalized", "special")}


def write_json(path, value):
    path.write_text(json.dumps(value), encoding="utf-8")


def random_switch(rng):
    return rng.choice([True, False])


def tokenizer_json(rng, vocab, special, added):
    _, unk, cls, sep, _ = special
    model = WordPiece({piece: i for i, piece in enumerate(vocab)}, unk_token=unk,
                      max_input_chars_per_word=rng.choice([100, 100, 5, 200]),
                      continuing_subword_prefix="##")
    tokenizer = Tokenizer(model)
    bert = normalizers.BertNormalizer(clean_text=random_switch(rng), handle_chinese_chars=random_switch(rng),
                                      strip_accents=rng.choice([None, True, False]), lowercase=random_switch(rng))
    tokenizer.normalizer = rng.choice([bert, bert, bert, normalizers.Lowercase(), None]) or tokenizer.normalizer
    tokenizer.pre_tokenizer = rng.choice([pre_tokenizers.BertPreTokenizer(), pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Whitespace()])
    ids = {name: vocab.index(name) for name in special}
    template = TemplateProcessing(single=f"{cls}:0 $A:0 {sep}:0", pair=f"{cls}:0 $A:0 {sep}:0 $B:1 {sep}:1",
                                  special_tokens=[(cls, ids[cls]), (sep, ids[sep])])
    tokenizer.post_processor = rng.choice([template, BertProcessing((sep, ids[sep]), (cls, ids[cls]))])
    if rng.random() < 0.8:
        tokenizer.add_special_tokens(special)
    for token in added:
        tokenizer.add_tokens([token])
    return tokenizer


def make_folder(rng, folder):
    """What transformers must be asked for: the files of one tokenizer."""
    folder.mkdir()
    special = rng.choice([SPECIAL, SPECIAL, OTHER_SPECIAL])
    vocab = random_vocab(rng, special)
    if rng.random() < 0.3:
        vocab.append(rng.choice(vocab[5:]))  # a duplicate
    added = [random_added(rng) for _ in range(rng.choice([0, 0, 1, 3]))]
    config = {}
    with_json = rng.random() < 0.5
    if with_json:
        vocab = list(dict.fromkeys(vocab))
        tokenizer_json(rng, vocab, special, added).save(str(folder / "tokenizer.json"))
    if not with_json or rng.random() < 0.3:
        (folder / "vocab.txt").write_text("".join(piece + "\n" for piece in vocab), encoding="utf-8", newline="\n")
    name = rng.choice(BERT_CLASSES + (JSON_CLASSES * 3 if with_json else []))
    if name:
        config["tokenizer_class"] = name
    config["do_lower_case"] = random_switch(rng)
    for key, values in (("strip_accents", [None, True, False]), ("tokenize_chinese_chars", [True, False]), ("never_split", [["cat"]]),
                        ("do_basic_tokenize", [False])):
        if rng.random() < 0.4:
            config[key] = rng.choice(values)
    if special is OTHER_SPECIAL or rng.random() < 0.3:
        config |= dict(zip(KEYS, special))
    if not with_json and added:
        add_to_files(rng, folder, vocab, added, config)
    elif rng.random() < 0.2:
        config[rng.choice(["additional_special_tokens", "extra_special_tokens"])] = [rng.choice(ADDED)]
    write_json(folder / "tokenizer_config.json", config)
    write_json(folder / "config.json", {"model_type": rng.choice(["bert", "bert", "mpnet"])})


def add_to_files(rng, folder, vocab, added, config):
    by_content = {token.content: token for token in added}
    ids, next_id = {}, len(set(vocab))
    for content in by_content:
        known = len(vocab) - 1 - vocab[::-1].index(content) if content in vocab else None
        ids[content] = next_id if known is None else known
        next_id += known is None
    kind = rng.choice(["decoder", "added", "map"])
    if kind == "decoder":
        config["added_tokens_decoder"] = {str(ids[c]): as_dict(t) for c, t in by_content.items()}
    elif kind == "added":
        write_json(folder / "added_tokens.json", ids)
    else:
        write_json(folder / "special_tokens_map.json", {"additional_special_tokens": list(by_content)})


def byte_offsets(text):
    offsets = [0]
    for c in text:
        offsets.append(offsets[-1] + len(c.encode()))
    return offsets


def expected_line(tokenizer, text):
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    at = byte_offsets(text)
    return " ".join(f"{i}:{at[b]}-{at[e]}" for i, (b, e) in zip(encoded.input_ids, encoded.offset_mapping))


def run_rpp(rpp_data, folder, form):
    command = [rpp_data, "tokenize", "--tokenizer", folder, "--input", folder.parent / "texts.txt", "--form", form]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8")


def same_tokens(tokenizer, expected, line, only_ids):
    return line == expected and only_ids == without_offsets(expected)


def without_offsets(line):
    return " ".join(token.split(":")[0] for token in line.split())


def compare(args, folder, texts, same):
    """The number of texts that differ, or the message that refuses the folder."""
    result = run_rpp(args.rpp_data, folder, "offsets")
    if result.returncode:
        message = result.stderr.strip().split("\n")[-1].replace(str(folder), "FOLDER")
        return message, 0
    tokenizer = AutoTokenizer.from_pretrained(folder)
    lines = result.stdout.split("\n")[:-1]
    ids = run_rpp(args.rpp_data, folder, "ids").stdout.split("\n")[:-1]
    num_different = 0
    for text, line, only_ids in zip(texts, lines, ids, strict=True):
        expected = expected_line(tokenizer, text)
        if same(tokenizer, expected, line, only_ids):
            continue
        num_different += 1
        if num_different <= SHOWN_DIFFERENCES:
            print(f"{folder.name}: {text[:200]!a}\n    expected {expected[:300]}\n    rpp      {line[:300]}\n    ids only {only_ids[:200]}")
    return None, num_different


def main(description, make_folder, make_texts, same=same_tokens):
    """make_folder(rng, folder) writes a tokenizer; make_texts(rng, count) gives the texts to compare; same(tokenizer, expected,
    line, ids) compares a line with transformers'."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rpp-data", required=True, type=Path, help="the program")
    parser.add_argument("--folders", type=int, default=100, help="tokenizers to make")
    parser.add_argument("--texts", type=int, default=300, help="random texts for each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a new folder in which the tokenizers are left")
    args = parser.parse_args()
    refused, num_texts, num_different = collections.Counter(), 0, 0
    with tempfile.TemporaryDirectory() as directory:
        if args.keep:
            args.keep.mkdir(parents=True)
        root = args.keep or Path(directory)
        for number in range(args.folders):
            rng = random.Random(args.seed * 1_000_003 + number)
            folder = root / f"tokenizer{number}"
            make_folder(rng, folder)
            texts = [t.replace("\n", " ") for t in make_texts(rng, args.texts)]
            (root / "texts.txt").write_text("".join(t + "\n" for t in texts), encoding="utf-8", newline="\n")
            message, different = compare(args, folder, texts, same)
            if message:
                refused[message] += 1
            else:
                num_texts += len(texts)
                num_different += different
    for message, count in refused.most_common():
        print(f"refused {count}: {message}")
    print(f"{args.folders - refused.total()} tokenizers, {num_texts:,} texts compared, {num_different:,} differ; "
          f"{refused.total()} tokenizers refused")
    return 1 if num_different else 0


if __name__ == "__main__":
    sys.exit(main(__doc__, make_folder, make_texts))
