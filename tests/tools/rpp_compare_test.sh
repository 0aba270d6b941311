#!/usr/bin/env bash
# rpp-compare for a user: its output and exit status.
# Usage: rpp_compare_test.sh PATH_OF_RPP_COMPARE
source "$(dirname "$0")/expect.sh"
compare=$(realpath "$1")
cd "$dir" || exit 1

# write_run DIR TASK RIGHT TOTAL: the first RIGHT predictions are correct.
write_run() {
  mkdir -p "$1"
  awk -v right="$3" -v total="$4" 'BEGIN {
    print "index\tprediction\tlabel"
    for (i = 0; i < total; ++i) printf "%d\t%d\t%d\n", i, i < right ? i % 2 : 1 - i % 2, i % 2
  }' > "$1/eval_predictions_$2.txt"
}
write_run a1 sst2 160 200
write_run a2 sst2 162 200
write_run b1 sst2 180 200
write_run b2 sst2 182 200
write_run paraphrases mrpc 50 100
mkdir scores
printf 'index\tprediction\tlabel\n0\t0.1\t0\n1\t2.9\t2.5\n2\t2.0\t3.75\n3\t4.8\t5\n' > scores/eval_predictions_stsb.txt

# Valid use.
expect 0 'rpp-compare ' "$compare" --version
expect 0 '  rpp-compare --baseline ' "$compare" --help  # an example
better=("$compare" --baseline a1 a2 --candidate b1 b2)
expect 0 'sst2: 2 baseline runs, 2 candidate runs, 200 examples' "${better[@]}"
expect 0 'accuracy          0.8050  0.0071     0.9050  0.0071     +0.1000  [+0.0' "${better[@]}"
expect 0 ']  better' "${better[@]}"
expect 0 ']  worse' "$compare" --baseline b1 b2 --candidate a1 a2
expect 0 ']  within noise' "$compare" --baseline a1 a2 --candidate a2 a1
expect 0 'combined_score' "$compare" --baseline paraphrases --candidate paraphrases
expect 0 'spearman          0.8000' "$compare" --baseline scores --candidate scores

# A directory written by --seeds stands for its runs.
mkdir a b && cp -r a1 a/seed-9 && cp -r a2 a/seed-10 && cp -r b1 b/seed-1 && cp -r b2 b/seed-2
expect 0 '' cmp <("${better[@]}") <("$compare" --baseline a --candidate b)
expect 1 '' bash -c "'$compare' --baseline a --candidate b | grep 'no verdict'"

# One run a side: no deviation, no verdict, and McNemar's exact test.
one=("$compare" --baseline a1 --candidate b1)
expect 0 'sst2: 1 baseline run, 1 candidate run, 200 examples' "${one[@]}"
expect 0 'accuracy          0.8000       -     0.9000       -     +0.1000' "${one[@]}"
expect 0 ']  examples only' "${one[@]}"
expect 0 'no verdict: the baseline has one run and the candidate has one run. The interval covers' "${one[@]}"
expect 0 'McNemar: b = 0 (right in the baseline only), c = 20 (in the candidate only), p = 1.91e-06' "${one[@]}"
expect 0 '"sd": null' "${one[@]}" --json
expect 0 'no verdict: the candidate has one run.' "$compare" --baseline b1 b2 --candidate a1

# McNemar's test needs classes, and one run a side.
unwanted() {
  expect 0 "$1" "${@:2}"
  if "${@:2}" | grep -qi mcnemar; then
    echo "FAILED: McNemar in ${*:2}"
    failures=$((failures + 1))
  fi
}
unwanted 'better' "${better[@]}"
unwanted 'pearson' "$compare" --baseline scores --candidate scores
unwanted '"n": 1' "$compare" --baseline a1 --candidate b1 b2 --json

# The same as JSON.
json() {
  "${better[@]}" --json | tr -d ' \n' | sed 's/\([0-9]\.[0-9]\{3\}\)[0-9]*/\1/g'
}
expect 0 '{"task":"sst2","metrics":{"accuracy":{"baseline":{"n":2,"runs":2,"mean":0.805,"sd":0.007},"candidate":{"n":2,"runs":2,"mean":0.905,"sd":0.007}' json
expect 0 '"verdict":"better"}},"interval_covers":["examples","seeds"]}' json
expect 0 '"low":0.0' json
one_json() { "${one[@]}" --json | tr -d '\n' | tr -s ' '; }
expect 0 '"verdict": "examples only" } }, "interval_covers": [ "examples" ]' one_json
expect 0 '"no_verdict": "the baseline has one run and the candidate has one run", "mcnemar": { "b": 0, "c": 20, "p": 1.9' one_json

