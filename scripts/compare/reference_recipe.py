"""Shared by reference_finetune.py and reference_squad.py: a plain PyTorch loop with rpp-finetune's recipe.

AdamW (decay not on biases and LayerNorm, bias correction), global norm clip, linear warmup then linear decay, dropout.
"""
import json
import math
import sys
import time
from pathlib import Path

import torch


WORD = (1 << 64) - 1
GOLDEN_GAMMA = 0x9e3779b97f4a7c15
ROW_STREAM = 0x726f7773


def mix64(x):
    """SplitMix64's finaliser, as src/core/rng.h."""
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 & WORD
    x = (x ^ x >> 27) * 0x94d049bb133111eb & WORD
    return x ^ x >> 31


def mix_key(seed, *words):
    key = mix64(seed + GOLDEN_GAMMA & WORD)
    for word in words:
        key = mix64(key ^ word + GOLDEN_GAMMA + (key << 6) & WORD)
    return key


def sample_rows(rows, limit, seed):
    """The rows that src/data/sample_rows.cpp selects, in order; all for limit 0."""
    if limit == 0 or limit >= len(rows):
        return rows
    kept = sorted(range(len(rows)), key=lambda row: (mix_key(seed, ROW_STREAM, row), row))[:limit]
    return [rows[row] for row in sorted(kept)]


def add_arguments(parser, epochs, batch_size, learning_rate, max_seq_length):
    """The arguments shared by these scripts; the parameters are their defaults."""
    parser.add_argument("--model", type=Path, required=True, help="Hugging Face directory")
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--epochs", type=float, default=epochs)
    parser.add_argument("--batch-size", type=int, default=batch_size)
    parser.add_argument("--learning-rate", type=float, default=learning_rate)
    parser.add_argument("--weight-decay", type=float, default=0.01)
    parser.add_argument("--epsilon", type=float, default=1e-6)
    parser.add_argument("--max-grad-norm", type=float, default=1.0)
    parser.add_argument("--warmup-ratio", type=float, default=0.1)
    parser.add_argument("--max-seq-length", type=int, default=max_seq_length)
    parser.add_argument("--max-train-samples", type=int, default=0, help="random rows, the same ones as in rpp-finetune; 0: all")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--bf16", action="store_true", help="use bf16 autocast")


def set_up(args):
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)


def autocast(args):
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bf16)


def parts_by_length(indices, length_of):
    """Four parts, sorted by length: the same gradient with less padding."""
    return torch.tensor(sorted(indices.tolist(), key=length_of)).chunk(4)


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


def train(model, examples, args, loss_sum):
    """`examples.parts(indices)` returns the batches of a step, `loss_sum(model, batch)` the sum over a batch's rows."""
    steps_per_epoch = math.ceil(len(examples) / args.batch_size)
    total_steps = math.ceil(steps_per_epoch * args.epochs)
    optimizer = torch.optim.AdamW(decay_groups(model, args.weight_decay), lr=args.learning_rate, eps=args.epsilon, fused=True)
    generator = torch.Generator().manual_seed(args.seed)
    total_loss, started = 0.0, time.time()
    model.train()
    for step in range(total_steps):
        if step % steps_per_epoch == 0:
            order = torch.randperm(len(examples), generator=generator)
        at = step % steps_per_epoch * args.batch_size
        indices = order[at:at + args.batch_size]
        for part in examples.parts(indices):
            with autocast(args):
                loss = loss_sum(model, part) / len(indices)
            loss.backward()
            total_loss += loss.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), args.max_grad_norm)
        for group in optimizer.param_groups:
            group["lr"] = args.learning_rate * schedule(step, total_steps, args.warmup_ratio)
        optimizer.step()
        optimizer.zero_grad()
        if (step + 1) % 20 == 0:
            left = (time.time() - started) / (step + 1) * (total_steps - step - 1)
            print(f"step {step + 1}/{total_steps}  loss {total_loss / (step + 1):.4f}  {left:.0f} s left", file=sys.stderr)
    return {"train_loss": total_loss / total_steps, "train_steps": total_steps}


def write(model, tokenizer, results, args):
    args.output_dir.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(args.output_dir)
    tokenizer.save_pretrained(args.output_dir)
    (args.output_dir / "all_results.json").write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results))
