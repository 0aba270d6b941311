#!/usr/bin/env python3
"""Converts a model directory's pytorch_model.bin, whole or in shards, to the model.safetensors that rpp reads.

    scripts/convert_bin.py models/bert-tiny

Every tensor keeps its name, type and values. The .bin files stay, and nothing in them is executed. Needs torch:
scripts/setup.sh --compare.
"""

import argparse
import ctypes
import json
import os
import pathlib
import pickle
import sys
import tempfile

import environment

environment.need("compare", "torch")

import torch

TYPES = {torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
         torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL"}


class ConvertError(Exception):
    pass


def shards_of(index):
    """The files that pytorch_model.bin.index.json names."""
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ConvertError(f"{index} has no weight_map with the file of each tensor: download it again") from error
    for name in names:
        if not isinstance(name, str) or pathlib.Path(name).name != name:
            raise ConvertError(f"{index} names {name!r}, which is not a file beside it")
    return [index.parent / name for name in names]


def bin_files(model_dir):
    whole, index = model_dir / "pytorch_model.bin", model_dir / "pytorch_model.bin.index.json"
    if whole.exists():
        return [whole]
    if index.exists():
        return shards_of(index)
    raise ConvertError(f"{whole} is missing: there is nothing to convert")


def load(file):
    """Name to tensor."""
    with open(file, "rb") as opened:
        if opened.read(23) == b"version https://git-lfs":
            raise ConvertError(f"{file} is a Git LFS pointer, not the file itself: run git lfs pull or download it again")
    try:
        tensors = torch.load(file, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ConvertError(f"{file} is damaged or holds more than weights: {str(error).splitlines()[0]}") from error
    if not isinstance(tensors, dict):
        raise ConvertError(f"{file} holds a {type(tensors).__name__}, not the tensors of a model by name")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise ConvertError(f"{file}: {name!r} is a {type(tensor).__name__}, not a tensor: save the model's state_dict")
        if tensor.layout != torch.strided or tensor.dtype not in TYPES:
            raise ConvertError(f"{file}: tensor {name} is {tensor.dtype}, {tensor.layout}: it has no place in safetensors")
    return tensors


def load_all(files):
    tensors = {}
    for file in files:
        for name, tensor in load(file).items():
            if name in tensors:
                raise ConvertError(f"{file} holds the tensor {name}, which another file of the model holds too")
            tensors[name] = tensor
    return dict(sorted(tensors.items(), key=lambda item: -item[1].element_size()))  # all are aligned in this order


def header_of(tensors):
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        begin, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {"dtype": TYPES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    return text + b" " * (-len(text) % 8)


def bytes_of(tensor):
    tensor = tensor.detach().contiguous()
    return ctypes.string_at(tensor.data_ptr(), tensor.numel() * tensor.element_size()) if tensor.numel() else b""


def save(tensors, path):
    """Complete or not at all. Names that share memory are written one by one."""
    header = header_of(tensors)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        temporary = pathlib.Path(folder) / path.name
        with open(temporary, "wb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            for tensor in tensors.values():
                file.write(bytes_of(tensor))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=pathlib.Path, metavar="MODEL_DIR", help="directory with config.json and pytorch_model.bin")
    model_dir = parser.parse_args().model
    output = model_dir / "model.safetensors"
    try:
        if output.exists():
            raise ConvertError(f"{output} exists already: there is nothing to do")
        tensors = load_all(bin_files(model_dir))
        save(tensors, output)
    except (ConvertError, OSError) as error:
        sys.exit(f"{parser.prog}: error: {error}")
    print(f"{output}: {len(tensors)} tensors, {output.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
