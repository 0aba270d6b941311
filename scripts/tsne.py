#!/usr/bin/env python3
"""How much of a dense model's geometry is left in pruned ones: neighbours in numbers, t-SNE as a picture.

    scripts/tsne.py runs/demo/minilm runs/minilm-embed-80 --texts texts.txt [--output tsne.png]

The first model is the reference. Compared are the vectors of the texts (rpp-predict --embed) and, for models with the same
vocabulary, the word embeddings. For each model:

    overlap          share of the reference's nearest neighbours (by cosine) that are nearest neighbours here too
    trustworthiness  1 if no neighbour here is far away in the reference (Venna and Kaski 2001)
    CKA              linear centred kernel alignment (Kornblith et al. 2019): 1 for equal vectors, up to rotation and scale

The picture starts t-SNE of every model from the reference's layout and has the colours of eight clusters of the
reference: what stays together was kept. Two layouts that look alike may still differ in their neighbours, so read the numbers.
Needs scikit-learn and matplotlib: scripts/setup.sh --plots.
"""
import argparse
from pathlib import Path
import subprocess
import sys
import tempfile

import environment

environment.need("plots", "numpy", "sklearn", "matplotlib")

import numpy

from safetensors_file import SafetensorsFile

WORD_EMBEDDINGS = "embeddings.word_embeddings.weight"
CLUSTERS = 8


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL", help="model directories, the reference first")
    parser.add_argument("--texts", type=Path, help="one text per line; without it only word embeddings are compared")
    parser.add_argument("--output", type=Path, help="picture to write, such as tsne.png")
    parser.add_argument("--limit", type=int, default=2000, help="texts, and words, at most (default: 2000)")
    parser.add_argument("--neighbours", type=int, default=10, help="nearest neighbours of each vector (default: 10)")
    parser.add_argument("--seed", type=int, default=1, help="of the layout and the clusters (default: 1)")
    parser.add_argument("--programs", type=Path, default=environment.ROOT / "build", help="folder of rpp-predict")
    arguments = parser.parse_args()
    if len(arguments.models) < 2:
        parser.error("name two models or more: the dense one first")
    if not 0 < arguments.neighbours < arguments.limit / 2:
        parser.error("--neighbours must be at least 1 and less than half of --limit")
    return parser, arguments


def normalised(vectors):
    """Of length 1, so that the nearest by distance are the nearest by cosine."""
    return vectors / numpy.maximum(numpy.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def words_of(model):
    """Whole words of three letters or more, in the order of the vocabulary (of BERT's: the most frequent first): (id, word)."""
    lines = (model / "vocab.txt").read_text(encoding="utf-8").splitlines()
    return [(index, word) for index, word in enumerate(lines) if word.isalpha() and len(word) >= 3]


def word_vectors(model, ids):
    return normalised(SafetensorsFile(model / "model.safetensors").floats(WORD_EMBEDDINGS)[ids])


def text_vectors(programs, model, texts):
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(texts) + "\n")
        file.flush()
        command = [programs / "rpp-predict", "--model", model, "--input", file.name, "--embed"]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise ValueError(result.stderr.strip())
    return normalised(numpy.array([line.split("\t") for line in result.stdout.splitlines()], dtype=numpy.float32))


def neighbours_of(vectors, count):
    """[vectors, count]: indices of the nearest others."""
    similarities = vectors @ vectors.T
    numpy.fill_diagonal(similarities, -numpy.inf)
    return numpy.argpartition(-similarities, count, axis=1)[:, :count]


def overlap(reference, other, count):
    pairs = zip(neighbours_of(reference, count), neighbours_of(other, count))
    return numpy.mean([len(numpy.intersect1d(a, b)) / count for a, b in pairs])


def linear_cka(reference, other):
    a, b = (vectors - vectors.mean(axis=0) for vectors in (reference, other))
    square = lambda x, y: numpy.linalg.norm(x.T @ y) ** 2  # of the Frobenius norm
    return square(a, b) / numpy.sqrt(square(a, a) * square(b, b))


def print_table(arguments, kinds):
    """kinds: name -> [vectors of each model]."""
    from sklearn.manifold import trustworthiness

    print(f"| vectors | model | overlap of {arguments.neighbours} neighbours | trustworthiness | CKA |\n|---|---|---|---|---|")
    for kind, (reference, *others) in kinds.items():
        for model, vectors in zip(arguments.models[1:], others):
            kept = overlap(reference, vectors, arguments.neighbours)
            trust = trustworthiness(reference, vectors, n_neighbors=arguments.neighbours)
            print(f"| {len(reference):,} {kind} | {model} | {100 * kept:.1f} % | {trust:.4f} | {linear_cka(reference, vectors):.4f} |")


def layouts(vectors_of_models, seed):
    from sklearn.manifold import TSNE

    start = "pca"
    for vectors in vectors_of_models:
        perplexity = min(30, (len(vectors) - 1) / 3)
        layout = TSNE(perplexity=perplexity, init=start, random_state=seed).fit_transform(vectors)
        if isinstance(start, str):
            start = layout / layout[:, 0].std() * 1e-4  # the scale that t-SNE gives to its own start
        yield layout


def draw(arguments, kinds):
    import matplotlib
    matplotlib.use("Agg")
    from matplotlib import pyplot
    from sklearn.cluster import KMeans

    columns = len(arguments.models)
    figure, grid = pyplot.subplots(len(kinds), columns, figsize=(4.5 * columns, 4.6 * len(kinds)), layout="constrained",
                                   squeeze=False)
    for row, (kind, vectors_of_models) in zip(grid, kinds.items()):
        reference = vectors_of_models[0]
        clusters = KMeans(min(CLUSTERS, len(reference)), random_state=arguments.seed, n_init=4).fit_predict(reference)
        for axes, model, layout in zip(row, arguments.models, layouts(vectors_of_models, arguments.seed)):
            axes.scatter(*layout.T, c=clusters, cmap="tab10", vmax=9, s=4, linewidths=0)
            axes.set_title(f"{model}: {len(layout):,} {kind}", fontsize=10)
            axes.set(xticks=[], yticks=[])
    figure.savefig(arguments.output, dpi=110)


def read_vectors(arguments):
    """Kind -> [vectors of each model]. Vocabularies that differ have no words to compare."""
    kinds = {}
    words = [words_of(model)[:arguments.limit] for model in arguments.models]
    if all(of_model == words[0] for of_model in words):
        ids = [index for index, _ in words[0]]
        kinds["words"] = [word_vectors(model, ids) for model in arguments.models]
    if arguments.texts:
        texts = list(dict.fromkeys(arguments.texts.read_text(encoding="utf-8").splitlines()))
        texts = [text for text in texts if text.strip()][:arguments.limit]
        kinds["texts"] = [text_vectors(arguments.programs, model, texts) for model in arguments.models]
    for kind, vectors in kinds.items():
        if len(vectors[0]) <= 2 * arguments.neighbours:
            raise ValueError(f"{len(vectors[0])} {kind} are too few for {arguments.neighbours} neighbours: more than twice "
                             "as many are needed")
    if not kinds:
        raise ValueError("the models have different vocabularies: name --texts to compare the vectors of texts")
    return kinds


def main():
    parser, arguments = parse_arguments()
    try:
        kinds = read_vectors(arguments)
    except (OSError, ValueError, KeyError) as error:
        parser.error(str(error))
    print_table(arguments, kinds)
    if arguments.output:
        draw(arguments, kinds)
        print(f"{arguments.output}: {len(arguments.models)} models", file=sys.stderr)


if __name__ == "__main__":
    main()
