"""Two segmentations of a text by a unigram model: where their scores are equal, either is right."""
import json


def score_of(tokenizer, ids):
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    scores = [score for _, score in model["vocab"]]
    unknown = min(scores) - 10  # as in both libraries
    return sum(unknown if i == model["unk_id"] else scores[i] for i in ids)


def are_equally_good(tokenizer, ids, other_ids):
    """Whether both spell the same text and have the same score, which the libraries add up in different precisions."""
    if json.loads(tokenizer.backend_tokenizer.to_str())["model"]["type"] != "Unigram":
        return False
    if "".join(tokenizer.convert_ids_to_tokens(ids)) != "".join(tokenizer.convert_ids_to_tokens(other_ids)):
        return False
    return abs(score_of(tokenizer, ids) - score_of(tokenizer, other_ids)) < 1e-4
