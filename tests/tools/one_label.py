#!/usr/bin/env python3
"""Makes a classifier one with a single label: the first row of its classifier, and no names of labels. For tests of rankers.
  one_label.py MODEL_DIRECTORY"""
import json
import struct
import sys
from pathlib import Path

weights, config = Path(sys.argv[1]) / "model.safetensors", Path(sys.argv[1]) / "config.json"
data = weights.read_bytes()
size = struct.unpack("<Q", data[:8])[0]
header, body, kept = json.loads(data[8:8 + size]), data[8 + size:], b""
metadata = header.pop("__metadata__", {})
for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
    begin, end = entry["data_offsets"]
    if name.startswith("classifier."):
        entry["shape"][0], end = 1, begin + (end - begin) // 3
    entry["data_offsets"] = [len(kept), len(kept) + end - begin]
    kept += body[begin:end]
text = json.dumps({"__metadata__": metadata, **header}).encode()
weights.write_bytes(struct.pack("<Q", len(text)) + text + kept)
members = json.loads(config.read_text())
del members["id2label"], members["label2id"]
config.write_text(json.dumps(members))
