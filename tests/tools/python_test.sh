#!/usr/bin/env bash
# The Python package: its wheel, built and installed as docs/python.md says, gives the answers of rpp-predict; errors, threads and
# shapes of results.
# Usage: python_test.sh PATH_OF_RPP_PREDICT
source "$(dirname "$0")/expect.sh"
predict=$(cd "$(dirname "$1")" && pwd)/rpp-predict
exporter=${predict%predict}export
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir" || exit 1

python3 -m venv empty > log 2>&1 || { cat log; echo 'SKIPPED: python3 -m venv does not work: install python3-venv'; exit; }
empty/bin/pip --quiet download --no-deps --dest packages scikit-build-core numpy > log 2>&1 ||
  { cat log; echo 'SKIPPED: pip cannot get scikit-build-core and numpy: no network?'; exit; }

# The commands of the page: build the wheel and install it. With the compiler that CMake chooses without Python, so that the
# objects in the compiler's cache are those of install_test.sh.
export CC=cc CXX=c++
mkdir checkout
cp -r "$root"/{CMakeLists.txt,cmake,include,src,python} checkout/
: > rules.txt
(cd checkout && python3 "$root/tests/tools/doc_run.py" --rules ../rules.txt "$root/docs/python.md") || exit 1
python=$dir/checkout/rpp-venv/bin/python

# Models with each head, and a sentence encoder with prompts.
words() { { printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 94; } > "$1/vocab.txt"; }
for head in classifier span tokens; do cp -r "$root/tests/golden/bert/$head" . && words "$head"; done
mkdir mlm encoder encoder/1_Pooling
cp "$root"/tests/golden/bert/{config.json,model.safetensors} mlm && words mlm
cp classifier/* encoder
echo '{"pooling_mode_mean_tokens": true}' > encoder/1_Pooling/config.json
echo '{"prompts": {"query": "w7 "}}' > encoder/config_sentence_transformers.json
cat > encoder/modules.json << 'END'
[{"path": "", "type": "sentence_transformers.models.Transformer"}, {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
 {"path": "2_Normalize", "type": "sentence_transformers.models.Normalize"}]
END
cp -r classifier ranker && python3 "$root/tests/tools/one_label.py" ranker
"$exporter" classifier --output classifier.rpp > /dev/null 2>&1 || { echo 'FAILED: rpp-export'; exit 1; }
printf '%s\n' 'w1 w2' '' 'w3 w4 w5 w6 w7 w8' 'w90 w80 é' > texts.txt

cat > answers.py << 'END'
"""Prints what rpp-predict prints for the same model and texts: answers.py KIND MODEL"""
import sys
from rpp_runtime import Model

kind, path = sys.argv[1:]
texts = open("texts.txt", encoding="utf-8").read().split("\n")[:-1]


def row(values):
    print("\t".join(f"{value:.6g}" if isinstance(value, float) else value for value in values))


def numbers(vectors):
    for vector in vectors:
        print(*[value.hex() for value in vector.tolist()])


with Model(path) as model:
    if kind == "embed":
        numbers(model.embed(texts))
    elif kind == "small":
        numbers(model.embed(texts, batch_tokens=8))
    elif kind == "query":
        numbers(model.embed(texts, prompt="query", dimensions=8, normalize=True))
    elif kind == "raw":
        numbers(model.embed(texts, normalize=False))
    elif kind == "classify":
        for answer in model.classify(texts):
            row(answer)
    elif kind == "pairs":
        for answer in model.classify(texts, texts[::-1]):
            row(answer)
    elif kind == "fill":
        row(model.fill("w1 [MASK]", 1)[0])
    elif kind == "ask":
        answer = model.ask("w1 w2", "é w3 w4 w5 w6")
        row([answer.text, answer.score] if answer else ["", 0.0])
        assert answer is None or "é w3 w4 w5 w6"[answer.start:answer.end] == answer.text
    elif kind == "rank":
        passages = ["w2", "w1 w1", "w0", "w2"]
        for one in model.rank("w0 w1", passages):
            row([one.score, passages[one.index]])
    elif kind == "tag":
        for text in texts:
            entities = model.tag(text)
            row([value for one in entities for value in (one.text, one.label, one.score)])
            assert all(text[one.start:one.end] == one.text for one in entities)
END

# Scores are doubles in rpp-predict and float32 in Python, so that their sixth digits may be rounded differently.
cat > compare.py << 'END'
import math
import sys


def equal(a, b):
    try:
        return math.isclose(float(a), float(b), rel_tol=1.1e-5)  # one in the sixth digit
    except ValueError:
        return a == b


lines = [open(name, encoding="utf-8").read().split("\n") for name in sys.argv[1:]]
differ = [(a, b) for a, b in zip(*lines) if len(a.split("\t")) != len(b.split("\t"))
          or not all(map(equal, a.split("\t"), b.split("\t")))]
for a, b in differ:
    print(f"< {a}\n> {b}")
sys.exit(len(lines[0]) != len(lines[1]) or bool(differ))
END

# Printed floats as their exact bits: rpp-predict prints the digits that give the same float32.
bits() { "$python" -c 'import sys, numpy
for line in sys.stdin: print(*[float(numpy.float32(value)).hex() for value in line.split()])'; }
same() {  # KIND MODEL INPUT OPTIONS...
  local kind=$1 model=$2 input=$3 filter=cat
  shift 3
  case $* in *--embed*) filter=bits ;; esac
  "$predict" --model "$model" --input "$input" "$@" 2> /dev/null | "$filter" > expected
  [ -s expected ] || { failures=$((failures + 1)); echo "FAILED: rpp-predict prints nothing for $kind"; }
  "$python" answers.py "$kind" "$model" > answers
  "$python" compare.py expected answers || { failures=$((failures + 1)); echo "FAILED: $kind differs"; }
}
same embed encoder texts.txt --embed
same small encoder texts.txt --embed
same query encoder texts.txt --embed --prompt query --dimensions 8 --normalize yes
same raw encoder texts.txt --embed --normalize no
same embed classifier.rpp texts.txt --embed
same classify classifier.rpp texts.txt
paste texts.txt <(tac texts.txt) > pairs.txt
same pairs classifier pairs.txt
echo 'w1 [MASK]' > mask.txt
same fill mlm mask.txt
printf 'w1 w2\té w3 w4 w5 w6\n' > question.txt
same ask span question.txt
same tag tokens texts.txt
printf 'w2\nw1 w1\nw0\nw2\n' > passages.txt
same rank ranker passages.txt --rank --query 'w0 w1'

expect 0 'all checks passed' "$python" "$root/tests/tools/python_checks.py"
