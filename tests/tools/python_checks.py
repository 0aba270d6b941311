"""Checks of the installed package rpp_runtime that need no other program: shapes, types, errors, threads, forks. Runs in a folder
with the models of python_test.sh."""
import os
import threading
from pathlib import Path

import numpy as np

import rpp_runtime
from rpp_runtime import Model, RppError


def refused(kind, message, action):
    try:
        action()
    except kind as error:
        assert str(error) == message, f"{error!s} is not {message}"
        return
    raise AssertionError(f"not refused: {message}")


def check_encode(model):
    """The shapes of SentenceTransformer.encode, so that a program changes one line."""
    one, many = model.encode("w1 w2"), model.encode(["w1 w2", "w3"])
    assert one.shape == (32,) and many.shape == (2, 32) and one.dtype == many.dtype == np.float32
    assert np.array_equal(one, many[0]) and np.array_equal(many, model.embed(["w1 w2", "w3"]))
    assert model.encode([]).shape == (0, 32) and model.embed([], dimensions=4).shape == (0, 4)
    assert [vector.shape for vector in model.encode(["w1", "w2"], convert_to_numpy=False)] == [(32,), (32,)]
    as_query = model.encode(["w1"], "query", batch_size=8, normalize_embeddings=True, truncate_dim=8)
    assert np.array_equal(as_query, model.embed(["w1"], prompt="query", dimensions=8, normalize=True))
    assert abs(np.linalg.norm(as_query) - 1) < 1e-6 and np.linalg.norm(model.embed(["w1"], dimensions=8)) < 0.99
    progress = model.embed(["w1", "w2"] * 300, show_progress=True)
    assert np.array_equal(progress, model.embed(["w1", "w2"] * 300))


def check_threads(model):
    texts = [f"w{i} w{i + 1}" for i in range(50)]
    expected, found = model.embed(texts), [None] * 4

    def embed(place):
        found[place] = model.embed(texts)

    threads = [threading.Thread(target=embed, args=(place,)) for place in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(one, expected) for one in found)


def check_fork(model):
    expected, child = model.embed(["w1 w2"]), os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(model.embed(["w1 w2"]), expected) else 1)
    assert os.waitpid(child, 0)[1] == 0


def check_classifier():
    with Model("classifier.rpp") as model, Model.from_bytes(Path("classifier.rpp").read_bytes()) as in_memory:
        scores = model.scores(["w1", "w2 w3"])
        assert scores.shape == (2, 3) and np.allclose(scores.sum(axis=1), 1, atol=1e-6)
        assert np.array_equal(in_memory.scores(["w1", "w2 w3"]), scores)
        assert model.classify(["w1"]) == [(model.labels[scores[0].argmax()], float(scores[0].max()))]
        assert model.classify([]) == [] and len(model.labels) == 3 and model.max_tokens == 24
        assert model.tokenize("w1 w2") == [2, 6, 7, 3] and model.tokenize("w1", "w2") == [2, 6, 3, 7, 3]
        assert len(model.tokenize("w1 " * 500)) == 502
        refused(ValueError, "2 texts and 1 second texts", lambda: model.scores(["w1", "w2"], ["w3"]))
        refused(RppError, "classifier.rpp does not rank texts: take a cross-encoder, which has one label; this model has 3",
                lambda: model.rank("w1", ["w2"]))
        refused(RppError, "classifier.rpp is not a masked language model", lambda: model.fill("w1 [MASK]"))
        refused(RppError, "classifier.rpp is not a token classifier", lambda: model.tag("w1"))
        refused(RppError, "classifier.rpp has no head for answers (qa_outputs)", lambda: model.ask("w1", "w2"))
    refused(RppError, "the model is closed", lambda: model.embed(["w1"]))


def check_ranker():
    with Model("ranker") as model:
        texts = ["w2", "w1 w1", "w0", "w2"]
        ranked = model.rank("w0 w1", texts)
        scores = model.scores(["w0 w1"] * 4, texts)[:, 0]
        assert [one.score for one in ranked] == sorted(scores.tolist(), reverse=True)
        assert all(scores[one.index] == one.score for one in ranked) and sorted(one.index for one in ranked) == [0, 1, 2, 3]
        assert [one.index for one in ranked if texts[one.index] == "w2"] == [0, 3]
        assert model.rank("w0 w1", texts, top=1) == ranked[:1] and model.rank("w0", []) == []


def check_errors():
    refused(RppError, "cannot open absent.rpp: No such file or directory", lambda: Model("absent.rpp"))
    refused(RppError, "the model in memory is not a safetensors file: 2 bytes hold no header", lambda: Model.from_bytes(b"{}"))
    with Model("classifier.rpp", max_tokens=8, refuse_longer=True) as model:
        refused(RppError, "text 1 has 12 tokens, 8 are read: shorten it, or allow truncation",
                lambda: model.embed(["w1", "w2 " * 10]))
        refused(RppError, "classifier.rpp has no prompt 'query'; its prompts: none", lambda: model.embed(["w1"], prompt="query"))
        refused(RppError, "dimensions is 33, the model's embeddings have 32", lambda: model.embed(["w1"], dimensions=33))
        refused(RppError, "max_tokens_per_pass is -1, it may not be negative", lambda: model.embed([], batch_tokens=-1))
        refused(ValueError, "prompt is not supported: give prompt_name", lambda: model.encode("w1", prompt="query: "))
        refused(ValueError, "dimensions is 0, it must be at least 1", lambda: model.embed([], dimensions=0))
        refused(TypeError, "texts is one str: give a list of them", lambda: model.embed("w1"))
        refused(TypeError, "text 1 is a int, it must be a str", lambda: model.embed(["w1", 2]))
        refused(ValueError, "text 0 contains the character U+0000: remove it", lambda: model.embed(["w1\0"]))
        refused(ValueError, "aggregation is 'all', it must be one of simple, none, first, average, max",
                lambda: model.tag("w1", aggregation="all"))
        assert model.max_tokens == 8 and model.embed(["w1"]).shape == (1, 32)
    refused(RppError, "num_threads is 1025, it must be 0 to 1024", lambda: Model("classifier", num_threads=1025).embed(["w1"]))


def main():
    assert rpp_runtime.__version__ == "1.0.0", rpp_runtime.__version__
    with Model("encoder") as model:
        assert model.embedding_size == 32
        check_encode(model)
        check_threads(model)
        check_fork(model)
    check_classifier()
    check_ranker()
    check_errors()
    print("all checks passed")


if __name__ == "__main__":
    main()
