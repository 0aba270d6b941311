#!/usr/bin/env python3
"""Writes sentences with names of persons and places: small_names.py DIRECTORY [SENTENCES]

vocab.txt         syllables and a few words; a name has two or three pieces
text.txt          documents for rpp-data
and for both train and dev:
train.conll       a word and its tag per line. The same names are persons and places: the words around them decide
train.jsonl       the same as JSON lines
train.txt         the sentences as text
train-topics.tsv  a sentence and its topics, which may be none, separated by commas
"""
import json
import pathlib
import random
import sys

SYLLABLES = "ba be bo da de do ka ke ko la le lo ma me mo na ne no ra re ro sa se so ta te to va ve vo".split()
WORDS = "lives in the river near from of was seen with met a house by and visited old walks to garden there .".split()
TEMPLATES = ["P lives in L .", "P P met P in L .", "the river near L was seen by P .", "a house in L L and the garden of P",
             "P visited L with P P .", "the old house was seen there .", "P walks from L to L .", "P and P live in the garden"]


def name(rng):
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.randint(2, 3))).capitalize()


def sentence(rng):
    words, tags, previous = [], [], ""
    for part in rng.choice(TEMPLATES).split():
        kind = {"P": "PER", "L": "LOC"}.get(part)
        words.append(name(rng) if kind else part)
        tags.append("O" if kind is None else f"{'I' if part == previous else 'B'}-{kind}")
        previous = part
    return words, tags


def topics(tags):
    return ",".join(topic for topic, tag in (("people", "B-PER"), ("places", "B-LOC")) if tag in tags)


def main():
    directory, count = pathlib.Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 400
    rng = random.Random(7)
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    vocab = special + sorted(set(WORDS + ["live"])) + SYLLABLES + [f"##{syllable}" for syllable in SYLLABLES]
    files = {"vocab.txt": "\n".join(vocab) + "\n"}
    for split, size in (("train", count), ("dev", max(40, count // 5))):
        sentences = [sentence(rng) for _ in range(size)]
        files[f"{split}.conll"] = "".join(
            "".join(f"{word} {tag}\n" for word, tag in zip(*one)) + "\n" for one in sentences)
        files[f"{split}.jsonl"] = "".join(json.dumps({"tokens": words, "ner_tags": tags}) + "\n" for words, tags in sentences)
        files[f"{split}.txt"] = "".join(" ".join(words) + "\n" for words, _ in sentences)
        files[f"{split}-topics.tsv"] = "text\tlabel\n" + "".join(
            f"{' '.join(words)}\t{topics(tags)}\n" for words, tags in sentences)
    files["text.txt"] = "".join(" ".join(sentence(rng)[0]) + ("\n\n" if i % 4 == 3 else "\n") for i in range(120))
    for file, text in files.items():
        (directory / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
