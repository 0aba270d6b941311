#!/usr/bin/env bash
# scripts/compare/tokenizer_speed.py against stubs of the packages that it times: what it counts and what it refuses.
# Usage: compare_tokenizer_speed_test.sh PATH_OF_RPP_BENCH
source "$(dirname "$0")/expect.sh"
bench=$1 data=$(dirname "$1")/rpp-data
compare=$(cd "$(dirname "$0")/../../scripts/compare" && pwd)/tokenizer_speed.py
cd "$dir" || exit 1
printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' a b > vocab.txt
printf 'a b a\nb a b\n\na b\na a\n' > text.txt

# The first knows all words, the second treats b as unknown, the third has its own vocabulary.
mkdir packages
touch packages/zstandard.py
cat > packages/flash_tokenizer.py <<'PYTHON'
class BertTokenizerFlash:
    def __init__(self, vocab, do_lower_case, model_max_length):
        assert vocab == "model/vocab.txt"
        self.tokenizer = self
    def batch_encode(self, lines, padding, max_length, parallel):
        assert not parallel
        return [[2, *({"a": 5, "b": 6}[word] for word in line.split()), 3] for line in lines]
PYTHON
cat > packages/tokenizers.py <<'PYTHON'
from types import SimpleNamespace
class BertWordPieceTokenizer:
    def __init__(self, vocab, lowercase):
        self._tokenizer = self
    def encode_batch_fast(self, lines, add_special_tokens):
        assert not add_special_tokens
        return [SimpleNamespace(ids=[{"a": 5, "b": 1}[word] for word in line.split()]) for line in lines]
class Tokenizer(BertWordPieceTokenizer):
    def __init__(self):
        pass
    def from_file(name):
        assert name == "json/tokenizer.json"
        return Tokenizer()
PYTHON
cat > packages/blingfire.py <<'PYTHON'
import sys
def load_model(path):
    return 0
def TextToIds(model, line, size, buffer, most, unknown):
    return 0
blingfire = sys.modules[__name__]
PYTHON
mkdir model
mv vocab.txt model
run() { PYTHONPATH=packages python3 "$compare" --rpp-bench "$bench" --rpp-data "$data" --rounds 2 --tokenizer model "$@"; }

run --text text.txt > table
expect 0 '5 lines, 0.0 MB; model/vocab.txt, uncased; one thread; medians of 2 rounds' cat table
expect 0 '' grep -E '^flash-tokenizer .*\)  +0  ' table
expect 0 '' grep -E '^tokenizers .*\)  +3  ' table
expect 0 '' grep -E '^blingfire .*\)  +-  ' table
expect 0 'blingfire takes no vocab.txt: timed with its own bert_base_tok.bin, ids not compared' cat table
echo '{"do_lower_case": false}' > model/tokenizer_config.json
expect 0 'model/vocab.txt, cased' run --text text.txt
mkdir json
cat > json/tokenizer.json <<'JSON'
{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
 "pre_tokenizer": {"type": "WhitespaceSplit"}, "decoder": null,
 "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
 "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
           "vocab": {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "a": 5, "b": 6}}}
JSON
run --text text.txt --tokenizer json > table
expect 0 '5 lines, 0.0 MB; json/tokenizer.json; one thread; medians of 2 rounds' cat table
expect 0 '' grep -E '^tokenizers .*\)  +3  ' table
expect 1 '' grep flash table
expect 1 'tokenizer_speed.py: error: absent.txt is missing' run --text absent.txt
expect 1 'tokenizer_speed.py: error: absent/vocab.txt is missing' run --text text.txt --tokenizer absent
printf '%070000d\n' 1 > long.txt
expect 1 'long.txt has a line of 70,000 bytes: 65,534 at most' run --text long.txt
