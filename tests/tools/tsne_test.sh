#!/usr/bin/env bash
# scripts/tsne.py for a user: what it prints and draws, the numbers in closed form, wrong input.
# Usage: tsne_test.sh PATH_OF_RPP_PREDICT
source "$(dirname "$0")/expect.sh"
programs=$(cd "$(dirname "$1")" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir" || exit 1

for python in "$root/.venv/bin/python" python3 ''; do "$python" -c 'import numpy, sklearn, matplotlib' 2>/dev/null && break; done
if [ -z "$python" ]; then
  expect 2 'is missing: scripts/setup.sh --plots' python3 "$root/scripts/tsne.py" a b
  echo 'SKIPPED: no comparison of vectors without scikit-learn: run scripts/setup.sh --plots'
  exit
fi
tsne=("$python" "$root/scripts/tsne.py" --programs "$programs")

cp -r "$root/tests/golden/bert" model
{ printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; for a in a b c d e; do for b in a b c d e f g h i j k l m n o p q r s; do echo "w$a$b"; done; done; } > model/vocab.txt
cp -r model same
for a in a b c d e; do for b in a b c d e f; do echo "w$a$b wa$b w$b$a"; done; done > texts.txt

# A model is its own equal.
expect 0 '| 95 words | same | 100.0 % | 1.0000 | 1.0000 |' "${tsne[@]}" model same --neighbours 3
expect 0 '| 30 texts | same | 100.0 % | 1.0000 | 1.0000 |' "${tsne[@]}" model same --texts texts.txt --neighbours 3 --limit 50
expect 0 'vectors.png: 2 models' "${tsne[@]}" model same --texts texts.txt --neighbours 3 --limit 50 --output vectors.png
expect 0 'PNG' head -c 4 vectors.png

# The numbers. Points on a circle, at 0, 10, 20, 90, 100, 110 degrees.
expect 0 'closed forms agree' "$python" - "$root/scripts" <<'PYTHON'
import sys
sys.path.insert(0, sys.argv[1])
import numpy
from tsne import linear_cka, overlap

def circle(degrees):
    angle = numpy.radians(numpy.array(degrees, dtype=float))
    return numpy.stack([numpy.cos(angle), numpy.sin(angle)], axis=1)

points = circle([0, 10, 20, 90, 100, 110])
assert overlap(points, circle([50, 60, 70, 140, 150, 160]), 2) == 1
assert abs(linear_cka(points, 3 * points[:, ::-1] + 7) - 1) < 1e-12
# The third point among the others: it has no neighbour of before, and the others one of two.
moved = circle([0, 10, 95, 90, 100, 110])
assert abs(overlap(points, moved, 2) - (0 + 5 * 1 / 2) / 6) < 1e-12, overlap(points, moved, 2)
# Orthogonal centred columns have nothing in common.
a, b = numpy.array([[1.0], [-1], [1], [-1]]), numpy.array([[1.0], [1], [-1], [-1]])
assert abs(linear_cka(a, b)) < 1e-12
print("closed forms agree")
PYTHON

expect 2 'name two models or more' "${tsne[@]}" model
expect 2 'absent/vocab.txt' "${tsne[@]}" model absent
expect 2 '95 words are too few for 50 neighbours' "${tsne[@]}" model same --neighbours 50
expect 2 '--neighbours must be at least 1' "${tsne[@]}" model same --neighbours 0
sed -i 's/waa/other/' same/vocab.txt
expect 2 'the models have different vocabularies: name --texts' "${tsne[@]}" model same --neighbours 3
expect 2 'absent.txt' "${tsne[@]}" model same --texts absent.txt --neighbours 3
