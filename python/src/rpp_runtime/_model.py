"""Model: a finished model in Python. Its methods are those of the C interface, with arrays and tuples as results."""
import ctypes
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, Optional, Union

import numpy as np

from ._library import (Answer as CAnswer, EmbedOptions, Entity as CEntity, Filling as CFilling, LoadOptions, RppError,
                       SessionOptions, as_texts, as_utf8, library, sized)

_AGGREGATIONS = ("simple", "none", "first", "average", "max")
_NORMALIZE = {None: 0, False: 1, True: 2}
_TEXTS_PER_REPORT = 256  # of show_progress


class Ranked(NamedTuple):
    index: int  # into the texts
    score: float


class Answer(NamedTuple):
    text: str
    start: int  # context[start:end] is the text
    end: int
    score: float


class Filling(NamedTuple):
    token: str
    score: float


class Entity(NamedTuple):
    text: str
    start: int  # text[start:end] of the whole text
    end: int
    label: str
    score: float


def _as_list(texts: Sequence[str]) -> list[str]:
    if isinstance(texts, str):
        raise TypeError("texts is one str: give a list of them")
    return list(texts)


def _slice(text: bytes, begin: int, end: int) -> tuple[str, int, int]:
    """The bytes as a str, and its range in code points."""
    start, part = len(text[:begin].decode()), text[begin:end].decode()
    return part, start, start + len(part)


