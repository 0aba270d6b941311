#!/usr/bin/env bash
# scripts/demo_table.py on small run folders: cells, sentences, picture, and methods that cannot be compared.
# Usage: demo_table_test.sh
source "$(dirname "$0")/expect.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir" || exit 1
mkdir build
cat > build/rpp-compare <<'STUB'
#!/usr/bin/env bash
case "$*" in
  *rpp-movies) echo '{"metrics": {"accuracy": {"difference": -0.015, "low": -0.03, "high": 0.0}}}' ;;
  *nip-movies) echo '{"metrics": {"accuracy": {"difference": -0.06, "low": -0.08, "high": -0.04}}}' ;;
esac
STUB
cat > build/rpp-inspect <<'STUB'
#!/usr/bin/env bash
echo "mask $2"
echo "0 of 8,492,529 zeros drifted"
STUB
chmod +x build/rpp-*

# a_run METHOD ACCURACY RATIO BYTES
a_run() {
  mkdir -p "runs/$1" "runs/$1-movies"
  printf '{"step":%d,"kind":"train","learning_rate":%s,"encoder_ratio":%s}\n' 10 5e-4 0.3 20 5e-4 "$3" > "runs/$1/metrics.jsonl"
  echo '{"step":20,"kind":"prune"}' >> "runs/$1/metrics.jsonl"
  printf '{"step":%d,"kind":"train","learning_rate":%s,"encoder_ratio":%s}\n' 10 1e-4 "$3" > "runs/$1-movies/metrics.jsonl"
  echo "{\"eval_accuracy\": $2, \"encoder_ratio\": $3}" > "runs/$1-movies/all_results.json"
  head -c "$4" /dev/zero > "runs/$1.rpp"
}
a_run dense 0.84 0 910000
a_run rpp 0.825 0.8 580000
a_run nip 0.78 0.8 590000
for row in dense:4:28 rpp:1.6:10 nip:1.6:10.5; do
  IFS=: read -r method short long <<< "$row"
  printf '{"model":"runs/%s.rpp","tokens":%d,"sparse_p50_ms":%s}\n' "$method" 16 "$short" "$method" 128 "$long"
done > runs/bench.jsonl

for python in "$root/.venv/bin/python" python3 ''; do "$python" -c 'import matplotlib' 2>/dev/null && break; done
table=("${python:-python3}" "$root/scripts/demo_table.py" --runs runs --build build)
[ -n "$python" ] || echo 'SKIPPED: no picture without matplotlib: run scripts/setup.sh --plots'
status=$([ -n "$python" ] && echo 0 || echo 2)

for text in \
  '| method | encoder ratio | dev accuracy | minus dense, points [95 %] | .rpp file | 1 x 16 tokens | 1 x 128 tokens | zeros after fine-tuning      |' \
  '| dense  | 0.0 %         | 84.0 %       | -                          | 0.9 MB    | 4.0 ms        | 28.0 ms        | -                            |' \
  '| rpp    | 80.0 %        | 82.5 %       | -1.5 [-3.0, +0.0]          | 0.6 MB    | 1.6 ms (2.5x) | 10.0 ms (2.8x) | 0 of 8,492,529 zeros drifted |' \
  'rpp and nip: 20 steps of pruning each with the dense model as teacher, at the same learning rates' \
  'rpp is within two points of dense: 1.5 lost' \
  'nip is not within two points of dense: 6.0 lost' \
  'rpp is 4.5 points above nip, from one seed each'; do
  expect "$status" "$text" "${table[@]}"
done
expect 0 '| nip    | 80.0 %' cat runs/table.md
[ -z "$python" ] || expect 0 'PNG' head -c 4 runs/comparison.png

a_run nip 0.82 0.8 590000
expect "$status" 'rpp and nip differ by 0.5 points, which is within the noise of one short run' "${table[@]}"
sed -i '2s/5e-4/4e-4/;2s/0.0005/0.0004/' runs/nip/metrics.jsonl
expect 1 'the learning rates of runs/rpp and runs/nip differ at step 20' "${table[@]}"
rm runs/bench.jsonl
a_run nip 0.78 0.8 590000
expect 1 'bench.jsonl' "${table[@]}"
