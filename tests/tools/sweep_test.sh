#!/usr/bin/env bash
# scripts/sweep.py for a user: a tiny real sweep, kill -9 at any moment, wrong input, a run that fails.
# Usage: sweep_test.sh PATH_OF_RPP_PRETRAIN      (with the other programs beside it)
source "$(dirname "$0")/expect.sh"
programs=$(cd "$(dirname "$1")" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir" || exit 1

for python in "$root/.venv/bin/python" python3 ''; do "$python" -c 'import yaml' 2>/dev/null && break; done
[ -n "$python" ] || { echo "FAILED: PyYAML is missing: run scripts/setup.sh"; failures=1; exit 1; }
sweep=("$python" "$root/scripts/sweep.py")

# A model, text, two tasks of a few rows.
cp -r "$root/tests/golden/bert" model
{ printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 94; } > model/vocab.txt
for document in 0 1 2 3 4 5; do
  for sentence in 1 2 3 4 5 6 7 8; do echo "w$((document * 9 + sentence)) w$sentence w$((document + sentence * 3)) w90"; done
  echo
done > corpus.txt
for part in shards valid; do expect 0 '6 documents' "$programs/rpp-data" build --input corpus.txt --output $part --tokenizer model; done
mkdir -p glue/SST-2 glue/MRPC
{ printf 'sentence\tlabel\n'; for i in 1 2 3 4 5 6 7 8; do printf 'w%d w2\t%d\n' $((i * 9)) $((i % 2)); done; } > glue/SST-2/train.tsv
{ printf 'Quality\t#1 String\t#2 String\n'; for i in 1 2 3 4 5 6 7 8; do printf '%d\tw%d w2\tw%d\n' $((i % 2)) $((i * 9)) $((i * 5)); done; } > glue/MRPC/train.tsv
for task in SST-2 MRPC; do cp glue/$task/train.tsv glue/$task/dev.tsv; done
cat > pretrain.yaml <<'YAML'
model: model
output_dir: unused
data:
  train: [shards]
  valid: [valid]
  max_seq_length: 16
optimizer:
  learning_rate: 1e-3
train:
  steps: 30
  batch_size: 8
  eval_every: 10
  log_every: 1
  eval_batches: 1
  save_every: 5
  num_threads: 1
YAML
cat > finetune.yaml <<'YAML'
max_seq_length: 16
epochs: 4
train:
  batch_size: 4
  save_every: 2
  num_threads: 1
YAML
cat > sweep.yaml <<YAML
output_dir: whole
pretrain: pretrain.yaml
set: {train.steps: 20}
methods:
  nip: {set: {prune.method: nip}}
  dense: {set: {prune.method: dense}}
  nip-global: {set: {prune.method: nip, prune.ranking: global}, ratios: [0.5]}
ratios: [0.5, 0.8]
compare: [[nip, nip-global]]
tasks:
  sst2: {data_dir: glue, config: finetune.yaml, seeds: [1, 2]}
  mrpc: {data_dir: glue, config: finetune.yaml, set: {epochs: 2}}
programs: $programs
jobs: 2
YAML
# variant OUTPUT SED_EXPRESSION: the sweep with one change, in variant.yaml
variant() { sed "s/^output_dir: .*/output_dir: $1/; $2" sweep.yaml > variant.yaml; }
fault() { failures=$((failures + 1)); echo "FAILED: $1"; }

# Help and cost.
expect 0 'sweep.py configs/sweep/minilm.yaml --estimate' "${sweep[@]}" --help
expect 0 'the whole sweep: 16 runs' "${sweep[@]}" sweep.yaml --estimate
expect 0 'methods.nip            2 runs,    2 left, about' "${sweep[@]}" sweep.yaml --estimate
expect 0 'learning rate, pruning: 0.001, warmup of 0 steps, linear decay from step 14 of 20; mean factor 0.88' "${sweep[@]}" sweep.yaml --estimate
expect 0 'learning rate, fine-tuning on sst2: ' "${sweep[@]}" sweep.yaml --estimate
[ ! -e whole ] || fault "--estimate left something behind"
expect 1 'nothing of this sweep has been run' "${sweep[@]}" sweep.yaml --report

# The whole sweep: every row and cell exists, nothing drifted, checkpoints are removed.
expect 0 '[16/16] finetune/' "${sweep[@]}" sweep.yaml --no-estimate
expect 0 '17 whole/results.csv' wc -l whole/results.csv
expect 0 'pretrain,dense,,1,,,0.000000,0.000000,,20,' cat whole/results.csv
expect 0 'pretrain,nip,0.8,1,,,0.79994' cat whole/results.csv
expect 0 'finetune,nip,0.5,1,sst2,2,0.500000,' cat whole/results.csv
# The learning rates that a run logged are those of the curve.
expect 0 '20 steps agree' "$python" - "$root/scripts" <<'PYTHON'
import json, sys
sys.path.insert(0, sys.argv[1])
from sweep.curve import Curve
curve = Curve(learning_rate=1e-3, decay="linear", warmup=0, decay_begin=14, steps=20)
lines = [json.loads(line) for line in open("whole/pretrain/nip-0.5-s1/metrics.jsonl")]
logged = [line for line in lines if "learning_rate" in line]
assert len(logged) == 20, logged
for line in logged:
    assert abs(line["learning_rate"] - 1e-3 * curve.factor(line["step"] - 1)) < 1e-12, line
print("20 steps agree")
PYTHON
expect 0 'pruned by nip, the last 2 of 20 steps with a fixed mask' "$programs/rpp-inspect" ratios whole/pretrain/nip-0.8-s1
expect 1 '' grep -q 'pruned by' <("$programs/rpp-inspect" ratios whole/pretrain/dense-s1)
expect 0 ',0.1000,20,' grep '^pretrain,nip,0.8' whole/results.csv
expect 0 '| nip | 80.0 | 80.0 | 53.5 | 10.0 |' cat whole/results.md
if [ "$(grep -c ',0$' whole/results.csv)" -ne 12 ]; then fault "12 pruned models with 0 drifted: $(cat whole/results.csv)"; fi
expect 0 '| method | asked % | encoder % | whole model % | recovery % | SST-2 accuracy | MRPC accuracy | MRPC F1 |' cat whole/results.md
expect 0 '- Seed 1: 20 steps, ' cat whole/results.md
expect 0 'Zeros that drifted: 0 in 12 pruned models.' cat whole/results.md
[[ $(grep -E '^\| (dense|nip)' whole/results.md | head -4 | cut -d'|' -f2-3 | tr -d ' \n') == 'dense|-nip|50.0nip|80.0nip-global|50.0' ]] ||
  fault "order of the rows: $(cat whole/results.md)"
if grep -E '^\| (dense|nip)' whole/results.md | head -4 | cut -d'|' -f7- | grep -q ' - '; then fault "an empty cell: $(cat whole/results.md)"; fi
if grep -q 'NOT EQUAL' whole/results.md; then fault "unequal runs: $(cat whole/results.md)"; fi
expect 2 'No such file' ls whole/finetune/sst2/dense-s1-f1/model.safetensors
expect 0 'model.safetensors' ls whole/pretrain/nip-0.8-s1
expect 1 '' bash -c 'find whole -name "checkpoint-*" | grep .'
expect 0 '0 of 11,468 zeros drifted' "$programs/rpp-inspect" verify whole/pretrain/nip-0.8-s1
if [ -e "$programs/rpp-compare" ]; then verdicts='### Against dense'; else verdicts='Not made: rpp-compare was missing'; fi
expect 0 "$verdicts" cat whole/results.md
if "$python" -c 'import matplotlib' 2>/dev/null; then
  for figure in sst2 mrpc pretraining; do expect 0 '' test -s whole/figures/$figure.png; done
else
  expect 0 'no figures: matplotlib is missing' "${sweep[@]}" sweep.yaml --report
fi

# Called again it trains nothing, and writes the same tables.
cp -r whole copy && rm whole/results.* && ls -l --time-style=full-iso whole/pretrain/*/model.safetensors > before
expect 0 'results.md' "${sweep[@]}" sweep.yaml --no-estimate
expect 0 '' cmp whole/results.csv copy/results.csv
expect 0 '' cmp whole/results.md copy/results.md
expect 0 '' cmp before <(ls -l --time-style=full-iso whole/pretrain/*/model.safetensors)

