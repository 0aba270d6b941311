#!/usr/bin/env python3
"""Fine-tunes a BERT directory on SQuAD 1.1 with transformers: the reference for rpp-finetune's scores.

The recipe of reference_recipe.py over the windows of transformers' run_qa.py, with its decoding: the best pair among the
n_best_size best starts and ends. The loss is that of transformers, but without padding in the softmax, which there
depends on a batch's longest window. Writes the model, predictions.json for `rpp-finetune eval-squad`, and
all_results.json with rpp-finetune's keys, and prints the results as one line. scripts/setup.sh --compare installs the
requirements.

    scripts/compare/reference_squad.py --train-files train-v1.1.json --dev-files dev-v1.1.json \\
        --model DIR --output-dir DIR
"""
import argparse
import json
import math
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "torch", "transformers")

import torch
from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast

import squad
import reference_recipe as recipe

EVAL_BATCH = 32  # windows


def read_questions(files, limit, seed):
    """`limit` random questions of all files together, each in its own paragraph."""
    questions = [pair for file in files for pair in squad.questions_of(squad.read_data(file))]
    paragraphs = [{"context": context, "qas": [question]} for context, question in recipe.sample_rows(questions, limit, seed)]
    return {"data": [{"title": "", "paragraphs": paragraphs}]}


class Windows:
    def __init__(self, tokenizer, data, args):
        self.rows = []  # ids, offsets of the context, start, end
        self.of_question = {}  # id: the indices of its windows in rows
        for key, windows in squad.reference_windows(tokenizer, data, args):
            self.of_question[key] = range(len(self.rows), len(self.rows) + len(windows))
            self.rows += windows

    def __len__(self):
        return len(self.rows)

    def context_begin(self, index):
        ids, offsets = self.rows[index][:2]
        return len(ids) - 1 - len(offsets)

    def parts(self, indices):
        return [self.padded(part) for part in recipe.parts_by_length(indices, lambda i: len(self.rows[i][0]))]

    def padded(self, indices):
        indices = indices.tolist()

        def pad(rows):
            return torch.nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)

        lengths = [len(self.rows[i][0]) for i in indices]
        begins = [self.context_begin(i) for i in indices]
        return {"input_ids": pad([self.rows[i][0] for i in indices]),
                "token_type_ids": pad([[0] * b + [1] * (n - b) for b, n in zip(begins, lengths)]),
                "attention_mask": pad([[1] * n for n in lengths]),
                "starts": torch.tensor([self.rows[i][2] for i in indices]),
                "ends": torch.tensor([self.rows[i][3] for i in indices])}


def span_logits(model, batch):
    out = model(**{key: batch[key] for key in ("input_ids", "token_type_ids", "attention_mask")})
    padding = batch["attention_mask"] == 0
    return [logits.float().masked_fill(padding, -math.inf) for logits in (out.start_logits, out.end_logits)]


def losses(starts, ends, batch):
    both = [torch.nn.functional.cross_entropy(logits, batch[key], reduction="sum")
            for logits, key in ((starts, "starts"), (ends, "ends"))]
    return sum(both) / 2


@torch.no_grad()
def predict(model, windows, args):
    """The logits of each window as lists, and the mean loss."""
    model.eval()
    logits, loss = [], 0.0
    for indices in torch.arange(len(windows)).split(EVAL_BATCH):
        batch = windows.padded(indices)
        with recipe.autocast(args):
            starts, ends = span_logits(model, batch)
        loss += losses(starts, ends, batch).item()
        logits += list(zip(starts, ends))
    return logits, loss / len(windows)


def best_answer(context, windows, indices, logits, args):
    best, answer = -math.inf, ""
    for index in indices:
        offsets, begin = windows.rows[index][1], windows.context_begin(index)
        starts, ends = logits[index]

        def places(row):
            kept = row.topk(min(args.n_best_size, len(row))).indices - begin
            return [place for place in kept.tolist() if 0 <= place < len(offsets)]

        for i in places(starts):
            for j in places(ends):
                score = (starts[begin + i] + ends[begin + j]).item()
                if i <= j < i + args.max_answer_length and score > best:
                    best, answer = score, context[offsets[i][0]:offsets[j][1]]
    return answer


def evaluate(model, tokenizer, args):
    data = read_questions(args.dev_files, args.max_eval_samples, 0)
    windows = Windows(tokenizer, data, args)
    logits, loss = predict(model, windows, args)
    predictions = {question["id"]: best_answer(context, windows, windows.of_question[question["id"]], logits, args)
                   for context, question in squad.questions_of(data)}
    metrics, _ = squad.official_metrics(data, predictions, {}, 0)
    metrics |= {"loss": loss, "samples": len(predictions)}
    return predictions, {f"eval_{name}": value for name, value in metrics.items()}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train-files", type=Path, nargs="+", required=True, help="SQuAD JSON, plain, .gz or .zst")
    parser.add_argument("--dev-files", type=Path, nargs="+", required=True)
    parser.add_argument("--doc-stride", type=int, default=128)
    parser.add_argument("--n-best-size", type=int, default=20)
    parser.add_argument("--max-answer-length", type=int, default=30)
    parser.add_argument("--max-eval-samples", type=int, default=0, help="random rows, the same ones as in rpp-finetune; 0: all")
    recipe.add_arguments(parser, epochs=2.0, batch_size=12, learning_rate=3e-5, max_seq_length=384)
    return parser.parse_args()


def main():
    args = parse_arguments()
    recipe.set_up(args)
    tokenizer = BertTokenizerFast.from_pretrained(args.model)
    model = BertForQuestionAnswering.from_pretrained(
        args.model, config=BertConfig.from_pretrained(args.model, num_labels=2), dtype=torch.float32)
    data = read_questions(args.train_files, args.max_train_samples, args.seed)
    results = recipe.train(model, Windows(tokenizer, data, args), args,
                           lambda model, batch: losses(*span_logits(model, batch), batch))
    results["train_samples"] = sum(1 for _ in squad.questions_of(data))
    predictions, metrics = evaluate(model, tokenizer, args)
    recipe.write(model, tokenizer, results | metrics, args)
    (args.output_dir / "predictions.json").write_text(json.dumps(predictions, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
