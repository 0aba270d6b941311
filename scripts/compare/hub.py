#!/usr/bin/env python3
"""Compares models of every supported kind with transformers and sentence-transformers: token ids, embeddings, labels, tags.

For each kind it makes a small model with random weights and a tokenizer trained on the texts, answers the texts with the
Python library and with rpp-data and rpp-predict, from the model's directory and from the file that rpp-export makes of it,
and prints the largest difference. Exits with 1 if a difference exceeds its limit. The texts are the lines of --texts and
hostile ones: blanks only, emoji with joiners, decomposed accents, right-to-left scripts, 10,000 characters, special tokens. A text that the model can segment in two ways of
equal score is left out where the two programs choose differently, and counted.

    scripts/compare/hub.py --texts TEXTS.txt --limit 500
    scripts/compare/hub.py --texts TEXTS.txt --only e5 --keep DIR      keeps the models in DIR
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "torch", "transformers", "sentence_transformers", "sentencepiece")
os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import sentencepiece
import torch
import transformers
from segmentations import are_equally_good
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Normalize, Pooling, Transformer
from tokenizers import BertWordPieceTokenizer, ByteLevelBPETokenizer

HOSTILE = [" a  b ", "\t\n x \u3000y", "👩‍👩‍👧‍👦 family 👍🏽", "e\u0301te\u0301 cafe\u0301 A\u030a", "が か\u3099", "שלום עולם مرحبا بالعالم",
           "a" * 10000, "word " * 2500, "日本語テキスト、中国", "\ue000 private \u200b zero\u200dwidth \ufeff mark", "ﬁ ﬂ ① ½ ™ Ａ",
           "control \x01 \x7f characters", "\u0e01\u0e33 ไทย", "ᄒ\u1161ᆫ한국어", "नमस्ते दुनिया", "naïve façade — “quotes” … ‥",
           "[CLS] a [SEP] b [MASK] [PAD] [UNK]", "<s> a </s> b <mask> <pad> <unk>", "##ing ▁word", "x" * 150]
LENGTH = 64  # tokens per text
SIZES = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, hidden_dropout_prob=0.0,
             attention_probs_dropout_prob=0.0)
BYTE_BPE_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
WORDPIECE_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
FOLDER_LIMIT, FILE_LIMIT = 1e-5, 1e-4  # of the largest value


def randomise(model):
    """Larger than initial values, biases and LayerNorm included, so that every term shows in the outputs."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn_like(parameter) * 0.2
            parameter.copy_(1 + noise if name.endswith(("LayerNorm.weight", "layer_norm.weight")) else noise)
    return model.eval()


class Tokenizers:
    """Trains each kind once."""

    def __init__(self, texts, folder):
        self.folder = folder
        self.file = folder / "texts.txt"
        self.file.write_text("\n".join(text for text in texts if len(text) < 4000), encoding="utf-8")

    def wordpiece(self, lower):
        vocab = self.folder / f"wordpiece-{lower}"
        if not vocab.exists():
            vocab.mkdir()
            trained = BertWordPieceTokenizer(lowercase=lower)
            trained.train([str(self.file)], vocab_size=3000, show_progress=False, special_tokens=WORDPIECE_SPECIAL)
            trained.save_model(str(vocab))
        return transformers.BertTokenizerFast(vocab=str(vocab / "vocab.txt"), do_lower_case=lower, model_max_length=LENGTH)

    def mpnet(self):
        """WordPiece with RoBERTa's special tokens."""
        pieces = list(self.wordpiece(lower=True).get_vocab())
        names = ["<s>", "<pad>", "</s>", "[UNK]"] + [piece for piece in pieces if piece not in WORDPIECE_SPECIAL] + ["<mask>"]
        return transformers.MPNetTokenizer(vocab={name: i for i, name in enumerate(names)}, model_max_length=LENGTH)

    def train_sentencepiece(self, model, **special):
        sentencepiece.SentencePieceTrainer.train(input=str(self.file), model_prefix=str(model), vocab_size=3000,
                                                 hard_vocab_limit=False, minloglevel=2, **special)
        os.replace(f"{model}.model", model)

    def albert(self):
        folder = self.folder / "albert"
        if not folder.exists():
            folder.mkdir()
            self.train_sentencepiece(folder / "spiece.model", pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, pad_piece="<pad>",
                                     control_symbols="[CLS],[SEP],[MASK]")
            (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "AlbertTokenizer",
                                                                      "model_max_length": LENGTH}))
        return transformers.AlbertTokenizer.from_pretrained(folder)

    def fairseq(self, tokenizer):
        """sentencepiece with the ids of XLM-R or CamemBERT, by the class."""
        folder = self.folder / tokenizer.__name__
        if not folder.exists():
            folder.mkdir()
            self.train_sentencepiece(folder / "sentencepiece.bpe.model")
            (folder / "tokenizer_config.json").write_text(json.dumps(
                {"tokenizer_class": tokenizer.__name__, "model_max_length": LENGTH}))
        return tokenizer.from_pretrained(folder)

    def xlm_roberta(self):
        return self.fairseq(transformers.XLMRobertaTokenizer)

    def camembert(self):
        return self.fairseq(transformers.CamembertTokenizer)

    def roberta(self, add_prefix_space=False):
        """In the older form: vocab.json, merges.txt and two files that name special tokens."""
        folder = self.folder / f"roberta-{add_prefix_space}"
        if not folder.exists():
            folder.mkdir()
            trained = ByteLevelBPETokenizer()
            trained.train([str(self.file)], vocab_size=3000, show_progress=False, special_tokens=BYTE_BPE_SPECIAL)
            trained.save_model(str(folder))
            mask = {"content": "<mask>", "single_word": False, "lstrip": True, "rstrip": False, "normalized": False}
            (folder / "special_tokens_map.json").write_text(json.dumps({"mask_token": mask}))
            (folder / "tokenizer_config.json").write_text(json.dumps(
                {"tokenizer_class": "RobertaTokenizer", "model_max_length": LENGTH, "add_prefix_space": add_prefix_space}))
        return transformers.RobertaTokenizer.from_pretrained(folder)


