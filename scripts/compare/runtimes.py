#!/usr/bin/env python3
"""Times BERT inference in PyTorch, ONNX Runtime, OpenVINO and rpp, in turn, and compares the outputs.

The same weights and the same token ids everywhere, no padding. A table for each model, a column for each load: the latency
of a call (the median of each round, and the median of these) and the speed-up of rpp-bench over the fastest other runtime of
the same arithmetic, fp32 or int8, with the minimum and maximum over the rounds. The last column is the largest difference of
the outputs from transformers in fp32. The others' int8 is that of a model without zeros: their time does not depend on them.

    scripts/compare/runtimes.py --model runs/demo/minilm runs/demo/rpp-movies
    scripts/compare/runtimes.py --random bert-base --ratio 0.8 0.9     speed needs no trained weights
    scripts/compare/runtimes.py --random bert-base --block 4           zeros in blocks, as prune.block leaves them
"""
import argparse
import copy
import json
import logging
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "nncf", "numpy", "onnxruntime", "openvino", "torch", "yaml", "safetensors", "transformers")

import nncf
import numpy
import onnxruntime
import openvino
import torch
import yaml
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.torch import save_file
from transformers import BertConfig, BertForSequenceClassification, BertModel
from transformers.utils import logging as transformers_logging

FP32 = ("transformers", "onnxruntime", "openvino")
INT8 = ("onnxruntime int8", "openvino int8")
# Our rows: those of rpp-bench infer without and with --int8, and the others that they are compared with.
OURS = {"here, dense": FP32, "here": FP32, "here, int8": INT8}


