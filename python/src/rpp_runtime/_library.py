"""librpp.so by ctypes: the structs and functions of include/rpp/rpp.h, and its errors as exceptions."""
import ctypes
import os
from ctypes import POINTER, c_char_p, c_double, c_float, c_int, c_int32, c_size_t, c_void_p
from pathlib import Path

LIBRARY = "librpp.so.1"


class RppError(Exception):
    """What the library refuses; the message says what is wrong and what to do."""


class LoadOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("mapped", c_int32), ("int8", c_int32)]


class SessionOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("num_threads", c_int32), ("max_tokens", c_int32), ("refuse_longer", c_int32),
                ("aggregation", c_int32), ("max_tokens_per_pass", c_int32), ("reserved", c_int32)]


class EmbedOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("prompt", c_char_p), ("dimensions", c_int32), ("normalize", c_int32)]


class Answer(ctypes.Structure):
    _fields_ = [("begin", c_size_t), ("end", c_size_t), ("probability", c_double)]


class Filling(ctypes.Structure):
    _fields_ = [("token", c_char_p), ("probability", c_double)]


class Entity(ctypes.Structure):
    _fields_ = [("begin", c_size_t), ("end", c_size_t), ("label", c_char_p), ("score", c_double)]


_TEXTS = POINTER(c_char_p)
_STATUS_FUNCTIONS = {
    "rpp_load": [c_char_p, POINTER(LoadOptions), POINTER(c_void_p)],
    "rpp_load_memory": [c_void_p, c_size_t, POINTER(LoadOptions), POINTER(c_void_p)],
    "rpp_tokenize": [c_void_p, c_char_p, c_char_p, c_void_p, c_size_t, POINTER(c_size_t)],
    "rpp_open": [c_void_p, POINTER(SessionOptions), POINTER(c_void_p)],
    "rpp_score": [c_void_p, _TEXTS, _TEXTS, c_size_t, c_void_p],
    "rpp_rank": [c_void_p, c_char_p, _TEXTS, c_size_t, c_void_p, c_void_p],
    "rpp_embed": [c_void_p, _TEXTS, c_size_t, POINTER(EmbedOptions), c_void_p],
    "rpp_ask": [c_void_p, c_char_p, c_char_p, POINTER(Answer)],
    "rpp_fill": [c_void_p, c_char_p, c_size_t, POINTER(Filling)],
    "rpp_tag": [c_void_p, c_char_p, POINTER(POINTER(Entity)), POINTER(c_size_t)],
}
_OTHER_FUNCTIONS = {
    "rpp_version": (c_char_p, []),
    "rpp_last_error": (c_char_p, []),
    "rpp_free": (None, [c_void_p]),
    "rpp_close": (None, [c_void_p]),
    "rpp_num_labels": (c_int32, [c_void_p]),
    "rpp_label": (c_char_p, [c_void_p, c_int32]),
    "rpp_hidden_size": (c_int32, [c_void_p]),
    "rpp_embedding_size": (c_int32, [c_void_p]),
    "rpp_max_tokens": (c_int32, [c_void_p]),
}


def _check(status, function, _arguments):
    if status != 0:
        raise RppError(library.rpp_last_error().decode("utf-8", "replace") or f"{function.__name__} failed")
    return status


def _open_library() -> ctypes.CDLL:
    bundled = Path(__file__).with_name(LIBRARY)
    chosen = os.environ.get("RPP_LIBRARY") or (str(bundled) if bundled.exists() else LIBRARY)
    try:
        opened = ctypes.CDLL(chosen)
    except OSError as error:
        raise ImportError(f"{error}: install the wheel, or set RPP_LIBRARY to the path of {LIBRARY}") from error
    for name, arguments in _STATUS_FUNCTIONS.items():
        function = getattr(opened, name)
        function.restype, function.argtypes, function.errcheck = c_int, arguments, _check
    for name, (result, arguments) in _OTHER_FUNCTIONS.items():
        function = getattr(opened, name)
        function.restype, function.argtypes = result, arguments
    return opened


library = _open_library()  # ctypes releases the GIL during a call


def sized(options: ctypes.Structure) -> ctypes.Structure:
    """Sets the size that each options struct starts with."""
    options.size = ctypes.sizeof(options)
    return options


def as_utf8(text: str, name: str) -> bytes:
    """A text for the library; it ends at a zero byte, so a text with one is refused."""
    if not isinstance(text, str):
        raise TypeError(f"{name} is a {type(text).__name__}, it must be a str")
    encoded = text.encode()
    if b"\0" in encoded:
        raise ValueError(f"{name} contains the character U+0000: remove it")
    return encoded


def as_texts(texts, name: str = "text") -> ctypes.Array:
    """A char*[] of the texts, which keeps them alive."""
    return (c_char_p * len(texts))(*[as_utf8(text, f"{name} {i}") for i, text in enumerate(texts)])