# Killed at random moments together with its runs, then told to stop, it is resumed and ends with the same tables.
finished() { grep -ls '"finished": true' "$1"/*/*/sweep_run.json "$1"/*/*/*/sweep_run.json 2>/dev/null | wc -l; }
catches_term() { (( 0x$(sed -n 's/^SigCgt:\t//p' "/proc/$1/status" 2>/dev/null || echo 0) & 1 << 14 )); }
# signal_at COUNT SIGNAL: sends it to a sweep when COUNT of its runs have finished, and to its runs if it is KILL. TERM waits
# until the sweep handles it: a sweep that is still being checked ends silently.
signal_at() {
  local pid children
  "${sweep[@]}" variant.yaml --no-estimate > out 2>&1 &
  pid=$!
  while kill -0 $pid 2>/dev/null && { [ "$(finished killed)" -lt "$1" ] || [ ! -s killed/sweep.json ]; }; do sleep 0.05; done
  if [ "$2" = TERM ]; then
    while kill -0 $pid 2>/dev/null && ! catches_term $pid; do sleep 0.02; done
  else
    sleep "0.$((RANDOM % 10))"
  fi
  children=$(cat /proc/$pid/task/$pid/children 2>/dev/null)
  kill -"$2" $pid 2>/dev/null && signals=$((signals + 1))
  # shellcheck disable=SC2086
  [ "$2" != KILL ] || kill -KILL $children 2>/dev/null
  wait $pid 2>/dev/null
}
variant killed ''
signals=0
for count in 0 $((RANDOM % 3 + 1)) $((RANDOM % 3 + 4)) $((RANDOM % 3 + 7)); do signal_at "$count" KILL; done
[ "$signals" -eq 4 ] || fault "$signals of 4 kills met the sweep"
expect 0 'results.md' "${sweep[@]}" variant.yaml --report
expect 0 'have not finished' cat killed/results.md
signal_at $((RANDOM % 2 + 10)) TERM
expect 0 'run the same command to resume' cat out
expect 0 'killed/results.md' "${sweep[@]}" variant.yaml --no-estimate
expect 0 '' cmp whole/results.csv killed/results.csv
expect 0 '' cmp whole/results.md killed/results.md
for run in pretrain/nip-0.5-s1 finetune/sst2/nip-0.8-s1-f2; do
  expect 0 '' cmp <(grep model_sha256 whole/$run/sweep_run.json) <(grep model_sha256 killed/$run/sweep_run.json)
