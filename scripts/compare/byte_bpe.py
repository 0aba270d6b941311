#!/usr/bin/env python3
"""Compares `rpp-data tokenize` with transformers' AutoTokenizer on byte-level BPE tokenizers with random switches.

Makes tokenizer folders (vocab.json and merges.txt, or tokenizer.json; tokenizer_config.json, special_tokens_map.json,
added_tokens.json) with the tokenizers library and compares ids and offsets on hostile and random texts. A folder that rpp-data
refuses is counted by its message; there must be none that transformers reads and that has no reason here.

    scripts/compare/byte_bpe.py --rpp-data build/rpp-data --folders 100

Exits with 1 if any text differs.
"""
import json
import sys

import wordpiece
from wordpiece import ADDED, ALPHABET, WORDS, add_to_files, random_added, random_switch, write_json

from tokenizers import AddedToken, Tokenizer, pre_tokenizers, processors
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
KEYS = ["cls_token", "pad_token", "sep_token", "unk_token", "mask_token"]
ROBERTA_CLASSES = [None, "RobertaTokenizer", "RobertaTokenizerFast"]
JSON_CLASSES = ["PreTrainedTokenizerFast", "TokenizersBackend"]
BLANKS = [" ", "  ", "   ", "\t", " \t", "\t ", "\u00a0", "\u3000 ", " \u2003", "\r", "\u0085", "\u2028 ", "\u200b", "\x0b\x0c"]
ENDINGS = ["'s", "'S", "'t", "'re", "'ve", "'m", "'ll", "'d", "'l", "'r", "'", "''s", "\u2019s", " 's", "'\u017f"]
MORE = ["12", "\u0661\u0662", "\u00bd", "\u2167", "\u3007", "1a1", "\U0001d7ce", "<mask>", " <mask> ", "<s>", "</s>", "<pad>", "\u0120", "\u0120a", "\u00ad",
        "\u0378", "\U000e0001", "a\u0301", "\u0e33", "_a", "\U0001f468\u200d\U0001f469", "\ufffd", "\ufeff", "\U0010ffff", "\u1c89", "\ua7dc"]


def random_text(rng):
    parts = []
    for _ in range(rng.randint(1, 14)):
        kind = rng.random()
        if kind < 0.3:
            parts.append(rng.choice(WORDS + ADDED))
        elif kind < 0.55:
            parts.append("".join(rng.choices(ALPHABET, k=rng.randint(1, 6))))
        elif kind < 0.7:
            parts.append(rng.choice(ENDINGS))
        elif kind < 0.85:
            parts.append(rng.choice(MORE))
        else:
            parts.append("".join(chr(c) for c in (rng.randrange(0x20, 0x30000) for _ in range(3)) if not 0xD800 <= c < 0xE000))
        parts.append(rng.choice(["", "", " ", " ", rng.choice(BLANKS)]))
    return "".join(parts) + "."  # a line that ends in \r would lose it


def make_texts(rng, count):
    return wordpiece.hostile_texts() + ["".join(BLANKS), " ".join(ENDINGS), "\u3000", "a" * 64, "a" * 65, "ab" * 400, "\u00e9" * 90,
                                        " " * 70 + "x"] + [random_text(rng) for _ in range(count)]


def train(rng, special):
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=random_switch(rng))
    trainer = BpeTrainer(vocab_size=rng.choice([270, 400, 700]), special_tokens=special, show_progress=False, min_frequency=1,
                         initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    texts = [random_text(rng) for _ in range(150)] + ["aaaa aaaa ab abab  ab", "the cat's caf\u00e9"]
    tokenizer.train_from_iterator(texts, trainer=trainer)
    return tokenizer


def post_processor(rng, special, ids):
    cls, _, sep = special[:3]
    trim, prefix = random_switch(rng), random_switch(rng)
    roberta = processors.RobertaProcessing((sep, ids[sep]), (cls, ids[cls]), trim_offsets=trim, add_prefix_space=prefix)
    pairs = [f"{cls}:0 $A:0 {sep}:0 {sep}:0 $B:0 {sep}:0", f"{cls}:0 $A:0 {sep}:0 $B:1 {sep}:1"]
    template = processors.TemplateProcessing(single=f"{cls}:0 $A:0 {sep}:0", pair=rng.choice(pairs),
                                             special_tokens=[(cls, ids[cls]), (sep, ids[sep])])
    byte_level = processors.ByteLevel(trim_offsets=trim, add_prefix_space=prefix)
    return rng.choice([roberta, roberta, template, processors.Sequence([byte_level, template])])


def match_special_normalized(rng, file, special):
    """As in files that were converted from older ones."""
    parsed = json.loads(file.read_text(encoding="utf-8"))
    for token in parsed["added_tokens"]:
        if token["content"] in special:
            token["normalized"] = random_switch(rng)
    write_json(file, parsed)


def make_folder(rng, folder):
    folder.mkdir()
    special = rng.choice([SPECIAL, SPECIAL, ["[CLS]", "[PAD]", "[SEP]", "[UNK]", "[MASK]"]])
    tokenizer = train(rng, special)
    ids = tokenizer.get_vocab()
    added = [random_added(rng) for _ in range(rng.choice([0, 0, 1, 3]))]
    config = {}
    with_json = rng.random() < 0.6
    if with_json:
        model = tokenizer.model
        model.ignore_merges = rng.random() < 0.3
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=random_switch(rng))
        tokenizer.post_processor = post_processor(rng, special, ids)
        if rng.random() < 0.5:
            tokenizer.add_special_tokens([AddedToken("<mask>" if special is SPECIAL else "[MASK]", lstrip=True, special=True)])
        for token in added:
            tokenizer.add_tokens([token])
        tokenizer.save(str(folder / "tokenizer.json"))
        if rng.random() < 0.5:
            match_special_normalized(rng, folder / "tokenizer.json", special)
    if not with_json or rng.random() < 0.3:
        tokenizer.model.save(str(folder))
    name = rng.choice(ROBERTA_CLASSES + (JSON_CLASSES * 2 if with_json else []))
    if name:
        config["tokenizer_class"] = name
    for key in ("add_prefix_space", "trim_offsets"):
        if rng.random() < 0.6:
            config[key] = random_switch(rng)
    if special is not SPECIAL or name in JSON_CLASSES or rng.random() < 0.3:
        config |= dict(zip(KEYS, special)) | {"bos_token": special[0], "eos_token": special[2]}
    if not with_json and added:
        vocab = sorted(ids, key=ids.get)
        add_to_files(rng, folder, vocab, added, config)
    elif not with_json and special is SPECIAL and rng.random() < 0.5:
        mask = {"content": "<mask>", "single_word": False, "lstrip": True, "rstrip": False, "normalized": random_switch(rng)}
        write_json(folder / "special_tokens_map.json", {"mask_token": mask, "cls_token": "<s>"})
    write_json(folder / "tokenizer_config.json", config)
    write_json(folder / "config.json", {"model_type": "roberta"})


if __name__ == "__main__":
    sys.exit(wordpiece.main(__doc__, make_folder, make_texts))
