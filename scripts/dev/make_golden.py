#!/usr/bin/env python3
"""Writes tests/golden: small random models and what transformers computes with them.

tests/golden/bert:

config.json, model.safetensors   BertForPreTraining, 2 layers, hidden 32, vocabulary 100
classifier/                      BertForSequenceClassification with the same encoder, 3 labels
span/                            BertForQuestionAnswering with the same encoder
tokens/                          BertForTokenClassification with the same encoder, 3 labels
golden.safetensors               a packed batch of three sequences of odd length, dropout 0, fp32:
  inputs    input_ids, token_type_ids, position_ids, cu_seqlens, mlm_positions, mlm_labels, nsp_labels, class_labels,
            span_starts, span_ends, tag_positions, tag_labels
  outputs   hidden.N (embeddings, then each layer), pooler_output, mlm_logits, nsp_logits, mlm_loss, nsp_loss, loss,
            class_logits, class_loss, start_logits, end_logits, span_loss, tag_logits (of every token), tag_loss
  gradients grad.NAME of loss, class_grad.NAME of class_loss (only the classifier and the pooler), span_grad.NAME of
            span_loss (only the head and the embeddings), tag_grad.NAME of tag_loss (likewise)

tests/golden/xlm_roberta, distilbert, electra, mpnet: vocabulary 12, hidden 16, the model ForMaskedLM, in classifier/
ForSequenceClassification, and in tokens/ ForTokenClassification. golden.safetensors has input_ids, cu_seqlens,
mlm_positions, mlm_labels, class_labels, tag_positions, tag_labels; last_hidden, mlm_logits, mlm_loss, class_logits,
class_loss, tag_logits, tag_loss; grad.NAME of mlm_loss, class_grad.NAME of class_loss, tag_grad.NAME of tag_loss.

Needs torch, transformers and safetensors:  python3 scripts/dev/make_golden.py [--output tests/golden] [--only xlm_roberta]
"""

import argparse
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "torch", "safetensors", "transformers")

import torch
from safetensors.torch import save_file
from transformers import (BertConfig, BertForPreTraining, BertForQuestionAnswering, BertForSequenceClassification,
                          BertForTokenClassification, DistilBertConfig, DistilBertForMaskedLM,
                          DistilBertForSequenceClassification, DistilBertForTokenClassification, ElectraConfig,
                          ElectraForMaskedLM, ElectraForSequenceClassification, ElectraForTokenClassification, MPNetConfig,
                          MPNetForMaskedLM, MPNetForSequenceClassification, MPNetForTokenClassification, XLMRobertaConfig,
                          XLMRobertaForMaskedLM, XLMRobertaForSequenceClassification, XLMRobertaForTokenClassification)

LENGTHS = [7, 13, 5]
SIZES = dict(vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48,
             max_position_embeddings=24, type_vocab_size=2)


def bert_config(num_labels):
    return BertConfig(**SIZES, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=num_labels)


