#!/usr/bin/env python3
"""Fine-tunes a BERT directory with transformers: what rpp-finetune's scores are compared with.

A plain PyTorch loop with the same recipe: AdamW (decay not on biases and LayerNorm, bias correction), global
norm clip, linear warm-up then linear decay, dropout. Writes the model and all_results.json with rpp-finetune's
keys, and prints the results as one line. scripts/setup.sh --compare installs what it needs.

    .venv-compare/bin/python scripts/reference_finetune.py --task mrpc --data-dir DIR --model DIR --output-dir DIR
"""
import argparse
import io
import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast


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
        """In parts of a quarter, sorted by length: the same gradient with less padding."""
        by_length = sorted(indices.tolist(), key=lambda i: len(self.encoded["input_ids"][i]))
        return [self.padded(part) for part in torch.tensor(by_length).chunk(4)]

    def padded(self, indices):
        rows = [{key: self.encoded[key][i] for key in ("input_ids", "token_type_ids", "attention_mask")}
                for i in indices]
        return dict(self.tokenizer.pad(rows, return_tensors="pt"), labels=self.labels[indices])


def decay_groups(model, weight_decay):
    plain = [p for name, p in model.named_parameters() if name.endswith("bias") or "LayerNorm" in name]
    plain_ids = {id(p) for p in plain}
    decayed = [p for p in model.parameters() if id(p) not in plain_ids]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]


def schedule(step, total_steps, warmup_ratio):
    warmup = round(warmup_ratio * total_steps)
    if step < warmup:
        return (step + 1) / warmup
    return 1 - (step - warmup) / max(1, total_steps - warmup)


def train(model, examples, args):
    steps_per_epoch = math.ceil(len(examples) / args.batch_size)
    total_steps = math.ceil(steps_per_epoch * args.epochs)
    optimizer = torch.optim.AdamW(decay_groups(model, args.weight_decay), lr=args.learning_rate, eps=args.epsilon, fused=True)
    generator = torch.Generator().manual_seed(args.seed)
    loss_sum, started = 0.0, time.time()
    model.train()
    for step in range(total_steps):
        if step % steps_per_epoch == 0:
            order = torch.randperm(len(examples), generator=generator)
        at = step % steps_per_epoch * args.batch_size
        indices = order[at:at + args.batch_size]
        for part in examples.parts(indices):
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
                loss = model(**part).loss * (len(part["labels"]) / len(indices))
            loss.backward()
            loss_sum += loss.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), args.max_grad_norm)
        for group in optimizer.param_groups:
            group["lr"] = args.learning_rate * schedule(step, total_steps, args.warmup_ratio)
        optimizer.step()
        optimizer.zero_grad()
        if (step + 1) % 20 == 0:
            left = (time.time() - started) / (step + 1) * (total_steps - step - 1)
            print(f"step {step + 1}/{total_steps}  loss {loss_sum / (step + 1):.4f}  {left:.0f} s left", file=sys.stderr)
    return {"train_loss": loss_sum / total_steps, "train_samples": len(examples), "train_steps": total_steps}


@torch.no_grad()
def predict(model, examples, args):
    model.eval()
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16):
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
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--epochs", type=float, default=3.0)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=5e-5)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--epsilon", type=float, default=1e-6)
    parser.add_argument("--max-grad-norm", type=float, default=1.0)
    parser.add_argument("--warmup-ratio", type=float, default=0.1)
    parser.add_argument("--max-seq-length", type=int, default=128)
    parser.add_argument("--max-train-samples", type=int, default=0, help="the first so many; 0: all")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--bf16", action="store_true", help="autocast")
    return parser.parse_args()


def main():
    args = parse_arguments()
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    task = TASKS[args.task]
    tokenizer = BertTokenizerFast.from_pretrained(args.model)
    model = BertForSequenceClassification.from_pretrained(
        args.model, config=BertConfig.from_pretrained(args.model, num_labels=2), dtype=torch.float32)

    results = train(model, Examples(tokenizer, task, args, "train", args.max_train_samples), args)
    results.update(evaluate(model, Examples(tokenizer, task, args, "dev", 0), task, args))
    args.output_dir.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(args.output_dir)
    tokenizer.save_pretrained(args.output_dir)
    (args.output_dir / "all_results.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results))


if __name__ == "__main__":
    main()