done

# A run ends with its sweep, whether killed or stopped: it saves and is resumed later.
wait_for() { for _ in $(seq 1200); do grep -q "$1" "$2" 2>/dev/null && return; sleep 0.05; done; fault "no '$1' in $2"; }
variant long 's/train.steps: 20/train.steps: 1000000, train.save_every: 0/; /^tasks/,/mrpc/d'
for signal in KILL TERM; do
  "${sweep[@]}" variant.yaml --no-estimate > out 2>&1 &
  pid=$!
  wait_for 'step [0-9]*[02468]0/' long/logs/pretrain-dense-s1.log
  kill -$signal $pid
  wait_for 'stopped at step' long/logs/pretrain-dense-s1.log 2>/dev/null
  wait $pid 2>/dev/null
  status=$?
  [ $signal = KILL ] || [ $status -eq 3 ] || fault "the status of a stopped sweep is $status"
  expect 0 "$([ $signal = TERM ] && echo 'resumed from long/pretrain/dense-s1/checkpoint-')" cat long/logs/pretrain-dense-s1.log
  mv long/logs/pretrain-dense-s1.log long/logs/$signal.log
done
expect 0 'stopped: 0 of 4 runs have finished; run the same command to resume' cat out

# Only one sweep at a time in a directory, and never beside runs that are still alive.
variant killed ''
expect 1 'another sweep is at work in killed' flock killed/sweep.lock "${sweep[@]}" variant.yaml --no-estimate
rm -f out
flock killed/runs.lock bash -c 'for _ in $(seq 1200); do grep -q waiting out 2>/dev/null && exit; sleep 0.05; done' &
for _ in $(seq 1200); do flock -n killed/runs.lock true || break; sleep 0.05; done
"${sweep[@]}" variant.yaml --no-estimate > out 2>&1
expect 0 'waiting for runs of a killed sweep' cat out