def bert_config(tokenizer, **more):
    return transformers.BertConfig(vocab_size=len(tokenizer), max_position_embeddings=LENGTH, **SIZES, **more)


def roberta_config(tokenizer, **more):
    configs = {transformers.XLMRobertaTokenizer: transformers.XLMRobertaConfig,
               transformers.CamembertTokenizer: transformers.CamembertConfig}
    config = configs.get(type(tokenizer), transformers.RobertaConfig)
    return config(vocab_size=len(tokenizer), max_position_embeddings=LENGTH + 2, type_vocab_size=1, layer_norm_eps=1e-5, **SIZES,
                  **more)


def electra_config(tokenizer, **more):
    return transformers.ElectraConfig(vocab_size=len(tokenizer), embedding_size=SIZES["hidden_size"] // 2,
                                      max_position_embeddings=LENGTH, **SIZES, **more)


def mpnet_config(tokenizer, **more):
    return transformers.MPNetConfig(vocab_size=len(tokenizer), max_position_embeddings=LENGTH + 2, **SIZES, **more)


CONFIGS = {"Bert": bert_config, "Roberta": roberta_config, "XLMRoberta": roberta_config, "Camembert": roberta_config,
           "Electra": electra_config, "MPNet": mpnet_config}


def save(model, tokenizer, folder):
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def in_older_form(make):
    """With vocab.json and merges.txt instead of tokenizer.json."""
    def make_older(tokenizers, folder):
        model = make(tokenizers, folder)
        config = json.loads((model / "tokenizer_config.json").read_text())
        tokenizers.roberta(config["add_prefix_space"])
        (model / "tokenizer.json").unlink()
        shutil.copytree(tokenizers.folder / f"roberta-{config['add_prefix_space']}", model, dirs_exist_ok=True)
        return model
    return make_older


def sentence_model(kind, pooling, normalize=False, dense=False):
    """A folder of sentence-transformers."""
    def make(tokenizers, folder):
        if kind == "bert":
            tokenizer = tokenizers.wordpiece(lower=True)
            model = transformers.BertModel(bert_config(tokenizer))
        elif kind == "mpnet":
            tokenizer = tokenizers.mpnet()
            model = transformers.MPNetModel(mpnet_config(tokenizer))
        elif kind == "camembert":
            tokenizer = tokenizers.camembert()
            model = transformers.CamembertModel(roberta_config(tokenizer))
        elif kind == "roberta":
            tokenizer = tokenizers.roberta()
            model = transformers.RobertaModel(roberta_config(tokenizer))
        else:
            tokenizer = tokenizers.albert() if kind == "bert with albert" else tokenizers.xlm_roberta()
            model = (transformers.BertModel(bert_config(tokenizer)) if kind.startswith("bert with")
                     else transformers.XLMRobertaModel(roberta_config(tokenizer)))
        base = save(randomise(model), tokenizer, folder / "base")
        modules = [Transformer(str(base), max_seq_length=LENGTH), Pooling(SIZES["hidden_size"], pooling_mode=pooling)]
        modules += [Dense(SIZES["hidden_size"], 24, activation_function=torch.nn.Tanh())] * dense
        SentenceTransformer(modules=modules + [Normalize()] * normalize, device="cpu").save(str(folder / "model"))
        return folder / "model"
    return make