# Runs that started from the same model count as one value.
# started_from MODEL RUN...
started_from() {
  for run in "${@:2}"; do
    echo "{\"format\": \"rpp-finished-1\", \"config\": \"\", \"inputs\": {\"model\": \"xxh3:$1\"}}" > "$run/finished.json"
  done
}
for run in 1 2 3; do write_run "dense$run" sst2 $((180 + run)) 200; write_run "pruned$run" sst2 $((160 + run)) 200; done
pruned=("$compare" --baseline dense{1,2,3} --candidate pruned{1,2,3})
expect 0 'note: 6 runs have no config.yaml: each counts as the run of a different model' "${pruned[@]}"
started_from 01 dense{1,2,3}
started_from 02 pruned{1,2}
started_from 03 pruned3
expect 0 'sst2: 3 baseline runs of 1 model, 3 candidate runs of 2 models, 200 examples' "${pruned[@]}"
expect 0 'no verdict: the 3 baseline runs started from one model (see --fixed-model in --help). The interval' "${pruned[@]}"
expect 0 ']  worse' "${pruned[@]}" --fixed-model baseline
expect 0 'sst2: 3 baseline runs, 3 candidate runs of 2 models, 200 examples' "${pruned[@]}" --fixed-model baseline
expect 0 'sst2: 3 baseline runs, 3 candidate runs, 200 examples' "${pruned[@]}" --fixed-model both
expect 1 '' bash -c "'${pruned[0]}' ${pruned[*]:1} --fixed-model baseline | grep note"
expect 2 "--fixed-model: bases not in {baseline,candidate,both}" "${pruned[@]}" --fixed-model bases
echo '{"format": "rpp-finished-1"' > dense1/finished.json
expect 1 'dense1/finished.json' "${pruned[@]}"
expect 1 'rpp-compare: error: --candidate names b1 twice' "$compare" --baseline a1 --candidate b1 b2 b1

# Scores of other programs. The interval is that of Welch's t-test: scipy.stats.ttest_ind(candidate, baseline, equal_var=False).
values=("$compare" --baseline-values 0.331 0.334 0.330 --candidate-values 0.339 0.338 0.342)
expect 0 '3 baseline values, 3 candidate values' "${values[@]}"
expect 0 'value             0.3317  0.0021     0.3397  0.0021     +0.0080  [+0.0033, +0.0127]  better' "${values[@]}"
expect 0 '"interval_covers": [' "${values[@]}" --json
expect 0 ']  within noise' "$compare" --baseline-values 1 2 3 --candidate-values 3 1 2.1
expect 1 'rpp-compare: error: 1 and 2 values: the variance between seeds needs two a side' "$compare" --baseline-values 1 --candidate-values 3 1
expect 1 'the value nan is not a finite number' "$compare" --baseline-values 1 nan --candidate-values 3 1
expect 2 '--candidate-values is required' "$compare" --baseline-values 1 2
expect 2 '--baseline-values is required' "$compare" --candidate-values 1 2
expect 2 '--baseline excludes --baseline-values' "$compare" --baseline-values 1 2 --candidate-values 1 2 --baseline a1

# A wrong command line gives status 2.
expect 2 '--baseline is required' "$compare" --candidate b1
expect 2 '--candidate is required' "$compare" --baseline a1
expect 2 "unknown argument '--jsn': did you mean '--json'?" "$compare" --baseline a1 --candidate b1 --jsn

# Runs that cannot be compared give status 1 and are named.
expect 1 'rpp-compare: error: no directory absent' "$compare" --baseline a1 --candidate absent
expect 1 'paraphrases is a run of mrpc, a1 of sst2' "$compare" --baseline a1 --candidate paraphrases
write_run short sst2 10 100
expect 1 'short/eval_predictions_sst2.txt has 100 rows, a1/eval_predictions_sst2.txt has 200' \
  "$compare" --baseline a1 --candidate short
mkdir unfinished
expect 1 'unfinished has no eval_predictions_TASK.txt' "$compare" --baseline a1 --candidate unfinished
cp -r a1 relabelled
sed -i 's/^5\t1\t1$/5\t1\t0/' relabelled/eval_predictions_sst2.txt
expect 1 'relabelled/eval_predictions_sst2.txt:7: another label' "$compare" --baseline a1 --candidate relabelled
expect_full "$compare" --baseline a1 --candidate a1
expect_full "$compare" --baseline a1 --candidate a1 --json
cp -r a1 damaged
sed -i '9s/.*/7\t1/' damaged/eval_predictions_sst2.txt
expect 1 'damaged/eval_predictions_sst2.txt:9: 2 columns' "$compare" --baseline a1 --candidate damaged
cut -f 1,2 a1/eval_predictions_sst2.txt > unfinished/eval_predictions_sst2.txt
expect 1 "unfinished/eval_predictions_sst2.txt:1: no column 'label'" "$compare" --baseline a1 --candidate unfinished
