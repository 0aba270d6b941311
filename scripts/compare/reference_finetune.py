#!/usr/bin/env python3
"""Fine-tunes a BERT directory with transformers: the reference for rpp-finetune's scores.

The recipe is reference_recipe.py's. Writes the model and all_results.json with rpp-finetune's keys, and prints the
results as one line. scripts/setup.sh --compare installs the requirements.

    scripts/compare/reference_finetune.py --task mrpc --data-dir DIR --model DIR --output-dir DIR
"""
import argparse
import io
import math
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "torch", "transformers")

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

import reference_recipe as recipe


@dataclass(frozen=True)
class TaskLayout:
    folder: str
    text_a: str | int  # a column's header name, or its number if there is no header
    text_b: str | None
    label: str | int
    metrics: tuple
    labels: tuple = ("0", "1")  # empty: the label is a number to predict
    dev: str = "dev"


TASKS = {
    "cola": TaskLayout("CoLA", 3, None, 1, ("matthews", "accuracy")),
    "sst2": TaskLayout("SST-2", "sentence", None, "label", ("accuracy",)),
    "mrpc": TaskLayout("MRPC", "#1 String", "#2 String", "Quality", ("accuracy", "f1")),
    "stsb": TaskLayout("STS-B", "sentence1", "sentence2", "score", ("pearson", "spearman"), ()),
    "qqp": TaskLayout("QQP", "question1", "question2", "is_duplicate", ("accuracy", "f1")),
    "mnli": TaskLayout("MNLI", "sentence1", "sentence2", "gold_label", ("accuracy",),
                       ("entailment", "neutral", "contradiction"), "dev_matched"),
    "qnli": TaskLayout("QNLI", "question", "sentence", "label", ("accuracy",), ("entailment", "not_entailment")),
    "rte": TaskLayout("RTE", "sentence1", "sentence2", "label", ("accuracy",), ("entailment", "not_entailment")),
    "wnli": TaskLayout("WNLI", "sentence1", "sentence2", "label", ("accuracy",)),
}


def read_file(path):
    if path.suffix != ".zst":
        return path.read_text(encoding="utf-8-sig")
    import zstandard
    with open(path, "rb") as file:
        return io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(file), encoding="utf-8-sig").read()


def read_text(given, data_dir, task, split):
    names = [folder / f"{split}.tsv{end}" for folder in (data_dir, data_dir / task.folder) for end in ("", ".zst")]
    path = given or next((name for name in names if name.exists()), None)
    if path is None:
        sys.exit(f"reference_finetune.py: error: no {split}.tsv or {split}.tsv.zst in {data_dir}")
    return read_file(path)


def label_tensor(task, words):
    if not task.labels:
        return torch.tensor([float(word) for word in words])
    return torch.tensor([task.labels.index(word) for word in words])


def read_examples(text, task):
    """(texts a, texts b or None, labels); quotes are plain characters."""
    rows = [line.rstrip("\r").split("\t") for line in text.split("\n") if line]
    header = rows.pop(0) if isinstance(task.text_a, str) else None

    def column(name):
        index = name if header is None else header.index(name)
        return [row[index] for row in rows]

    second = None if task.text_b is None else column(task.text_b)
    return column(task.text_a), second, label_tensor(task, column(task.label))


class Examples:
    def __init__(self, tokenizer, task, args, text, limit):
        first, second, labels = read_examples(text, task)
        rows = recipe.sample_rows(range(len(first)), limit, args.seed)
        pairs = [[column[row] for row in rows] for column in (first, second) if column is not None]
        self.encoded = tokenizer(*pairs, truncation=True, max_length=args.max_seq_length)
        self.labels = labels[list(rows)]
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


def pearson(predicted, labels):
    return torch.corrcoef(torch.stack([predicted.double(), labels.double()]))[0, 1].item()


def ranks(values):
    """Ranks from 1, averaged over equal values."""
    _, places, counts = torch.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    return (last - (counts - 1) / 2)[places]


METRICS = {"accuracy": lambda p, y: (p == y).float().mean().item(), "f1": f1, "matthews": matthews,
           "pearson": pearson, "spearman": lambda p, y: pearson(ranks(p), ranks(y))}


def evaluate(model, examples, task, args):
    logits = predict(model, examples, args)
    predicted = logits.argmax(1) if task.labels else logits.squeeze(1)
    values = {name: METRICS[name](predicted, examples.labels) for name in task.metrics}
    if "f1" in values or "pearson" in values:
        values["combined_score"] = sum(values.values()) / len(values)
    loss = torch.nn.functional.cross_entropy if task.labels else torch.nn.functional.mse_loss
    values["loss"] = loss(logits if task.labels else predicted, examples.labels).item()
    values["samples"] = len(examples)
    return {f"eval_{name}": value for name, value in values.items()}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--task", choices=TASKS, required=True)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--train-file", type=Path, help="replaces the file in --data-dir")
    parser.add_argument("--dev-file", type=Path)
    recipe.add_arguments(parser, epochs=3.0, batch_size=32, learning_rate=5e-5, max_seq_length=128)
    return parser.parse_args()


def main():
    args = parse_arguments()
    recipe.set_up(args)
    task = TASKS[args.task]
    tokenizer = BertTokenizerFast.from_pretrained(args.model)
    model = BertForSequenceClassification.from_pretrained(
        args.model, config=BertConfig.from_pretrained(args.model, num_labels=max(1, len(task.labels))), dtype=torch.float32)

    text = read_text(args.train_file, args.data_dir, task, "train")
    examples = Examples(tokenizer, task, args, text, args.max_train_samples)
    results = recipe.train(model, examples, args, lambda model, batch: model(**batch).loss * len(batch["labels"]))
    results["train_samples"] = len(examples)
    text = read_text(args.dev_file, args.data_dir, task, task.dev)
    results.update(evaluate(model, Examples(tokenizer, task, args, text, 0), task, args))
    recipe.write(model, tokenizer, results, args)


if __name__ == "__main__":
    main()
