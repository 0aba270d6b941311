#!/usr/bin/env python3
"""Compares rpp's SQuAD with the official rules and with transformers. Prints every difference; exits with 1 if there
is one. scripts/setup.sh --compare installs what `features` needs; `rules` needs only Python, and zstandard for .zst.

    scripts/compare/squad.py rules --data dev-v1.1.json.zst
    scripts/compare/squad.py features --data dev-v1.1.json.zst --model runs/demo/minilm

rules     1,000 perturbed predictions of SQuAD 1.1 and of a 2.0 made of it (a third of the questions loses its answers),
          scored by the rules as written below and by `rpp-finetune eval-squad`.
features  windows, ids, offsets and labels of the whole set, of `rpp-data squad-features` and of transformers' fast
          tokenizer cut as in its run_qa.py; the time of both on one core.
"""
import argparse
import collections
import gzip
import json
import random
import re
import string
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

SHOWN = 20
TOLERANCE = 1e-9
UNICODE_EDITS = (lambda t: f"\u201c{t}\u201d", lambda t: t.replace(" ", "\u00a0"), lambda t: t.replace("-", "\u2013"),
                 lambda t: f"\u2003{t}\u3000", lambda t: t + "\u200b", lambda t: t.replace("a", "\u00e1"),
                 lambda t: f"\u0130 {t}", lambda t: t.replace("a", "a\u0301"), lambda t: f"{t} \u03a3\u0391\u03a3")
EDITS = (lambda t: t, str.upper, str.title, lambda t: f"the {t}", lambda t: f"a {t}, an", lambda t: t + ".",
         lambda t: re.sub(r"\W", "", t), lambda t: f" {t.replace(' ', '  ')}\t", lambda t: " ".join(t.split()[:-1]),
         lambda t: f"{t} of {t}", lambda t: "", lambda t: "the", lambda t: "!?", lambda t: f"({t})'s") + UNICODE_EDITS


def read_data(path):
    raw = Path(path).read_bytes()
    if path.suffix == ".zst":
        environment.need("compare", "zstandard")
        import zstandard
        raw = zstandard.ZstdDecompressor().decompressobj().decompress(raw)
    elif path.suffix == ".gz":
        raw = gzip.decompress(raw)
    return json.loads(raw)


