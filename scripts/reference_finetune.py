#!/usr/bin/env python3
"""Fine-tunes a BERT directory with transformers: what rpp-finetune's scores are compared with.

The recipe is reference_recipe.py's. Writes the model and all_results.json with rpp-finetune's keys, and prints the
results as one line. scripts/setup.sh --compare installs what it needs.

    .venv-compare/bin/python scripts/reference_finetune.py --task mrpc --data-dir DIR --model DIR --output-dir DIR
"""
import argparse
import io
import math
import sys
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

import reference_recipe as recipe


@dataclass(frozen=True)
class TaskLayout:
    folder: str
    text_a: str | int  # a column's name in the header, or its number where there is none
    text_b: str | None
    label: str | int
    metrics: tuple


TASKS = {
    "cola": TaskLayout("CoLA", 3, None, 1, ("matthews", "accuracy")),
    "sst2": TaskLayout("SST-2", "sentence", None, "label", ("accuracy",)),
    "mrpc": TaskLayout("MRPC", "#1 String", "#2 String", "Quality", ("accuracy", "f1")),
}


def read_text(data_dir, task, split):
    for folder in (data_dir, data_dir / task.folder):
        if (folder / f"{split}.tsv").exists():
            return (folder / f"{split}.tsv").read_text(encoding="utf-8-sig")
        if (folder / f"{split}.tsv.zst").exists():
            import zstandard
            with open(folder / f"{split}.tsv.zst", "rb") as file:
                return io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8-sig").read()
    sys.exit(f"reference_finetune.py: error: no {split}.tsv or {split}.tsv.zst in {data_dir}")


def read_examples(data_dir, task, split):
    """(texts a, texts b or None, labels); quotes are plain characters."""
    rows = [line.split("\t") for line in read_text(data_dir, task, split).split("\n") if line]
    header = rows.pop(0) if isinstance(task.text_a, str) else None

    def column(name):
        index = name if header is None else header.index(name)
        return [row[index] for row in rows]

    second = None if task.text_b is None else column(task.text_b)
    return column(task.text_a), second, torch.tensor([int(label) for label in column(task.label)])


class Examples:
    def __init__(self, tokenizer, task, args, split, limit):
        first, second, labels = read_examples(args.data_dir, task, split)
        limit = limit or len(first)
        pairs = (first[:limit],) if second is None else (first[:limit], second[:limit])
        self.encoded = tokenizer(*pairs, truncation=True, max_length=args.max_seq_length)
        self.labels = labels[:limit]
        self.tokenizer = tokenizer

    def __len__(self):
        return len(self.labels)

    def parts(self, indices):
        rows = self.encoded["input_ids"]
        return [self.padded(part) for part in recipe.parts_by_length(indices, lambda i: len(rows[i]))]

    def padded(self, indices):
        rows = [{key: self.encoded[key][i] for key in ("input_ids", "token_type_ids", "attention_mask")}
                for i in indices]
        return dict(self.tokenizer.pad(rows, return_tensors="pt"), labels=self.labels[indices])


@torch.no_grad()
def predict(model, examples, args):
    model.eval()
    with recipe.autocast(args):
        parts = torch.arange(len(examples)).split(args.batch_size)
        return torch.cat([model(**examples.padded(indices)).logits.float() for indices in parts])


def f1(predicted, labels):
    found = int(((predicted == 1) & (labels == 1)).sum())
    return 2 * found / max(1, int((predicted == 1).sum()) + int((labels == 1).sum()))


def matthews(predicted, labels):
    counts = [int(((predicted == p) & (labels == y)).sum()) for p, y in ((1, 1), (0, 0), (1, 0), (0, 1))]
    tp, tn, fp, fn = counts
    scale = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return (tp * tn - fp * fn) / scale if scale else 0.0


METRICS = {"accuracy": lambda p, y: (p == y).float().mean().item(), "f1": f1, "matthews": matthews}


def evaluate(model, examples, task, args):
    logits = predict(model, examples, args)
    values = {name: METRICS[name](logits.argmax(1), examples.labels) for name in task.metrics}
    if "f1" in values:
        values["combined_score"] = sum(values.values()) / len(values)
    values["loss"] = torch.nn.functional.cross_entropy(logits, examples.labels).item()
    values["samples"] = len(examples)
    return {f"eval_{name}": value for name, value in values.items()}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    recipe.add_arguments(parser, epochs=3.0, batch_size=32, learning_rate=5e-5, max_seq_length=128)
    return parser.parse_args()


def main():
    args = parse_arguments()
    recipe.set_up(args)
    task = TASKS[args.task]
    tokenizer = BertTokenizerFast.from_pretrained(args.model)
    model = BertForSequenceClassification.from_pretrained(
        args.model, config=BertConfig.from_pretrained(args.model, num_labels=2), dtype=torch.float32)

    examples = Examples(tokenizer, task, args, "train", args.max_train_samples)
    results = recipe.train(model, examples, args, lambda model, batch: model(**batch).loss * len(batch["labels"]))
    results["train_samples"] = len(examples)
    results.update(evaluate(model, Examples(tokenizer, task, args, "dev", 0), task, args))
    recipe.write(model, tokenizer, results, args)


if __name__ == "__main__":
    main()
