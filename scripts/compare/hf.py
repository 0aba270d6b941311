#!/usr/bin/env python3
"""Compares `rpp-inspect forward` with transformers on the same model and texts.

Prints the largest absolute difference of every output; fails above --tolerance, when the token ids differ, or
when a classifier's predictions do. scripts/setup.sh --compare installs the requirements.

    scripts/compare/hf.py --model runs/demo/minilm --input runs/demo/text/valid.txt --limit 100
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "torch", "safetensors", "transformers")

import torch
from safetensors.torch import load_file
from transformers import BertConfig, BertForSequenceClassification, BertModel, BertTokenizerFast


def read_texts(path, limit):
    """The first non-blank lines; a pair is two texts separated by a tab."""
    lines = [line for line in path.read_text(encoding="utf-8-sig").split("\n") if line.strip()]
    return lines[:limit or len(lines)]


def run_ours(inspect, model, lines, max_length):
    with tempfile.TemporaryDirectory() as folder:
        texts, output = Path(folder) / "texts.tsv", Path(folder) / "out.safetensors"
        texts.write_text("\n".join(lines) + "\n", encoding="utf-8")
        subprocess.run([inspect, "forward", "--model", model, "--input", texts, "--output", output,
                        "--max-seq-length", str(max_length)], check=True)
        return load_file(output)


def has_classifier(model_dir):
    config = BertConfig.from_pretrained(model_dir)
    return "BertForSequenceClassification" in (config.architectures or [])


@torch.no_grad()
def run_theirs(model_dir, lines, max_length):
    """Runs text by text, without padding; output names are those of rpp-inspect."""
    tokenizer = BertTokenizerFast.from_pretrained(model_dir)
    kind = BertForSequenceClassification if has_classifier(model_dir) else BertModel
    model = kind.from_pretrained(model_dir, dtype=torch.float32).eval()
    bert = model.bert if kind is BertForSequenceClassification else model
    parts = {"input_ids": [], "last_hidden_state": [], "pooler_output": [], "logits": []}
    for line in lines:
        encoded = tokenizer(*line.split("\t"), truncation=True, max_length=max_length, return_tensors="pt")
        output = bert(**encoded)
        parts["input_ids"].append(encoded["input_ids"][0])
        parts["last_hidden_state"].append(output.last_hidden_state[0])
        parts["pooler_output"].append(output.pooler_output)
        if bert is not model:
            parts["logits"].append(model(**encoded).logits)
    return {name: torch.cat(values) for name, values in parts.items() if values}


def compare(ours, theirs, tolerance):
    """Whether all outputs agree."""
    if not torch.equal(ours["input_ids"].long(), theirs["input_ids"]):
        print("input_ids differ")
        return False
    print(f"input_ids equal: {len(theirs['input_ids'])} tokens")
    agrees = True
    for name in ("last_hidden_state", "pooler_output", "logits"):
        if name not in theirs:
            continue
        difference = (ours[name].float() - theirs[name]).abs().max().item()
        verdict = "ok" if difference <= tolerance else f"above {tolerance}"
        print(f"{name:<17} {list(theirs[name].shape)}  max abs difference {difference:.2e}  {verdict}")
        agrees = agrees and difference <= tolerance
    if "logits" in theirs:
        same = (ours["logits"].argmax(1) == theirs["logits"].argmax(1)).sum().item()
        print(f"predictions equal: {same} of {len(theirs['logits'])}")
        agrees = agrees and same == len(theirs["logits"])
    return agrees


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="Hugging Face directory")
    parser.add_argument("--input", type=Path, required=True, help="one text per line, or two separated by a tab")
    parser.add_argument("--limit", type=int, default=0, help="only the first lines; 0: all")
    parser.add_argument("--max-seq-length", type=int, default=512)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--rpp-inspect", type=Path, default=Path("build/rpp-inspect"))
    args = parser.parse_args()

    lines = read_texts(args.input, args.limit)
    ours = run_ours(args.rpp_inspect, args.model, lines, args.max_seq_length)
    theirs = run_theirs(args.model, lines, args.max_seq_length)
    print(f"{args.model}: {len(lines)} texts")
    sys.exit(0 if compare(ours, theirs, args.tolerance) else 1)


if __name__ == "__main__":
    main()