def head_model(family, head, lower=True, add_prefix_space=False, **more):
    def make(tokenizers, folder):
        makers = {"XLMRoberta": tokenizers.xlm_roberta, "Camembert": tokenizers.camembert, "MPNet": tokenizers.mpnet,
                  "Roberta": lambda: tokenizers.roberta(add_prefix_space)}
        tokenizer = makers[family]() if family in makers else tokenizers.wordpiece(lower)
        config = CONFIGS[family](tokenizer, **more)
        return save(randomise(getattr(transformers, family + head)(config)), tokenizer, folder / "model")
    return make


def run(command, **more):
    """Its standard output. Raises RuntimeError with the last line of standard error."""
    done = subprocess.run(command, capture_output=True, text=True, **more)
    if done.returncode:
        raise RuntimeError(done.stderr.strip().split("\n")[-1])
    return done.stdout


def batched(call, texts, size=32):
    for start in range(0, len(texts), size):
        yield from call(texts[start:start + size])


def vectors_of(folder, texts):
    model = SentenceTransformer(str(folder), device="cpu")
    return model.encode(texts, convert_to_numpy=True, batch_size=32)


def logits_of(model, tokenizer, texts):
    def answer(part):
        with torch.no_grad():
            return model(**tokenizer(part, truncation=True, max_length=LENGTH, padding=True, return_tensors="pt")).logits
    return torch.stack(list(batched(answer, texts)))


def scores_of(activation):
    def scores(folder, texts):
        model = transformers.AutoModelForSequenceClassification.from_pretrained(folder).eval()
        logits = logits_of(model, transformers.AutoTokenizer.from_pretrained(folder), texts)
        return {"softmax": logits.softmax(-1), "sigmoid": logits.sigmoid(), "none": logits}[activation].numpy()
    return scores


def pair_scores_of(folder, texts):
    model = CrossEncoder(str(folder), device="cpu", max_length=LENGTH)
    return np.asarray(model.predict([(texts[0], text) for text in texts])).reshape(-1, 1)


def entities_of(folder, texts):
    tagger = transformers.pipeline("token-classification", model=str(folder), aggregation_strategy="simple", device="cpu")
    tagger.tokenizer.model_max_length = LENGTH
    return [[(e["entity_group"], e["start"], e["end"], float(e["score"])) for e in tagger(text)] for text in texts]


def with_masks(folder, texts):
    """The starts of some texts, each with one mask."""
    mask = transformers.AutoTokenizer.from_pretrained(folder).mask_token
    starts = [" ".join(text.split()[:8])[:40] for text in texts if mask not in text]
    return [f"{start} {mask}{end}" for start, end in zip(starts[::3], ["", " end", ".", "  end"] * len(starts))]


def fillings_of(folder, texts):
    filler = transformers.pipeline("fill-mask", model=str(folder), top_k=5, device="cpu")
    to_piece = filler.tokenizer.convert_ids_to_tokens
    return [[(to_piece(e["token"]), e["score"]) for e in filler(text)] for text in with_masks(folder, texts)]


class Ours:
    def __init__(self, build, model):
        self.build, self.model = build, model

    def predict(self, texts, *options):
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        command = [self.build / "rpp-predict", "--model", self.model, "--json", "--column", "text", *options]
        return [json.loads(line) for line in run(command, input=lines).split("\n")[:-1]]

    def vectors(self, texts):
        return np.array([answer["embedding"] for answer in self.predict(texts, "--embed")])

    def scores(self, texts):
        names = sorted(self.predict(texts[:1])[0]["scores"])
        return np.array([[answer["scores"][name] for name in names] for answer in self.predict(texts)])

    def pair_scores(self, texts):
        ranked = self.predict(texts, "--rank", "--query", texts[0])
        places = {text: i for i, text in enumerate(texts)}
        scores = np.zeros((len(texts), 1))
        for answer in ranked:
            scores[places[answer["text_pair"]]] = answer["score"]
        return scores

    def fillings(self, texts):
        folder = self.model if self.model.is_dir() else self.model.parent / "model"
        return [list(answer["scores"].items())[:5] for answer in self.predict(with_masks(folder, texts))]

    def entities(self, texts):
        return [[(e["label"], *e["span"], e["score"]) for e in answer["entities"]] for answer in self.predict(texts)]


