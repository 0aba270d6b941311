"""Reads model.safetensors with numpy: 8 bytes of header length, JSON, raw data."""
import json

import numpy

BIT_TYPES = {"F64": numpy.uint64, "F32": numpy.uint32, "F16": numpy.uint16, "BF16": numpy.uint16}
FLOAT_TYPES = {"F64": numpy.float64, "F32": numpy.float32, "F16": numpy.float16}


class SafetensorsFile:
    """Raises OSError or ValueError for a path that is no such file, KeyError for an unknown tensor."""

    def __init__(self, path):
        self.data = numpy.memmap(path, dtype=numpy.uint8, mode="r")
        self.data_start = 8 + int.from_bytes(self.data[:8].tobytes(), "little")
        self.header = json.loads(self.data[8:self.data_start].tobytes())
        # Models for pre-training and tasks have this prefix, plain encoders do not.
        self.prefix = "bert." if any(name.startswith("bert.") for name in self.header) else ""

    def bits(self, name):
        """The entries of an encoder's tensor as unsigned integers of their width."""
        entry = self.header[self.prefix + name]
        begin, end = (self.data_start + offset for offset in entry["data_offsets"])
        return numpy.frombuffer(self.data[begin:end].tobytes(), dtype=BIT_TYPES[entry["dtype"]]).reshape(entry["shape"])

    def floats(self, name):
        """As fp32."""
        dtype, bits = self.header[self.prefix + name]["dtype"], self.bits(name)
        if dtype == "BF16":
            return (bits.astype(numpy.uint32) << 16).view(numpy.float32)
        return bits.view(FLOAT_TYPES[dtype]).astype(numpy.float32)