# Verdicts from the output of rpp-compare. This stub always prints the same, and records its arguments.
mkdir stub
cat > stub/rpp-compare <<'BASH'
#!/usr/bin/env bash
echo "$*" >> asked
side='{"n": 2, "mean": 0.5, "sd": 0.1}'
[[ $* != *-values* ]] || { echo '{"difference": 0.012, "low": -0.004, "high": 0.028, "verdict": "within noise"}'; exit; }
rest="\"baseline\": $side, \"candidate\": $side, \"difference\": -0.031, \"low\": -0.05, \"high\": -0.0124, \"verdict\": \"worse\""
echo "{\"task\": \"any\", \"metrics\": {\"accuracy\": {$rest}, \"f1\": {$rest}}, \"mcnemar\": {\"b\": 1, \"c\": 9, \"p\": 0.0216}}"
BASH
chmod +x stub/rpp-compare
variant killed 's/^programs: .*/programs: stub/'
expect 0 'results.md' "${sweep[@]}" variant.yaml --report
verdict='worse -3.1 [-5.0, -1.2]'
expect 0 "| nip | 80.0 | 80.0 | 53.5 | 10.0 | $verdict, p 0.022 | $verdict, p 0.022 | $verdict |" cat killed/results.md
expect 0 '### nip against nip-global, at equal ratio' cat killed/results.md
expect 0 "| nip | 80.0 | 80.0 | 53.5 | 10.0 | one seed " cat killed/results.md
for run in dense nip-0.8; do cp -r killed/pretrain/$run-s1 killed/pretrain/$run-s2; done
cp variant.yaml one-seed.yaml
echo 'seeds: [1, 2]' >> variant.yaml
expect 0 'results.md' "${sweep[@]}" variant.yaml --report
verdict='within noise +1.2 [-0.4, +2.8]'
expect 0 "| nip | 80.0 | 80.0 | 53.5 | 10.0 | $verdict | $verdict |" cat killed/results.md
value() { sed -n 's/.*"mlm_accuracy": \([0-9.e-]*\).*/\1/p' "killed/pretrain/$1/sweep_run.json"; }
expect 0 "--baseline-values $(value dense-s1) $(value dense-s2) --candidate-values $(value nip-0.8-s1) $(value nip-0.8-s2) --json" cat asked
expect 0 'results.md' "${sweep[@]}" one-seed.yaml --report
folder=killed/finetune/sst2
expect 0 "--baseline $folder/nip-global-0.5-s1-f1 $folder/nip-global-0.5-s1-f2 --candidate $folder/nip-0.5-s1-f1 $folder/nip-0.5-s1-f2 --json" cat asked

# A zero that moved is an error every time, and the model is kept as evidence.
for program in rpp-pretrain rpp-finetune; do ln -s "$programs/$program" stub/; done
cat > stub/rpp-inspect <<BASH
#!/usr/bin/env bash
case "\$*" in verify*finetune/sst2*f2*) echo '3 of 7,168 zeros drifted'; exit 1 ;; esac
exec '$programs/rpp-inspect' "\$@"
BASH
chmod +x stub/rpp-inspect
variant drifted 's/^programs: .*/programs: stub/; s/^ratios: .*/ratios: [0.5]/; /mrpc/d; /nip-global/d'
expect 1 'finetune/sst2/nip-0.5-s1-f2 failed: 3 of 7168 zeros drifted' "${sweep[@]}" variant.yaml --no-estimate
expect 1 'finetune/sst2/nip-0.5-s1-f2 failed: 3 of 7168 zeros drifted' "${sweep[@]}" variant.yaml --no-estimate
expect 0 'Zeros that drifted: 3 in 3 pruned models: finetune/sst2/nip-0.5-s1-f2 (3).' cat drifted/results.md
expect 0 'model.safetensors' ls drifted/finetune/sst2/nip-0.5-s1-f2