def relative_difference(ours, theirs):
    if ours.shape != theirs.shape:
        return float("inf")
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def entity_difference(ours, theirs):
    if [[e[:3] for e in one] for one in ours] != [[e[:3] for e in one] for one in theirs]:
        return float("inf")
    return max((abs(a[3] - b[3]) for one, other in zip(ours, theirs) for a, b in zip(one, other)), default=0.0)


def filling_difference(ours, theirs):
    """The largest difference of a probability; tokens that are about as likely may change places."""
    if len(ours) != len(theirs):
        return float("inf")
    scores = [(a[1], b[1]) for one, other in zip(ours, theirs) for a, b in zip(one, other, strict=True)]
    same = all(one[0][0] == other[0][0] or abs(other[0][1] - other[1][1]) < 1e-6 for one, other in zip(ours, theirs))
    return max(abs(a - b) for a, b in scores) if same else float("inf")


NER_LABELS = {0: "O", 1: "B-PER", 2: "I-PER", 3: "B-LOC", 4: "I-LOC"}
EMBED = (vectors_of, Ours.vectors, relative_difference)
PAIRS = (pair_scores_of, Ours.pair_scores, relative_difference)
FILL = (fillings_of, Ours.fillings, filling_difference)
TAGS = (entities_of, Ours.entities, entity_difference)


def classes(activation):
    return scores_of(activation), Ours.scores, relative_difference


CASES = {
    "BERT, mean": (sentence_model("bert", "mean"), EMBED),
    "BERT, [CLS], normalised": (sentence_model("bert", "cls", normalize=True), EMBED),
    "BERT, max": (sentence_model("bert", "max"), EMBED),
    "BERT, mean over root of length": (sentence_model("bert", "mean_sqrt_len_tokens"), EMBED),
    "BERT, weighted mean": (sentence_model("bert", "weightedmean"), EMBED),
    "BERT, last token": (sentence_model("bert", "lasttoken"), EMBED),
    "BERT, [CLS], Dense, normalised (LaBSE)": (sentence_model("bert", "cls", normalize=True, dense=True), EMBED),
    "BERT with sentencepiece (e5), mean, normalised": (sentence_model("bert with sentencepiece", "mean", True), EMBED),
    "BERT with ALBERT's tokenizer, mean": (sentence_model("bert with albert", "mean"), EMBED),
    "XLM-R (BGE-M3), [CLS], normalised": (sentence_model("xlm-roberta", "cls", True), EMBED),
    "BERT, three labels": (head_model("Bert", "ForSequenceClassification", num_labels=3), classes("softmax")),
    "BERT cased, three labels": (head_model("Bert", "ForSequenceClassification", lower=False, num_labels=3), classes("softmax")),
    "BERT, several labels": (head_model("Bert", "ForSequenceClassification", num_labels=3,
                                        problem_type="multi_label_classification"), classes("sigmoid")),
    "BERT, regression": (head_model("Bert", "ForSequenceClassification", num_labels=1, problem_type="regression"),
                         classes("none")),
    "BERT, cross-encoder": (head_model("Bert", "ForSequenceClassification", num_labels=1), PAIRS),
    "XLM-R, three labels": (head_model("XLMRoberta", "ForSequenceClassification", num_labels=3), classes("softmax")),
    "XLM-R, cross-encoder": (head_model("XLMRoberta", "ForSequenceClassification", num_labels=1), PAIRS),
    "CamemBERT, mean": (sentence_model("camembert", "mean"), EMBED),
    "CamemBERT, three labels": (head_model("Camembert", "ForSequenceClassification", num_labels=3), classes("softmax")),
    "CamemBERT, masked LM": (head_model("Camembert", "ForMaskedLM"), FILL),
    "ELECTRA, three labels": (head_model("Electra", "ForSequenceClassification", num_labels=3), classes("softmax")),
    "ELECTRA, cross-encoder": (head_model("Electra", "ForSequenceClassification", num_labels=1), PAIRS),
    "ELECTRA, tags": (head_model("Electra", "ForTokenClassification", num_labels=5, id2label=NER_LABELS), TAGS),
    "MPNet, mean, normalised": (sentence_model("mpnet", "mean", True), EMBED),
    "MPNet, three labels": (head_model("MPNet", "ForSequenceClassification", num_labels=3), classes("softmax")),
    "MPNet, cross-encoder": (head_model("MPNet", "ForSequenceClassification", num_labels=1), PAIRS),
    "BERT, tags": (head_model("Bert", "ForTokenClassification", num_labels=5, id2label=NER_LABELS), TAGS),
    "BERT, masked LM": (head_model("Bert", "ForMaskedLM"), FILL),
    "RoBERTa, mean, normalised": (sentence_model("roberta", "mean", True), EMBED),
    "RoBERTa, mean, vocab.json": (in_older_form(sentence_model("roberta", "mean")), EMBED),
    "RoBERTa, three labels": (head_model("Roberta", "ForSequenceClassification", num_labels=3), classes("softmax")),
    "RoBERTa, three labels, vocab.json": (in_older_form(head_model("Roberta", "ForSequenceClassification", num_labels=3)),
                                          classes("softmax")),
    "RoBERTa, cross-encoder": (head_model("Roberta", "ForSequenceClassification", num_labels=1), PAIRS),
    "RoBERTa, cross-encoder, vocab.json": (in_older_form(head_model("Roberta", "ForSequenceClassification", num_labels=1)), PAIRS),
    "RoBERTa, masked LM": (head_model("Roberta", "ForMaskedLM"), FILL),
    "RoBERTa, masked LM, vocab.json": (in_older_form(head_model("Roberta", "ForMaskedLM")), FILL),
    "RoBERTa, tags": (head_model("Roberta", "ForTokenClassification", num_labels=5, id2label=NER_LABELS), TAGS),
    "RoBERTa, tags, blank before each text, vocab.json": (
        in_older_form(head_model("Roberta", "ForTokenClassification", add_prefix_space=True, num_labels=5, id2label=NER_LABELS)),
        TAGS),
}


