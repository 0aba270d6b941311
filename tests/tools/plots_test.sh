#!/usr/bin/env bash
# scripts/plots.py for a user: curves of finished and growing runs, what it draws, wrong input.
# Usage: plots_test.sh
source "$(dirname "$0")/expect.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir" || exit 1
plots=(python3 "$root/scripts/plots.py")

mkdir dense rpp empty
printf '%s\n' '{"step":10,"kind":"train","encoder_ratio":0.0,"learning_rate":1e-4,"loss":5.5,"tokens_per_second":99.0}' \
  '{"step":10,"kind":"eval","encoder_ratio":0.0,"loss":5.0,"mlm_accuracy":0.25,"nsp_accuracy":0.5}' > dense/metrics.jsonl
{ sed 's/"encoder_ratio":0.0/"encoder_ratio":0.4/' dense/metrics.jsonl
  echo '{"step":12,"kind":"prune","encoder_ratio":0.4,"gamma":0.07,"newly_pruned":0.1,"returned":0.02}'
  echo '{"step":20,"kind":"eval","encoder_ratio":0.6,"loss":null,"mlm_accuracy":0.125,"nsp_accuracy":0.5}'
  printf '{"step":30,"kind":"eval","mlm_acc'; } > rpp/metrics.jsonl  # the last line is still being written
touch empty/metrics.jsonl

# The table needs no matplotlib.
expect 0 '| step | dense ratio | dense MLM | dense NSP | rpp ratio | rpp MLM | rpp NSP |' "${plots[@]}" dense rpp --table
expect 0 '| 10 | 0.0 | 25.0 | 50.0 | 40.0 | 25.0 | 50.0 |' "${plots[@]}" dense rpp --table
expect 0 '| 20 |  |  |  | 60.0 | 12.5 | 50.0 |' "${plots[@]}" dense rpp --table
expect 0 '| step | A ratio |' "${plots[@]}" dense --table --labels A

expect 0 'plots.py runs/minilm-rpp --output gamma.svg' "${plots[@]}" --help
expect 2 'absent/metrics.jsonl: No such file or directory: name output directories' "${plots[@]}" absent --table
expect 2 'empty/metrics.jsonl holds no metrics yet' "${plots[@]}" empty --table
expect 2 "unknown metric 'prune/gama': did you mean 'prune/gamma'?" "${plots[@]}" rpp --output o.png --metrics prune/gama
expect 2 "unknown metric 'prune/gamma': did you mean 'train/" "${plots[@]}" dense --output o.png --metrics prune/gamma
expect 2 '--labels names 1 different labels for 2 runs' "${plots[@]}" dense rpp --table --labels same same
expect 2 'a run is named twice' "${plots[@]}" dense ./dense --table
expect 2 'one of the arguments --output --table is required' "${plots[@]}" dense
cp -r dense damaged && printf 'no metrics\n' >> damaged/metrics.jsonl
expect 2 'damaged/metrics.jsonl:3: not a line of metrics' "${plots[@]}" damaged --table

for python in "$root/.venv/bin/python" python3 ''; do "$python" -c 'import matplotlib' 2>/dev/null && break; done
if [ -z "$python" ]; then
  expect 2 'matplotlib is missing: scripts/setup.sh --plots' "${plots[@]}" dense --output o.png
  echo 'SKIPPED: no figures without matplotlib: run scripts/setup.sh --plots'
  exit
fi
plots[0]=$python
expect 0 'o.svg: train/loss, train/learning_rate, train/encoder_ratio, train/tokens_per_second, eval/loss, eval/mlm_accuracy, eval/nsp_accuracy, prune/gamma, prune/newly_pruned, prune/returned' \
  "${plots[@]}" dense rpp --output o.svg
for text in 'eval/mlm_accuracy' 'prune/gamma' '<!-- dense -->' '<!-- rpp -->'; do expect 0 "$text" cat o.svg; done
expect 0 'o.png: prune/gamma, eval/loss' "${plots[@]}" rpp --output o.png --metrics prune/gamma eval/loss
expect 0 'PNG' head -c 4 o.png
expect 2 'cannot write o.pngg' "${plots[@]}" dense --output o.pngg
expect 2 'cannot write absent/o.png' "${plots[@]}" dense --output absent/o.png