def write_random_model(name, ratio, block, folder):
    """Random weights for configs/model/NAME.yaml, with `ratio` of the encoder's matrices set to zero, in blocks of a row."""
    torch.manual_seed(1)
    config = yaml.safe_load(Path(f"configs/model/{name}.yaml").read_text(encoding="utf-8"))
    model = BertModel(BertConfig(**config))
    with torch.no_grad():
        for key, weight in model.encoder.named_parameters():
            if weight.dim() == 2:
                blocks = torch.rand(weight.shape[0], weight.shape[1] // block) >= ratio
                weight.mul_(blocks.repeat_interleave(block, dim=1))
    model.save_pretrained(folder)


class Outputs(torch.nn.Module):
    """A classifier's logits; for another model the encoder's outputs."""

    def __init__(self, directory):
        super().__init__()
        config = BertConfig.from_pretrained(directory)
        self.classifies = "BertForSequenceClassification" in (config.architectures or [])
        kind = BertForSequenceClassification if self.classifies else BertModel
        self.model = kind.from_pretrained(directory, dtype=torch.float32).eval()
        self.names = ["logits"] if self.classifies else ["last_hidden_state", "pooler_output"]

    def forward(self, input_ids, attention_mask, token_type_ids):
        output = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        return tuple(output[name] for name in self.names)

    def all_outputs(self, batch):
        """One value per token, if outputs are per token."""
        bert = self.model.bert if self.classifies else self.model
        hidden = bert(**batch)
        outputs = {"last_hidden_state": hidden.last_hidden_state.flatten(0, 1), "pooler_output": hidden.pooler_output}
        if self.classifies:
            outputs["logits"] = self.model(**batch).logits
        return outputs


def export_onnx(outputs, file):
    ids = torch.randint(0, outputs.model.config.vocab_size, (2, 16))
    sizes = {0: torch.export.Dim("texts", min=1, max=4096), 1: torch.export.Dim("length", min=2, max=512)}
    torch.onnx.export(outputs, (ids, torch.ones_like(ids), torch.zeros_like(ids)), file, dynamo=True, external_data=False,
                      input_names=["input_ids", "attention_mask", "token_type_ids"], output_names=outputs.names,
                      dynamic_shapes=(sizes, sizes, sizes), verbose=False)


def onnx_answers(file, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(None, {name: values.numpy() for name, values in batch.items()})


def quantised_openvino(file, vocab_size):
    """The model in int8, with NNCF's scheme for transformers: scales of activations from texts of random tokens."""
    torch.manual_seed(2)
    ids = [torch.randint(0, vocab_size, (1, 128)).numpy() for _ in range(32)]
    calibration = nncf.Dataset([{"input_ids": text, "attention_mask": numpy.ones_like(text),
                                 "token_type_ids": numpy.zeros_like(text)} for text in ids])
    return nncf.quantize(openvino.Core().read_model(file), calibration, model_type=nncf.ModelType.TRANSFORMER,
                         subset_size=len(ids))


def openvino_answers(model, threads):
    """model: a file or an OpenVINO model."""
    compiled = openvino.Core().compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    return lambda batch: list(request.infer({name: values.numpy() for name, values in batch.items()}).values())


def their_answers(outputs, folder, threads):
    """Name to a function from a batch to the outputs."""
    fp32, int8 = str(folder / "fp32.onnx"), str(folder / "int8.onnx")
    export_onnx(outputs, fp32)
    quantize_dynamic(fp32, int8, weight_type=QuantType.QInt8)
    bf16 = copy.deepcopy(outputs).bfloat16()
    return {
        "transformers": lambda batch: outputs(**batch),
        "transformers bf16": lambda batch: bf16(**batch),
        "onnxruntime": onnx_answers(fp32, threads),
        "onnxruntime int8": onnx_answers(int8, threads),
        "openvino": openvino_answers(fp32, threads),
        "openvino int8": openvino_answers(quantised_openvino(fp32, outputs.model.config.vocab_size), threads),
    }


def difference(answers, reference):
    return max(numpy.abs(torch.as_tensor(a).float().numpy() - b.numpy()).max() for a, b in zip(answers, reference))


def median_ms(answer, batch, seconds):
    times, started = [], time.perf_counter()
    while not times or time.perf_counter() - started < seconds:
        before = time.perf_counter()
        answer(batch)
        times.append(1e3 * (time.perf_counter() - before))
    return statistics.median(times)


def write_input(outputs, batch, file):
    """Texts and outputs as rpp-inspect forward writes them."""
    texts, length = batch["input_ids"].shape
    save_file({"input_ids": batch["input_ids"].flatten(), "token_type_ids": batch["token_type_ids"].flatten(),
               "cu_seqlens": torch.arange(texts + 1) * length,
               **{name: values.contiguous() for name, values in outputs.all_outputs(batch).items()}}, file)


def our_line(args, model, file, *options):
    command = [args.build / "rpp-bench", "infer", "--model", model, "--input", file, "--threads", str(args.threads),
               "--seconds", str(args.seconds), *options]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)


def compare_load(args, outputs, theirs, model, shape, folder):
    texts, length = shape
    ids = torch.randint(0, outputs.model.config.vocab_size, (texts, length))
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
    write_input(outputs, batch, folder / "input.safetensors")
    reference = outputs(**batch)
    differences = {name: difference(answer(batch), reference) for name, answer in theirs.items()}  # the first call of each
    rounds = []
    for _ in range(args.rounds):
        latency = {name: median_ms(answer, batch, args.seconds) for name, answer in theirs.items()}
        line = our_line(args, model, folder / "input.safetensors")
        int8 = our_line(args, model, folder / "input.safetensors", "--int8")
        rounds.append({**latency, "here, dense": line["dense_p50_ms"], "here": line["sparse_p50_ms"],
                       "here, int8": int8["sparse_p50_ms"]})
    for name, of_name in (("here", line), ("here, int8", int8)):
        differences[name] = max(of_name["difference"][output] for output in outputs.names)
    return rounds, differences, line


def ratio(rounds, name):
    ratios = [min(latency[other] for other in OURS[name]) / latency[name] for latency in rounds]
    return f"{statistics.median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f})"


def print_row(title, cells):
    print(f"{title:<28}" + "".join(f"{cell:>23}" for cell in cells), flush=True)


def print_table(loads, measured):
    """measured: for each load its rounds, differences and rpp-bench's line."""
    all_rounds = [rounds for rounds, _, _ in measured]
    print_row("ms of a call", [f"{texts} x {length}" for texts, length in loads] + ["difference"])
    for name in all_rounds[0][0]:
        largest = max((differences[name] for _, differences, _ in measured if name in differences), default=None)
        print_row(name, [f"{statistics.median(latency[name] for latency in rounds):.2f}" for rounds in all_rounds] +
                  ["" if largest is None else f"{largest:.1e}"])
    for name, others in OURS.items():
        arithmetic = "int8" if others == INT8 else "fp32"
        print_row(f"fastest {arithmetic} / {name}", [ratio(rounds, name) for rounds in all_rounds])
    print(flush=True)


@torch.inference_mode()
def compare(args, directory, title):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        model = folder / "model.rpp"
        subprocess.run([args.build / "rpp-export", directory, "--output", model], check=True, stdout=subprocess.DEVNULL)
        outputs = Outputs(directory)
        theirs = their_answers(outputs, folder, args.threads)
        measured = [compare_load(args, outputs, theirs, model, load, folder) for load in args.loads]
    line = measured[0][2]
    print(f"{title}: {line['sparse_matrices']} matrices without their zeros; threads: {args.threads}; outputs: "
          f"{', '.join(outputs.names)}; first answer here after {line['sparse_first_answer_ms']:.0f} ms")
    print_table(args.loads, measured)


def load(text):
    texts, _, length = text.partition("x")
    if not (texts.isdigit() and length.isdigit() and int(texts) > 0 and int(length) > 1):
        raise argparse.ArgumentTypeError(f"{text!r} is not TEXTSxTOKENS, such as 8x128")
    return int(texts), int(length)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", nargs="+", type=Path, default=[], help="Hugging Face directories")
    parser.add_argument("--random", nargs="+", default=[], help="names of configs/model/, with random weights")
    parser.add_argument("--ratio", nargs="+", type=float, default=[0.8], help="prune ratio, for --random")
    parser.add_argument("--block", type=int, default=1, help="neighbouring zeros of a row, for --random")
    parser.add_argument("--loads", nargs="+", type=load, default=[(1, 16), (1, 128), (8, 128)], help="TEXTSxTOKENS")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.5, help="duration of the calls for each runtime and round")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of rpp-bench and rpp-export")
    args = parser.parse_args()
    if not args.model and not args.random:
        parser.error("give --model or --random")
    missing = [name for name in args.random if not Path(f"configs/model/{name}.yaml").exists()]
    missing += [directory for directory in args.model if not (directory / "config.json").exists()]
    if missing:
        parser.error(f"there is no model {missing[0]}: --random takes names of configs/model/, --model directories")
    for program in ("rpp-bench", "rpp-export"):
        if not (args.build / program).exists():
            sys.exit(f"runtimes.py: error: {args.build / program} is missing: build it, or name its folder with --build")

    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)  # the ONNX exporter warns about unused features
    transformers_logging.disable_progress_bar()
    torch.set_num_threads(args.threads)
    for directory in args.model:
        compare(args, directory, str(directory))
    for name in args.random:
        for share in args.ratio:
            with tempfile.TemporaryDirectory() as folder:
                write_random_model(name, share, args.block, folder)
                blocks = f" in blocks of {args.block}" if args.block > 1 else ""
                compare(args, folder, f"{name}, random, {100 * share:g} % zeros{blocks}")


if __name__ == "__main__":
    main()
