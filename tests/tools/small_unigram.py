"""Writes the tokenizer.json of a unigram tokenizer with twelve pieces, for tests/golden/xlm_roberta: small_unigram.py FILE"""
import json
import sys

pieces = [["<s>", 0], ["<pad>", 0], ["</s>", 0], ["<unk>", 0], ["▁the", -1], ["▁gar", -2], ["den", -2.5], ["▁", -3], ["s", -3.5],
          ["▁bird", -4], ["▁sing", -4.5], ["<mask>", 0]]
special = lambda name: {"SpecialToken": {"id": name, "type_id": 0}}
text = lambda name: {"Sequence": {"id": name, "type_id": 0}}
tokenizer = {
    "added_tokens": [{"id": i, "content": piece, "special": True} for i, (piece, _) in enumerate(pieces) if piece[0] == "<"],
    "normalizer": None,
    "pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"},
    "post_processor": {"type": "TemplateProcessing", "single": [special("<s>"), text("A"), special("</s>")],
                       "pair": [special("<s>"), text("A"), special("</s>"), special("</s>"), text("B"), special("</s>")],
                       "special_tokens": {"<s>": {"ids": [0]}, "</s>": {"ids": [2]}}},
    "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces}}
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(tokenizer, file)