def compare_ids(build, folder, texts):
    """The texts whose ids differ, and those whose ids differ but have the same score in the tokenizer's model."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    lines = [" ".join(text.split("\n")) for text in texts]
    theirs = [tokenizer(line, add_special_tokens=False)["input_ids"] for line in lines]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        out = run([build / "rpp-data", "tokenize", "--tokenizer", folder, "--input", file.name, "--form", "ids"])
    ours = [[int(id) for id in line.split()] for line in out.split("\n")[:-1]]
    if len(ours) != len(lines):
        raise RuntimeError(f"rpp-data gives {len(ours)} lines of ids for {len(lines)} texts")
    differ = [i for i in range(len(texts)) if ours[i] != theirs[i]]
    equal = [i for i in differ if are_equally_good(tokenizer, theirs[i], ours[i])]
    return [texts[i] for i in differ if i not in equal], [texts[i] for i in equal]


def compare(case, tokenizers, folder, args, texts):
    make, (theirs_of, ours_of, difference) = case
    torch.manual_seed(11)
    model = make(tokenizers, folder)
    exported = folder / "model.rpp"
    run([args.build / "rpp-export", model, "--output", exported])
    wrong, equal = compare_ids(args.build, model, texts)
    texts = [text for text in texts if text not in equal]
    theirs = theirs_of(model, texts)
    in_folder = difference(ours_of(Ours(args.build, model), texts), theirs)
    in_file = difference(ours_of(Ours(args.build, exported), texts), theirs)
    good = not wrong and in_folder <= FOLDER_LIMIT and in_file <= FILE_LIMIT
    return good, f"{len(wrong):>4} of {len(texts)} ids differ, folder {in_folder:.1e}, file {in_file:.1e}" + (
        f"  left out, equal scores: {len(equal)}" if equal else "") + (f"  first: {wrong[0][:60]!r}" if wrong else "")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, required=True, help="one text per line")
    parser.add_argument("--limit", type=int, default=500, help="number of lines to take from --texts")
    parser.add_argument("--only", default="", help="only kinds whose name contains this")
    parser.add_argument("--build", type=Path, default=Path("build"))
    parser.add_argument("--keep", type=Path, help="an empty folder for the models; default: a temporary one")
    args = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    lines = [line for line in args.texts.read_text(encoding="utf-8").split("\n") if line.strip()][:args.limit]
    texts = list(dict.fromkeys(lines + HOSTILE))
    failed = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        (folder / "tokenizers").mkdir(parents=True)
        tokenizers = Tokenizers(lines, folder / "tokenizers")
        for name, case in CASES.items():
            if args.only not in name:
                continue
            try:
                good, text = compare(case, tokenizers, folder / name.replace(" ", "-"), args, texts)
            except RuntimeError as error:
                good, text = False, str(error)
            failed += not good
            print(f"{'ok  ' if good else 'FAIL'}  {name:<48} {text}", flush=True)
    print(f"{failed} of the kinds differ" if failed else "all kinds agree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