# Additions are accepted: only they are run.
variant whole 's/nip: {set: {prune.method: nip}}/nip: {set: {prune.method: nip}, ratios: [0.3, 0.5, 0.8]}/'
expect 0 '[20/20] finetune/mrpc/nip-0.3-s1-f1' "${sweep[@]}" variant.yaml --no-estimate --jobs 1
expect 0 '' cmp before <(ls -l --time-style=full-iso whole/pretrain/{dense,nip-0.5,nip-0.8,nip-global}*/model.safetensors)
# Another sweep in the same place is refused, with the first difference.
expect 2 'output_dir whole holds another sweep: methods.nip.ratios was [0.3, 0.5, 0.8], now [0.5, 0.8]' "${sweep[@]}" sweep.yaml
sed 's/output_dir: whole/output_dir: killed/; s/train.steps: 20/train.steps: 21/' sweep.yaml > variant.yaml
expect 2 'output_dir killed holds another sweep: set.train.steps was "20", now "21"' "${sweep[@]}" variant.yaml
variant killed '/mrpc/d'
expect 2 'holds another sweep: tasks.mrpc is gone' "${sweep[@]}" variant.yaml
variant model ''
expect 2 'output_dir model holds something else than a sweep' "${sweep[@]}" variant.yaml
# A changed configuration file with an unchanged sweep file is refused.
variant killed 's/finetune.yaml/other.yaml/'
sed 's/epochs: 4/epochs: 3/' finetune.yaml > other.yaml
cp finetune.yaml kept.yaml && cp other.yaml finetune.yaml
variant killed ''
expect 2 'killed/finetune/sst2/dense-s1-f1 was run with other settings: epochs was 4.0, now 3.0' "${sweep[@]}" variant.yaml
expect 2 'was run with other settings: epochs was 4.0, now 3.0' "${sweep[@]}" variant.yaml --estimate
cp kept.yaml finetune.yaml
# And so is other data under the same names, which an estimate does not read.
cp glue/SST-2/dev.tsv kept.tsv && printf 'w3 w2\t1\n' >> glue/SST-2/dev.tsv
expect 2 'killed/finetune/sst2/dense-s1-f1 was run with other settings: what data_dir holds was ' "${sweep[@]}" variant.yaml
expect 0 '0 left' "${sweep[@]}" variant.yaml --estimate
cp kept.tsv glue/SST-2/dev.tsv
cp valid/manifest.json kept.json && echo >> valid/manifest.json
expect 2 'was run with other settings: what data.valid holds was ' "${sweep[@]}" variant.yaml
cp kept.json valid/manifest.json
expect 0 '0 left' "${sweep[@]}" variant.yaml

# Errors in the file are found before anything is started.
refused() {
  variant fresh "$3"
  expect "$1" "$2" "${sweep[@]}" variant.yaml
  [ ! -e fresh ] || { fault "started in spite of: $2"; rm -rf fresh; }
}
refused 2 "variant.yaml:4: unknown key 'methosd' (did you mean 'methods'?)" 's/^methods:/methosd:/'
refused 2 "variant.yaml:11: unknown key 'tasks.sst2.sedes' (did you mean 'tasks.sst2.seeds'?)" 's/seeds: \[1, 2\]/sedes: [1, 2]/'
refused 2 "variant.yaml:11: unknown task 'sst3': did you mean 'sst2'?" 's/  sst2:/  sst3:/'
refused 2 'variant.yaml:8: ratios is 1.5, a ratio must be between 0 and 1' 's/^ratios: .*/ratios: [0.5, 1.5]/'
refused 2 'ratios names 0.5 twice' 's/^ratios: .*/ratios: [0.5, 0.5]/'
refused 2 "compare names the unknown method 'nip-globel' (did you mean 'nip-global'?)" 's/^compare: .*/compare: [[nip, nip-globel]]/'
refused 2 'reference nip has ratios' 's/^compare: .*/reference: nip/'
refused 2 'the sweep sets train.seed itself, from seeds' 's/train.steps: 20/train.seed: 3/'
refused 2 'pretrain is missing' '/^pretrain:/d'
refused 2 "set prune.method=nipp" 's/prune.method: nip}/prune.method: nipp}/'
refused 2 "(did you mean 'train.steps'?)" 's/train.steps: 20/train.stpes: 20/'
refused 2 'methods.nip-global has train.steps 10, dense has 20' 's/prune.ranking: global/train.steps: 10/'
refused 2 'pruning: methods.dense and methods.nip-global have different learning rates (0.001, warmup of 0 steps, linear decay from step 14 of 20; mean factor 0.88; 0.001, ' 's/prune.ranking: global/schedule.decay_begin: 0.5/'
refused 2 'restarted in each phase of nip-global' 's/prune.ranking: global/schedule.rewind: true/'
refused 2 'fine-tuning on sst2: methods.dense and methods.nip-global have different learning rates' 's/ranking: global},/ranking: global}, finetune: {optimizer.learning_rate: 3e-4},/'
refused 1 'tasks.sst2: no train.tsv' 's/sst2: {data_dir: glue/sst2: {data_dir: absent/'
refused 1 'absent/config.json is missing' 's/train.steps: 20/model: absent/'
refused 1 'absent/manifest.json is missing' 's/train.steps: 20/data.train: absent/'
refused 2 'rpp-pretrain is missing' 's/^programs: .*/programs: absent/'
refused 2 'methods.dense: rpp-pretrain refuses: ' 's/train.steps: 20/data.max_seq_length: 99/'
expect 2 'cannot open absent.yaml' "${sweep[@]}" absent.yaml

