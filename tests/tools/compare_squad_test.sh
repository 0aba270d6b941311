#!/usr/bin/env bash
# scripts/compare/squad.py rules: the official rules in Python, against eval-squad. Usage: compare_squad_test.sh
# PATH_OF_RPP_FINETUNE
source "$(dirname "$0")/expect.sh"
finetune=$1
compare=$(cd "$(dirname "$0")/../../scripts/compare" && pwd)/squad.py
cd "$dir" || exit 1
python3 - > data.json <<'PYTHON'
import json
context = "The Éva of Zürich met a well-known “friend” 24–10 times, an hour each."
words = context.split()
spans = [" ".join(words[i : i + 1 + i % 3]) for i in range(len(words))]
qas = [{"id": f"q{i}", "question": "Who?", "answers": [{"text": s, "answer_start": context.index(s)} for s in (spans[i % len(spans)], "The")]}
       for i in range(60)]
print(json.dumps({"data": [{"paragraphs": [{"context": context, "qas": qas}]}]}))
PYTHON
rules=(python3 "$compare" rules --data data.json --count 60)

expect 0 'SQuAD 1.1: 60 questions, 2 totals, 0 differences' "${rules[@]}" --rpp-finetune "$finetune"
expect 0 'SQuAD 2.0: 60 questions, 13 totals, 0 differences' "${rules[@]}" --rpp-finetune "$finetune"

# A program with other scores is detected.
printf '#!/bin/sh\n"%s" "$@" | sed "s/\\"f1\\": /&1/"\n' "$finetune" > other
chmod +x other
expect 1 'SQuAD 1.1 total f1: rpp ' "${rules[@]}" --rpp-finetune ./other