def randomise(model, scale):
    """Larger than BERT's initial values, biases and LayerNorm included, so that every term shows in the outputs."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn_like(parameter) * scale
            parameter.copy_(1 + noise if name.lower().endswith(("layernorm.weight", "layer_norm.weight")) else noise)


def make_batch(vocab_size):
    cu_seqlens = [0]
    for length in LENGTHS:
        cu_seqlens.append(cu_seqlens[-1] + length)
    tokens = cu_seqlens[-1]
    batch = {
        "input_ids": torch.randint(1, vocab_size, (tokens,)),
        "token_type_ids": torch.cat([(torch.arange(n) >= n // 2).long() for n in LENGTHS]),
        "position_ids": torch.cat([torch.arange(n) for n in LENGTHS]),
        "cu_seqlens": torch.tensor(cu_seqlens),
        "mlm_positions": torch.tensor([2, 5, 8, 11, 17, 21, 23]),
        "nsp_labels": torch.tensor([0, 1, 1]),
        "class_labels": torch.tensor([2, 0, 1]),
        "span_starts": torch.tensor([2, 0, 4]),
        "span_ends": torch.tensor([6, 0, 4]),
        "tag_positions": torch.tensor([1, 3, 4, 8, 12, 18, 21, 23]),
        "tag_labels": torch.tensor([2, 0, 1, 1, 2, 0, 2, 2]),
    }
    batch["mlm_labels"] = torch.randint(1, vocab_size, batch["mlm_positions"].shape)
    return batch


def pad(values, cu_seqlens, fill=0):
    return torch.nn.utils.rnn.pad_sequence(
        [values[a:b] for a, b in zip(cu_seqlens[:-1], cu_seqlens[1:])], batch_first=True, padding_value=fill)


def unpad(padded, cu_seqlens):
    return torch.cat([padded[i, : b - a] for i, (a, b) in enumerate(zip(cu_seqlens[:-1], cu_seqlens[1:]))])


def padded_inputs(batch):
    cu_seqlens = batch["cu_seqlens"].tolist()
    return {
        "input_ids": pad(batch["input_ids"], cu_seqlens),
        "token_type_ids": pad(batch["token_type_ids"], cu_seqlens),
        "attention_mask": pad(torch.ones_like(batch["input_ids"]), cu_seqlens),
    }


def pretraining_values(model, batch):
    cu_seqlens = batch["cu_seqlens"].tolist()
    out = model(**padded_inputs(batch), output_hidden_states=True)
    logits = unpad(out.prediction_logits, cu_seqlens)[batch["mlm_positions"]]
    mlm_loss = torch.nn.functional.cross_entropy(logits, batch["mlm_labels"])
    nsp_loss = torch.nn.functional.cross_entropy(out.seq_relationship_logits, batch["nsp_labels"])
    loss = mlm_loss + nsp_loss
    loss.backward()
    values = {f"hidden.{i}": unpad(h, cu_seqlens) for i, h in enumerate(out.hidden_states)}
    values["pooler_output"] = model.bert.pooler(out.hidden_states[-1])
    values |= {"mlm_logits": logits, "nsp_logits": out.seq_relationship_logits}
    values |= {"mlm_loss": mlm_loss, "nsp_loss": nsp_loss, "loss": loss}
    values |= {f"grad.{name}": p.grad for name, p in model.named_parameters()}
    return values


def classifier_values(model, batch):
    logits = model(**padded_inputs(batch)).logits
    loss = torch.nn.functional.cross_entropy(logits, batch["class_labels"])
    loss.backward()
    heads = {f"class_grad.{n}": p.grad for n, p in model.named_parameters() if not n.startswith("bert.e")}
    return {"class_logits": logits, "class_loss": loss} | heads


def span_values(model, batch):
    """Each sequence alone: in a padded batch the loss of transformers lets padding take part in the softmax."""
    bounds = batch["cu_seqlens"].tolist()
    outs = []
    for i, (a, b) in enumerate(zip(bounds[:-1], bounds[1:])):
        outs.append(model(input_ids=batch["input_ids"][None, a:b], token_type_ids=batch["token_type_ids"][None, a:b],
                          start_positions=batch["span_starts"][i:i + 1], end_positions=batch["span_ends"][i:i + 1]))
    loss = sum(out.loss for out in outs) / len(outs)
    loss.backward()
    kept = {f"span_grad.{n}": p.grad for n, p in model.named_parameters() if "encoder" not in n}
    return {"start_logits": torch.cat([out.start_logits[0] for out in outs]),
            "end_logits": torch.cat([out.end_logits[0] for out in outs]), "span_loss": loss} | kept


def tag_values(model, inputs, batch, is_kept):
    """The loss over the tokens at tag_positions: transformers ignores those with the label -100."""
    cu_seqlens = batch["cu_seqlens"].tolist()
    labels = torch.full_like(batch["input_ids"], -100)
    labels[batch["tag_positions"]] = batch["tag_labels"]
    out = model(**inputs, labels=pad(labels, cu_seqlens, -100))
    out.loss.backward()
    kept = {f"tag_grad.{name}": p.grad for name, p in model.named_parameters() if is_kept(name)}
    return {"tag_logits": unpad(out.logits, cu_seqlens), "tag_loss": out.loss} | kept


def make_bert(output):
    torch.manual_seed(20)
    config = bert_config(num_labels=3)
    pretraining = BertForPreTraining._from_config(config, attn_implementation="eager")
    classifier = BertForSequenceClassification._from_config(config, attn_implementation="eager")
    randomise(pretraining, 0.2)
    randomise(classifier, 0.2)
    classifier.bert.load_state_dict(pretraining.bert.state_dict())
    batch = make_batch(config.vocab_size)
    values = batch | pretraining_values(pretraining, batch) | classifier_values(classifier, batch)
    span = BertForQuestionAnswering._from_config(bert_config(num_labels=2), attn_implementation="eager")
    randomise(span, 0.2)
    span.bert.load_state_dict(pretraining.bert.state_dict(), strict=False)  # it has no pooler
    values |= span_values(span, batch)
    tokens = BertForTokenClassification._from_config(config, attn_implementation="eager")
    randomise(tokens, 0.2)
    tokens.bert.load_state_dict(pretraining.bert.state_dict(), strict=False)
    values |= tag_values(tokens, padded_inputs(batch), batch, lambda name: "encoder" not in name)
    tokens.save_pretrained(output / "tokens")
    pretraining.save_pretrained(output)
    classifier.save_pretrained(output / "classifier")
    span.save_pretrained(output / "span")
    save_values(values, output)


def make_xlm_roberta(output):
    torch.manual_seed(21)
    config = XLMRobertaConfig(vocab_size=12, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                              max_position_embeddings=18, type_vocab_size=1, hidden_dropout_prob=0.0,
                              attention_probs_dropout_prob=0.0, num_labels=3, layer_norm_eps=1e-5)
    make_family(output, config, XLMRobertaForMaskedLM, XLMRobertaForSequenceClassification, XLMRobertaForTokenClassification)


def make_distilbert(output):
    torch.manual_seed(22)
    config = DistilBertConfig(vocab_size=12, dim=16, n_layers=2, n_heads=2, hidden_dim=24, max_position_embeddings=18, dropout=0.0,
                              attention_dropout=0.0, seq_classif_dropout=0.0, num_labels=3)
    make_family(output, config, DistilBertForMaskedLM, DistilBertForSequenceClassification,
                DistilBertForTokenClassification)


def make_electra(output):
    torch.manual_seed(23)
    config = ElectraConfig(vocab_size=12, embedding_size=6, hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
                           intermediate_size=24, max_position_embeddings=18, hidden_dropout_prob=0.0,
                           attention_probs_dropout_prob=0.0, num_labels=3)
    make_family(output, config, ElectraForMaskedLM, ElectraForSequenceClassification, ElectraForTokenClassification)


def make_mpnet(output):
    torch.manual_seed(24)
    config = MPNetConfig(vocab_size=12, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24,
                         max_position_embeddings=18, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, num_labels=3)
    make_family(output, config, MPNetForMaskedLM, MPNetForSequenceClassification, MPNetForTokenClassification)


def make_family(output, config, masked_lm_class, classifier_class, tokens_class):
    lm = masked_lm_class._from_config(config, attn_implementation="eager")
    classifier = classifier_class._from_config(config, attn_implementation="eager")
    randomise(lm, 0.2)
    randomise(classifier, 0.2)
    classifier.base_model.load_state_dict(lm.base_model.state_dict())
    batch = make_batch(config.vocab_size)
    batch = {name: batch[name] for name in ("input_ids", "cu_seqlens", "mlm_positions", "mlm_labels", "class_labels",
                                            "tag_positions", "tag_labels")}
    cu_seqlens = batch["cu_seqlens"].tolist()
    batch["input_ids"][[3, 9, 10]] = config.pad_token_id  # a text may spell it
    padded = {"input_ids": pad(batch["input_ids"], cu_seqlens, config.pad_token_id),
              "attention_mask": pad(torch.ones_like(batch["input_ids"]), cu_seqlens)}
    out = lm(**padded, output_hidden_states=True)
    logits = unpad(out.logits, cu_seqlens)[batch["mlm_positions"]]
    mlm_loss = torch.nn.functional.cross_entropy(logits, batch["mlm_labels"])
    mlm_loss.backward()
    values = batch | {"last_hidden": unpad(out.hidden_states[-1], cu_seqlens), "mlm_logits": logits, "mlm_loss": mlm_loss}
    named = list(lm.base_model.named_parameters(prefix=lm.base_model_prefix)) + list(lm.named_parameters())  # tied: the first
    values |= {f"grad.{name}": p.grad for name, p in named if "layer.1" not in name and "decoder.weight" not in name}
    class_logits = classifier(**padded).logits
    class_loss = torch.nn.functional.cross_entropy(class_logits, batch["class_labels"])
    class_loss.backward()
    values |= {"class_logits": class_logits, "class_loss": class_loss}
    values |= {f"class_grad.{name}": p.grad for name, p in classifier.named_parameters() if "classifier" in name}
    tokens = tokens_class._from_config(config, attn_implementation="eager")
    randomise(tokens, 0.2)
    tokens.base_model.load_state_dict(lm.base_model.state_dict(), strict=False)
    values |= tag_values(tokens, padded, batch, lambda name: "classifier" in name)
    tokens.save_pretrained(output / "tokens")
    lm.save_pretrained(output)
    classifier.save_pretrained(output / "classifier")
    save_values(values, output)


def save_values(values, output):
    save_file({k: v.detach().contiguous().clone() for k, v in values.items()}, output / "golden.safetensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("tests/golden"))
    makers = {"bert": make_bert, "xlm_roberta": make_xlm_roberta, "distilbert": make_distilbert,
              "electra": make_electra, "mpnet": make_mpnet}
    parser.add_argument("--only", choices=makers)
    args = parser.parse_args()
    for name, make in makers.items():
        if args.only in (None, name):
            make(args.output / name)


if __name__ == "__main__":
    main()