refused 2 "the unknown method 'dens'" 's/^  nip-global: .*/  movement: {from: dens, ratios: [0.5]}/; s/^compare.*//'
refused 2 'which must be a method without ratios' 's/^  nip-global: .*/  movement: {from: nip, ratios: [0.5]}/; s/^compare.*//'
refused 2 "a method with 'from' has no pruning runs of its own to set" 's/^  nip-global: .*/  movement: {from: dense, set: {prune.method: nip}}/; s/^compare.*//'
refused 2 'the sweep sets prune.target_ratio itself' 's/^  nip-global: .*/  movement: {from: dense, finetune: {prune.target_ratio: 0.3}, ratios: [0.5]}/; s/^compare.*//'

# A method that prunes during fine-tuning starts from the dense runs; its models' zeros are verified with their own masks.
variant downstream 's/^  nip-global: .*/  movement: {from: dense, finetune: {prune.method: movement, prune.mask_updates: 4}, ratios: [0.5]}/; s/^compare.*/compare: [[movement, nip]]/; s/^  nip: .*/  nip: {set: {prune.method: nip}, ratios: [0.5]}/; /mrpc/d'
expect 0 '[8/8] finetune/sst2/' "${sweep[@]}" variant.yaml --no-estimate
expect 0 'finetune,movement,0.5,1,sst2,2,0.500000,' cat downstream/results.csv
expect 0 '- movement: from dense; fine-tuned with prune.method=movement prune.mask_updates=4' cat downstream/results.md
expect 0 'Zeros that drifted: 0 in 5 pruned models.' cat downstream/results.md
expect 2 'No such file' ls downstream/pretrain/movement-0.5-s1
if [ -e "$programs/rpp-compare" ]; then expect 0 '### movement against nip, at equal ratio' cat downstream/results.md; fi

# A failed run is reported with the end of its log; the others continue, and the next call retries it.
variant partly '/nip-global/d; s/^ratios: .*/ratios: [0.5]/; s/finetune.yaml, set: {epochs: 2}/finetune.yaml, set: {epochs: 2, train.max_bad_steps: 1, optimizer.learning_rate: 1e38}/'
echo 'keep_finetuned: true' >> variant.yaml
expect 1 'finetune/mrpc/dense-s1-f1 failed: status 1; the end of partly/logs/finetune-mrpc-dense-s1-f1.log:' "${sweep[@]}" variant.yaml --no-estimate
expect 0 'steps in a row' cat partly/logs/finetune-mrpc-dense-s1-f1.log
expect 0 '2 of 8 runs have not finished' cat partly/results.md
expect 0 '' cmp <(grep ,sst2, partly/results.csv) <(grep -E 'dense.*,sst2,|nip,0.5.*,sst2,' killed/results.csv)
expect 0 'model.safetensors' ls partly/finetune/sst2/dense-s1-f1
expect 0 'finetune,dense,,1,mrpc,1,,,,,,,,,,,,,,' cat partly/results.csv