class Model:
    """A file of rpp-export, or a Hugging Face model directory.

    num_threads: 0 means all that the process may use. max_tokens: per text; 0 means the model's own maximum. Longer texts are
    truncated, or with refuse_longer an RppError. mapped: uses the file in place, which must then not be overwritten. int8: computes
    the layers in int8.

    Any number of threads may use a model; each call that runs at the same time has memory of its own. A model also works in a
    forked process. `with Model(...) as model:` frees the memory at the end of the block.
    """

    def __init__(self, path: Union[str, os.PathLike], *, num_threads: int = 0, max_tokens: int = 0, refuse_longer: bool = False,
                 mapped: bool = False, int8: bool = False):
        self._prepare(num_threads, max_tokens, refuse_longer)
        options = sized(LoadOptions(mapped=mapped, int8=int8))
        library.rpp_load(os.fsencode(path), options, ctypes.byref(self._model))

    @classmethod
    def from_bytes(cls, data: bytes, *, num_threads: int = 0, max_tokens: int = 0, refuse_longer: bool = False,
                   int8: bool = False) -> "Model":
        """A model from the bytes of a file of rpp-export, which are copied."""
        model = cls.__new__(cls)
        model._prepare(num_threads, max_tokens, refuse_longer)
        options = sized(LoadOptions(int8=int8))
        library.rpp_load_memory(bytes(data), len(data), options, ctypes.byref(model._model))
        return model

    def _prepare(self, num_threads: int, max_tokens: int, refuse_longer: bool) -> None:
        self._model = ctypes.c_void_p()
        self._idle: dict[tuple, list[ctypes.c_void_p]] = {}  # sessions by their options; list.pop and append are atomic
        self._options = {"num_threads": num_threads, "max_tokens": max_tokens, "refuse_longer": refuse_longer}

    def close(self) -> None:
        """Frees the model; calls after that raise an RppError."""
        for sessions in self._idle.values():
            while sessions:
                library.rpp_close(sessions.pop())
        library.rpp_free(self._model)
        self._model = ctypes.c_void_p()

    def __enter__(self) -> "Model":
        return self

    def __exit__(self, *_exception) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_model", None):
            self.close()

    @contextmanager
    def _session(self, batch_tokens: int = 0, aggregation: str = "simple") -> Iterator[ctypes.c_void_p]:
        if aggregation not in _AGGREGATIONS:
            raise ValueError(f"aggregation is {aggregation!r}, it must be one of {', '.join(_AGGREGATIONS)}")
        if not self._model:
            raise RppError("the model is closed")
        idle = self._idle.setdefault((batch_tokens, aggregation), [])
        try:
            session = idle.pop()
        except IndexError:
            session = ctypes.c_void_p()
            options = sized(SessionOptions(max_tokens_per_pass=batch_tokens, aggregation=_AGGREGATIONS.index(aggregation),
                                           **self._options))
            library.rpp_open(self._model, options, ctypes.byref(session))
        try:
            yield session
        finally:
            idle.append(session) if self._model else library.rpp_close(session)

    @property
    def labels(self) -> list[str]:
        """The labels of a classifier of texts; empty for other models."""
        return [library.rpp_label(self._model, i).decode() for i in range(library.rpp_num_labels(self._model))]

    @property
    def embedding_size(self) -> int:
        return library.rpp_embedding_size(self._model)

    @property
    def max_tokens(self) -> int:
        """Of a text, with [CLS] and [SEP]."""
        return self._options["max_tokens"] or library.rpp_max_tokens(self._model)

    def tokenize(self, text: str, pair: Optional[str] = None) -> list[int]:
        """The ids of a text or a pair, with [CLS] and [SEP], without truncation; len() of them counts its tokens."""
        encoded, second = as_utf8(text, "text"), None if pair is None else as_utf8(pair, "pair")
        ids = np.empty(len(encoded) + len(second or b"") + 4, np.int32)
        count = ctypes.c_size_t()
        while True:
            library.rpp_tokenize(self._model, encoded, second, ids.ctypes.data, len(ids), ctypes.byref(count))
            if count.value <= len(ids):
                return ids[:count.value].tolist()
            ids = np.empty(count.value, np.int32)

    def embed(self, texts: Sequence[str], *, batch_tokens: int = 0, normalize: Optional[bool] = None, prompt: Optional[str] = None,
              dimensions: Optional[int] = None, show_progress: bool = False) -> np.ndarray:
        """float32 [texts, dimensions], as the model's sentence-transformers files say.

        batch_tokens: at a time, which bounds the memory and does not change the result. normalize: to length 1; None: as the files
        say. prompt: its name; None: the files' default. dimensions: only the first ones, for Matryoshka models.
        """
        texts = _as_list(texts)
        if dimensions is not None and dimensions < 1:
            raise ValueError(f"dimensions is {dimensions}, it must be at least 1")
        options = sized(EmbedOptions(prompt=None if prompt is None else as_utf8(prompt, "prompt"), dimensions=dimensions or 0,
                                     normalize=_NORMALIZE[normalize]))
        embeddings = np.empty((len(texts), dimensions or self.embedding_size), np.float32)
        step = _TEXTS_PER_REPORT if show_progress else max(len(texts), 1)
        with self._session(batch_tokens) as session:
            for first in range(0, max(len(texts), 1), step):  # no text: the options are checked
                part = as_texts(texts[first:first + step])
                library.rpp_embed(session, part, len(part), options, embeddings[first:].ctypes.data)
                if show_progress:
                    print(f"\r{first + len(part)} of {len(texts)} texts", end="", file=sys.stderr, flush=True)
        if show_progress:
            print(file=sys.stderr)
        return embeddings

    def encode(self, sentences: Union[str, Sequence[str]], prompt_name: Optional[str] = None, prompt: Optional[str] = None,
               batch_size: int = 32, show_progress_bar: Optional[bool] = None, *, convert_to_numpy: bool = True,
               normalize_embeddings: bool = False, truncate_dim: Optional[int] = None) -> Union[np.ndarray, list[np.ndarray]]:
        """embed() with the parameters of SentenceTransformer.encode: one str gives an array [size], a list [sentences, size].

        batch_size has no effect: batches are measured in tokens. Without convert_to_numpy a list gives a list of arrays.
        """
        if prompt is not None:
            raise ValueError("prompt is not supported: give prompt_name")
        single = isinstance(sentences, str)
        embeddings = self.embed([sentences] if single else sentences, normalize=normalize_embeddings or None, prompt=prompt_name,
                                dimensions=truncate_dim, show_progress=bool(show_progress_bar))
        if single:
            return embeddings[0]
        return embeddings if convert_to_numpy else list(embeddings)

    def scores(self, texts: Sequence[str], pairs: Optional[Sequence[Optional[str]]] = None) -> np.ndarray:
        """float32 [texts, labels], in the order of `labels`; for a regression or a cross-encoder [texts, 1]."""
        texts = _as_list(texts)
        pairs = None if pairs is None else _as_list(pairs)
        if pairs is not None and len(pairs) != len(texts):
            raise ValueError(f"{len(texts)} texts and {len(pairs)} second texts")
        scores = np.empty((len(texts), library.rpp_num_labels(self._model)), np.float32)
        second = None if pairs is None else as_texts(pairs, "the second text of")
        with self._session() as session:
            library.rpp_score(session, as_texts(texts), second, len(texts), scores.ctypes.data)
        return scores

    def classify(self, texts: Sequence[str], pairs: Optional[Sequence[str]] = None) -> list[tuple[str, float]]:
        """The best label of each text, or pair, and its score."""
        scores, labels = self.scores(texts, pairs), self.labels
        return [(labels[best], float(row[best])) for row, best in zip(scores, scores.argmax(axis=1))] if len(scores) else []

    def rank(self, query: str, texts: Sequence[str], top: Optional[int] = None) -> list[Ranked]:
        """The texts for a query, best first, by a cross-encoder; equal ones stay in order."""
        texts = _as_list(texts)
        scores, order = np.empty(len(texts), np.float32), np.empty(len(texts), np.uintp)
        with self._session() as session:
            library.rpp_rank(session, as_utf8(query, "query"), as_texts(texts), len(texts), scores.ctypes.data, order.ctypes.data)
        return [Ranked(int(i), float(scores[i])) for i in order[:top]]

    def ask(self, question: str, context: str) -> Optional[Answer]:
        """The answer in the context, by a model for questions; None if it has none."""
        answer, encoded = CAnswer(), as_utf8(context, "context")
        with self._session() as session:
            library.rpp_ask(session, as_utf8(question, "question"), encoded, ctypes.byref(answer))
        if answer.begin == answer.end:
            return None
        return Answer(*_slice(encoded, answer.begin, answer.end), answer.probability)

    def fill(self, text: str, count: int = 5) -> list[Filling]:
        """The most likely tokens for the one [MASK] in the text, best first, by a masked language model."""
        fillings = (CFilling * count)()
        with self._session() as session:
            library.rpp_fill(session, as_utf8(text, "text"), count, fillings)
            return [Filling(filling.token.decode(), filling.probability) for filling in fillings]

    def tag(self, text: str, aggregation: str = "simple") -> list[Entity]:
        """The entities of a text, by a classifier of tokens; aggregation: as aggregation_strategy of transformers."""
        entities, count, encoded = ctypes.POINTER(CEntity)(), ctypes.c_size_t(), as_utf8(text, "text")
        with self._session(aggregation=aggregation) as session:
            library.rpp_tag(session, encoded, ctypes.byref(entities), ctypes.byref(count))
            found = entities[:count.value]
            return [Entity(*_slice(encoded, one.begin, one.end), one.label.decode(), one.score) for one in found]
