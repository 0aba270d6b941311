#!/usr/bin/env python3
"""Times pre-training steps in transformers and in rpp-bench, in turn, and prints the ratio of their speeds.

The same work on both sides: BertForPreTraining from random weights, rows of given lengths, 15 % of the tokens
predicted, next sentence, dropout, gradient clip, AdamW. transformers has its best settings: bf16 autocast, fused
AdamW, scaled-dot-product attention. Only real tokens count, not transformers' padding.

    scripts/compare/speed.py --model configs/model/bert-tiny.yaml configs/model/minilm-l6.yaml
    scripts/compare/speed.py --text corpus.txt --tokenizer runs/demo/minilm     rows of natural length
"""
import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "torch", "yaml", "transformers")

import torch
import yaml
from transformers import BertConfig, BertForPreTraining, BertTokenizerFast


def natural_lengths(text, tokenizer, count, longest):
    """The lengths of the first non-blank lines, with [CLS] and [SEP]."""
    tokenizer = BertTokenizerFast.from_pretrained(tokenizer)
    with open(text, encoding="utf-8") as file:
        lines = [line for _, line in zip(range(50 * count), file) if line.strip()][:count]
    return [min(longest, len(tokenizer(line)["input_ids"])) for line in lines]


def padded_batch(lengths, vocab_size):
    longest = max(lengths)
    ids = torch.randint(0, vocab_size, (len(lengths), longest))
    labels = torch.full_like(ids, -100)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(lengths):
        mask[row, :length] = 1
        positions = torch.randperm(length)[:max(1, round(0.15 * length))]
        labels[row, positions] = torch.randint(0, vocab_size, (len(positions),))
    return {"input_ids": ids, "attention_mask": mask, "labels": labels,
            "next_sentence_label": torch.arange(len(lengths)) % 2}


class Theirs:
    def __init__(self, config_file, lengths):
        config = BertConfig(**yaml.safe_load(Path(config_file).read_text(encoding="utf-8")), attn_implementation="sdpa")
        self.model = BertForPreTraining(config).train()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=1e-4, fused=True)
        self.batch = padded_batch(lengths, config.vocab_size)

    def step(self):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = self.model(**self.batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def best_seconds(self, steps):
        times = []
        for _ in range(steps):
            started = time.perf_counter()
            self.step()
            times.append(time.perf_counter() - started)
        return min(times)


def our_tokens_per_second(args, model, lengths):
    command = [args.rpp_bench, "train", "--model", model, "--steps", str(args.steps), "--threads", str(args.threads),
               "--rows", *map(str, lengths)]
    line = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return json.loads(line)["tokens_per_second"]


def compare(args, model, lengths):
    theirs = Theirs(model, lengths)
    theirs.step()
    ours_per_second, theirs_per_second = [], []
    for _ in range(args.rounds):
        ours_per_second.append(our_tokens_per_second(args, model, lengths))
        theirs_per_second.append(sum(lengths) / theirs.best_seconds(args.steps))
    ratios = [a / b for a, b in zip(ours_per_second, theirs_per_second)]
    print(f"{Path(model).stem:<14} {len(lengths)} rows, {sum(lengths)} tokens   transformers "
          f"{statistics.median(theirs_per_second):8.0f} tokens/s   here {statistics.median(ours_per_second):8.0f}   "
          f"ratio {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", default=["configs/model/minilm-l6.yaml"], help="files of configs/model/")
    parser.add_argument("--sequences", type=int, default=16)
    parser.add_argument("--length", type=int, default=128, help="row length; with --text, the maximum")
    parser.add_argument("--text", type=Path, help="rows with the lengths of its lines instead of full ones")
    parser.add_argument("--tokenizer", type=Path, help="Hugging Face directory, for --text")
    parser.add_argument("--rounds", type=int, default=3, help="each round times both sides; the median counts")
    parser.add_argument("--steps", type=int, default=4, help="steps per round; the fastest counts")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rpp-bench", type=Path, default=Path("build/rpp-bench"))
    args = parser.parse_args()
    if args.text and not args.tokenizer:
        parser.error("--text needs --tokenizer")
    if not args.rpp_bench.exists():
        sys.exit(f"speed.py: error: {args.rpp_bench} is missing: build it, or name it with --rpp-bench")

    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    lengths = [args.length] * args.sequences
    if args.text:
        lengths = natural_lengths(args.text, args.tokenizer, args.sequences, args.length)
    for model in args.model:
        compare(args, model, lengths)


if __name__ == "__main__":
    main()