def questions_of(data):
    for article in data["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                yield paragraph["context"], question


# The rules of evaluate-v1.1.py and evaluate-v2.0.py.

def normalize(text):
    kept = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", kept).split())


def word_f1(prediction, gold, nothing_matches):
    a, b = normalize(prediction).split(), normalize(gold).split()
    if nothing_matches and not (a and b):
        return float(a == b)
    same = sum((collections.Counter(a) & collections.Counter(b)).values())
    return 2 * same / (len(a) + len(b)) if same else 0.0


def score(question, prediction, second):
    golds = [a["text"] for a in question["answers"]]
    if second:
        golds = [g for g in golds if normalize(g)] or [""]
    exact = max(float(normalize(g) == normalize(prediction)) for g in golds)
    return exact, max(word_f1(prediction, g, second) for g in golds)


def mean(values):
    return 100 * sum(values) / len(values)


def best_threshold(scores, predictions, odds, has_answer):
    current = best = sum(not h for h in has_answer.values())
    threshold = 0.0
    for key in sorted(odds, key=odds.get):
        current += scores[key] if has_answer[key] else -1 if predictions[key] else 0
        if current > best:
            best, threshold = current, odds[key]
    return 100 * best / len(scores), threshold


def official_metrics(data, predictions, odds, threshold):
    """Metrics, and the two scores of each question before the threshold is applied."""
    questions = {q["id"]: q for _, q in questions_of(data)}
    second = any("is_impossible" in q for q in questions.values())
    scores = {key: score(q, predictions[key], second) for key, q in questions.items()}
    if not second:
        exact, f1 = zip(*scores.values())
        return {"exact_match": mean(exact), "f1": mean(f1)}, scores
    has_answer = {key: bool(q["answers"]) for key, q in questions.items()}
    final = dict(scores)
    for key in odds:
        if odds[key] > threshold:
            final[key] = (float(not has_answer[key]),) * 2
    metrics = {}
    for prefix, wanted in (("", (True, False)), ("HasAns_", (True,)), ("NoAns_", (False,))):
        kept = [final[key] for key in questions if has_answer[key] in wanted]
        if kept:
            metrics |= {prefix + "exact": mean([s[0] for s in kept]), prefix + "f1": mean([s[1] for s in kept]),
                        prefix + "total": len(kept)}
    for i, name in enumerate(("exact", "f1")):
        if odds:
            single = {key: s[i] for key, s in scores.items()}
            best, where = best_threshold(single, predictions, odds, has_answer)
            metrics |= {f"best_{name}": best, f"best_{name}_thresh": where}
    return metrics, scores


def perturb(rng, context, question):
    text = rng.choice(question["answers"])["text"] if question["answers"] else rng.choice(context.split())
    for _ in range(rng.randint(1, 2)):
        text = rng.choice(EDITS)(text)
    return text


def sample(data, rng, count, second):
    """`count` questions with perturbed answers; in a 2.0 set every third has none."""
    kept = rng.sample(list(questions_of(data)), count)
    paragraphs, predictions, odds = [], {}, {}
    for i, (context, question) in enumerate(kept):
        question = {"id": question["id"], "question": question["question"], "answers": question["answers"]}
        if second:
            question["is_impossible"] = i % 3 == 0
            question["answers"] = [] if i % 3 == 0 else question["answers"]
        paragraphs.append({"context": context, "qas": [question]})
        predictions[question["id"]] = perturb(rng, context, question)
        odds[question["id"]] = round(rng.gauss(2 if i % 3 == 0 else -2, 3), 1)  # rounded, so that there are ties
    return {"data": [{"title": "sample", "paragraphs": paragraphs}]}, predictions, odds if second else {}


def rpp_metrics(program, data, predictions, odds, threshold):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        names = {"data.json": data, "predictions.json": predictions, "odds.json": odds}
        for name, value in names.items():
            (folder / name).write_text(json.dumps(value), encoding="utf-8")
        command = [program.resolve(), "eval-squad", folder / "data.json", folder / "predictions.json",
                   "--scores", folder / "scores"]
        if odds:
            command += ["--null-odds", folder / "odds.json", "--null-threshold", str(threshold)]
        printed = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
        rows = [line.split("\t") for line in (folder / "scores").read_text(encoding="utf-8").splitlines()[1:]]
        return json.loads(printed), {key: (float(exact), float(f1)) for key, exact, f1 in rows}


def differences(ours, theirs, what):
    found = []
    for key in ours.keys() | theirs.keys():
        a, b = ours.get(key), theirs.get(key)
        pairs = zip(a, b) if isinstance(a, tuple) and isinstance(b, tuple) else [(a, b)]
        if any(x is None or y is None or abs(x - y) > TOLERANCE for x, y in pairs):
            found.append(f"{what} {key}: rpp {a}, the rules {b}")
    return found


def compare_rules(args):
    data, rng, found = read_data(args.data), random.Random(args.seed), []
    for second in (False, True):
        chosen, predictions, odds = sample(data, rng, args.count, second)
        theirs, their_scores = official_metrics(chosen, predictions, odds, args.threshold)
        ours, our_scores = rpp_metrics(args.rpp_finetune, chosen, predictions, odds, args.threshold)
        name = "SQuAD 2.0" if second else "SQuAD 1.1"
        new = differences(our_scores, their_scores, f"{name} question") + differences(ours, theirs, f"{name} total")
        print(f"{name}: {args.count} questions, {len(theirs)} totals, {len(new)} differences")
        print("  " + "  ".join(f"{key} {value:.4f}" for key, value in sorted(theirs.items())))
        found += new
    return found


# Windows as in transformers' run_qa.py.

def reference_windows(tokenizer, data, args):
    """For each question a list of windows: ids, offsets of the context in code points, start and end."""
    for context, question in questions_of(data):
        encoded = tokenizer(question["question"].lstrip(), context, truncation="only_second",
                            max_length=args.max_seq_length, stride=args.doc_stride, return_overflowing_tokens=True,
                            return_offsets_mapping=True)
        windows = []
        for i, ids in enumerate(encoded["input_ids"]):
            sequence, offsets = encoded.sequence_ids(i), encoded["offset_mapping"][i]
            context_tokens = [k for k, s in enumerate(sequence) if s == 1]
            windows.append([ids, [list(offsets[k]) for k in context_tokens],
                            *reference_label(question, offsets, context_tokens)])
        yield question["id"], windows


def reference_label(question, offsets, tokens):
    if not question["answers"] or not tokens:
        return 0, 0
    begin = question["answers"][0]["answer_start"]
    end = begin + len(question["answers"][0]["text"])
    if offsets[tokens[0]][0] > begin or offsets[tokens[-1]][1] < end:
        return 0, 0
    return (max(k for k in tokens if offsets[k][0] <= begin), min(k for k in tokens if offsets[k][1] >= end))


def compare_features(args):
    environment.need("compare", "transformers")
    from transformers import BertTokenizerFast
    tokenizer = BertTokenizerFast.from_pretrained(args.model)
    data = read_data(args.data)
    began = time.process_time()
    theirs = dict(reference_windows(tokenizer, data, args))
    seconds = time.process_time() - began
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "features.jsonl"
        subprocess.run([args.rpp_data.resolve(), "squad-features", args.data, "--tokenizer", args.model,
                        "--output", output, "--threads", "1", "--max-seq-length", str(args.max_seq_length),
                        "--doc-stride", str(args.doc_stride), "--max-query-length", str(args.max_query_length)], check=True)
        lines = output.read_text(encoding="utf-8").splitlines()
    ours = {row["id"]: row["windows"] for row in map(json.loads, lines)}
    windows = sum(map(len, theirs.values()))
    found = []
    for key in theirs:
        for i, name in enumerate(("ids", "offsets", "start", "end")):
            a, b = [w[i] for w in ours.get(key, [])], [w[i] for w in theirs[key]]
            if a != b:
                found.append(f"question {key} {name}: rpp {a}, transformers {b}")
    print(f"{len(theirs)} questions, {windows} windows: {len(found)} differences")
    print(f"transformers: {seconds:.2f} s of processor time; what rpp took is in its line above")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("rules", "features"))
    parser.add_argument("--data", type=Path, required=True, help="SQuAD JSON, plain, .gz or .zst")
    parser.add_argument("--count", type=int, default=1000, help="rules: predictions of each version")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threshold", type=float, default=0.5, help="rules: threshold of the null odds")
    parser.add_argument("--model", help="features: a directory with the tokenizer")
    parser.add_argument("--max-seq-length", type=int, default=384)
    parser.add_argument("--doc-stride", type=int, default=128)
    parser.add_argument("--max-query-length", type=int, default=64)
    parser.add_argument("--rpp-finetune", type=Path, default=Path("build/rpp-finetune"))
    parser.add_argument("--rpp-data", type=Path, default=Path("build/rpp-data"))
    args = parser.parse_args()
    found = compare_rules(args) if args.part == "rules" else compare_features(args)
    print("\n".join(line[:500] for line in found[:SHOWN]))
    if len(found) > SHOWN:
        print(f"... and {len(found) - SHOWN} more")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
