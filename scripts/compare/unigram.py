#!/usr/bin/env python3
"""Compares `rpp-data tokenize` with transformers' AutoTokenizer on unigram tokenizers of XLM-R, CamemBERT and ALBERT.

Trains models on random texts, writes them as sentencepiece.bpe.model or spiece.model with tokenizer_config.json, or as the
tokenizer.json that transformers saves, and compares the ids of hostile and random texts. Where two segmentations have the same
score, either is right. Left out are marks, of which the tokenizers library drops those behind a character that the model's
normaliser replaces, and the offsets, which it counts in another way.

    scripts/compare/unigram.py --rpp-data build/rpp-data --folders 40

Exits with 1 if any text differs.
"""
import json
import re
import sys
import unicodedata

import byte_bpe
import wordpiece
from segmentations import are_equally_good
from wordpiece import random_switch, write_json

import sentencepiece
import transformers

XLM_ROBERTA, CAMEMBERT, ALBERT = "XLMRobertaTokenizer", "CamembertTokenizer", "AlbertTokenizer"
QUOTES = ["``", "''", "```", "'''", "`'", "``a''"]
COMPATIBLE = ["\ufb01", "\u2460", "\u24b6", "\uff21", "\U0001d400", "\u00bd", "\u3392", "\uff76\uff9e", "\u00a8", "\u1e9b\u0323", "\u0130", "\u03a3",
              "\u0903a", "\u0e33", "\u00ba", "\u2122", "\ufdfa", "\u1fc1", "\u01c4", "\uac00"]
EXTENDERS = "\u0e33\u0eb3\u200c\u200d\uff9e\uff9f\u1161"


def without_marks(text):
    """Without marks and what else extends the character before it; see above."""
    return "".join(c for c in text if not unicodedata.category(c).startswith("M") and c not in EXTENDERS)


def random_text(rng):
    parts = [byte_bpe.random_text(rng)]
    for _ in range(rng.randint(0, 4)):
        parts.append(rng.choice(QUOTES + COMPATIBLE) + rng.choice(["", " "]))
    rng.shuffle(parts)
    return without_marks("".join(parts)) + "."


def make_texts(rng, count):
    texts = wordpiece.hostile_texts() + QUOTES + COMPATIBLE + [random_text(rng) for _ in range(count)]
    return [without_marks(text) for text in texts]


def train(rng, folder, name, **special):
    file = folder / "train.txt"
    texts = [re.sub("<[a-z/]+>|\\[[A-Z]+\\]|[^\0-\u052f]", "", random_text(rng)) for _ in range(400)]
    file.write_text("\n".join(texts), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(file), model_prefix=str(folder / "model"), vocab_size=rng.choice([1000, 2000]), hard_vocab_limit=False,
        minloglevel=2, normalization_rule_name=rng.choice(["nmt_nfkc", "nmt_nfkc_cf"]), **special)
    (folder / "model.model").rename(folder / name)
    for left in (file, folder / "model.vocab"):
        left.unlink()


def same_ids(tokenizer, expected, line, only_ids):
    expected = wordpiece.without_offsets(expected)
    if only_ids != wordpiece.without_offsets(line):
        return False
    if only_ids == expected:
        return True
    return are_equally_good(tokenizer, *([int(i) for i in ids.split()] for ids in (expected, only_ids)))


def make_albert(rng, folder):
    train(rng, folder, "spiece.model", pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, pad_piece="<pad>", unk_piece="<unk>",
          control_symbols="[CLS],[SEP],[MASK]")
    config = {"tokenizer_class": ALBERT}
    for key in ("do_lower_case", "keep_accents"):
        if rng.random() < 0.6:
            config[key] = random_switch(rng)
    return config


def make_xlm_roberta(rng, folder):
    train(rng, folder, "sentencepiece.bpe.model")
    return {"tokenizer_class": rng.choice([XLM_ROBERTA, CAMEMBERT])}


def use_json(rng, folder, config):
    """Saves the tokenizer as tokenizer.json, for its class or as a tokenizer of no class."""
    saved = getattr(transformers, config["tokenizer_class"]).from_pretrained(folder)
    saved.save_pretrained(folder)
    if rng.random() < 0.5:
        stated = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
        write_json(folder / "tokenizer_config.json", stated | {"tokenizer_class": "PreTrainedTokenizerFast"})
    if rng.random() < 0.5:
        for file in folder.glob("*.model"):
            file.unlink()


def make_folder(rng, folder):
    folder.mkdir()
    config = rng.choice([make_albert, make_xlm_roberta])(rng, folder)
    write_json(folder / "tokenizer_config.json", config)
    if rng.random() < 0.5:
        use_json(rng, folder, config)
    write_json(folder / "config.json", {"model_type": "camembert" if config["tokenizer_class"] == CAMEMBERT else "xlm-roberta"})


if __name__ == "__main__":
    sys.exit(wordpiece.main(__doc__, make_folder, make_texts, same=same_ids))
