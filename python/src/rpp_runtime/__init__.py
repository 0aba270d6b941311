"""Finished BERT-family models on a CPU: embeddings, scores, rankings, answers, entities."""
from ._library import RppError, library
from ._model import Answer, Entity, Filling, Model, Ranked

__version__ = library.rpp_version().decode()
__all__ = ["Answer", "Entity", "Filling", "Model", "Ranked", "RppError"]
