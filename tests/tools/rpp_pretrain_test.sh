#!/usr/bin/env bash
# rpp-pretrain for a user: wrong settings, kill -9 at any moment, a full disk.
# Usage: rpp_pretrain_test.sh PATH_OF_RPP_PRETRAIN      (with rpp-data beside it)
source "$(dirname "$0")/expect.sh"
source "$(dirname "$0")/small_corpus.sh"
pretrain=$1
data=$(dirname "$1")/rpp-data
cd "$dir" || exit 1

small_corpus "$data"
cat > run.yaml <<'YAML'
model_config: model.yaml
tokenizer: vocab.txt
output_dir: run
data:
  train: [shards]
  valid: [valid]
  max_seq_length: 32
optimizer:
  learning_rate: 1e-3
prune:
  gamma: 2e-3
  rounds: 3
  stages: 3
train:
  steps: 100
  batch_size: 8
  eval_every: 20
  eval_batches: 1
  log_every: 5
  save_every: 5
  keep_checkpoints: true
YAML

# Help, version, configuration.
expect 0 'rpp-pretrain configs/pretrain/rpp-minilm.yaml --resume auto' "$pretrain" --help
expect 0 'LibTorch' "$pretrain" --version
expect 0 'steps: 77' "$pretrain" run.yaml --print-config --set train.steps=77
expect 0 'check passed, nothing was started' "$pretrain" run.yaml --check --set prune.method=rpp
expect 2 'No such file' ls run
expect 2 "(did you mean 'train.steps'?)" "$pretrain" run.yaml --set train.stpes=5
expect 2 'train.cuda_graph is true, but the run computes on the CPU: set it to false' "$pretrain" run.yaml --set train.device=cpu --set train.cuda_graph=true
expect 2 'it must be at least 1' "$pretrain" run.yaml --set train.steps=0
expect 2 'absent.yaml' "$pretrain" absent.yaml
sed 's/learning_rate/learning_rat/' run.yaml > typo.yaml
expect 2 "typo.yaml:9: unknown key 'optimizer.learning_rat' (did you mean 'optimizer.learning_rate'?)" "$pretrain" typo.yaml
expect 1 'absent holds no shards' "$pretrain" run.yaml --set data.train=absent
{ cat vocab.txt; echo extra; } > other.txt
expect 1 'were built with another vocabulary' "$pretrain" run.yaml --set tokenizer=other.txt

# Killed at random moments and resumed, a run equals the uninterrupted one bit for bit; so do its log, with lines between the
# checkpoints, and its best weights. No partial files are left.
hashes() {
  (cd "$1" && sha256sum model.safetensors checkpoint-100/*.safetensors checkpoint-100/training/*.safetensors best/*.safetensors
    sed -E 's/,?"tokens_per_second":[^,}]*//' metrics.jsonl | sha256sum
    cat best/best.json && ls -A | grep -E '^\.|lock') 2>/dev/null
}
for method in dense rpp nip; do
  set_method=(--set "prune.method=$method" --set train.log_every=4 --set train.eval_every=8 --set train.best_metric=loss)
  expect 0 '100 steps' "$pretrain" run.yaml "${set_method[@]}" --set output_dir="whole-$method"
  kills=0
  for round in 0 1 2 3; do
    target=$((12 * round + 4 * (RANDOM % 3 + 1)))
    "$pretrain" run.yaml "${set_method[@]}" --set output_dir="killed-$method" --resume auto 2> log &
    pid=$!
    while kill -0 $pid 2>/dev/null && ! grep -q "step $target/" log; do sleep 0.01; done
    sleep "0.0$((RANDOM % 10))"  # during the following steps, or while a checkpoint is written
    kill -9 $pid 2>/dev/null && kills=$((kills + 1))
    wait $pid 2>/dev/null
  done
  expect 0 '100 steps' "$pretrain" run.yaml "${set_method[@]}" --set output_dir="killed-$method" --resume auto
  [ "$kills" -gt 0 ] || { echo "FAILED: $method was never killed"; failures=$((failures + 1)); }
  if [ "$(hashes "whole-$method")" != "$(hashes "killed-$method")" ]; then
    failures=$((failures + 1))
    printf 'FAILED: %s differs after %s kills\n%s\n%s\n' "$method" "$kills" "$(hashes "whole-$method")" "$(hashes "killed-$method")"
  fi
  expect 0 'resume is exact' "$pretrain" run.yaml "${set_method[@]}" --set output_dir="proof-$method" --verify-resume 20
done

# Blocks: zeros are whole blocks, the model says so, and resume is exact.
blocks=(--set prune.method=rpp_preconditioned --set prune.gamma=0 --set prune.block=4)
expect 0 '100 steps' "$pretrain" run.yaml "${blocks[@]}" --set output_dir=blocks
expect 0 '100.0 % of the zeros are in blocks of 1 x 4' "$(dirname "$pretrain")/rpp-inspect" ratios blocks
expect 0 'pruned by rpp_preconditioned in blocks of 1 x 4, the last 30 of 100 steps' "$(dirname "$pretrain")/rpp-inspect" ratios blocks
expect 0 'resume is exact' "$pretrain" run.yaml "${blocks[@]}" --set output_dir=proof-blocks --verify-resume 20
expect 2 'prune.block is 6, it must be 1, 4, 8 or 16' "$pretrain" run.yaml "${blocks[@]}" --set prune.block=6 --check

# A directory belongs to one process at a time, and to a run with its own settings.
: > log
"$pretrain" run.yaml --set output_dir=held --set train.steps=100000 2> log &
pid=$!
while kill -0 $pid 2>/dev/null && ! grep -q 'step 5/' log; do sleep 0.02; done
expect 1 "held is being written by process $pid on " "$pretrain" run.yaml --set output_dir=held --set train.steps=100000 --resume auto
kill -9 $pid; wait $pid 2>/dev/null
expect 0 'run.lock' ls held
expect 2 'held holds a run with other settings: train.seed was 42, now 7;' \
  "$pretrain" run.yaml --set output_dir=held --resume auto --seed 7 --set train.steps=100000

# stop_at STEP ARGUMENTS...: an endless run, sent SIGTERM after that step; its output is in out and log.
stop_at() {
  local step=$1 pid
  shift
  : > log  # removes the previous log before this run writes its own
  "$pretrain" run.yaml --set train.steps=100000 "$@" > out 2> log &
  pid=$!
  while kill -0 $pid 2>/dev/null && ! grep -q "step $step/" log; do sleep 0.02; done
  kill -TERM $pid 2>/dev/null
  wait $pid
}

# SIGTERM saves and exits with the status of a stop; the directory is then protected.
expect 3 '' stop_at 5 --set train.save_every=0
expect 0 'stopped, not finished' cat out
expect 0 'resume with: rpp-pretrain run/config.yaml --resume auto' cat out
expect 0 'signal received: ending the step, then saving' cat log
expect 0 'checkpoint-' ls run
expect 2 'already contains another run' "$pretrain" run.yaml
expect 0 'check passed' "$pretrain" run.yaml --check --set output_dir=fresh

# On a full disk the previous checkpoint stays intact, and the run can be resumed later.
expect 3 '' stop_at 15 --set output_dir=full
before=$(ls full)
expect 1 'File too large' bash -c "trap '' XFSZ; ulimit -f 100
  '$pretrain' run.yaml --set output_dir=full --set train.steps=100000 --resume auto"
[ "$(ls full)" = "$before" ] || { failures=$((failures + 1)); echo "FAILED: $(ls full) was $before"; }
last=$(sed -n 's/.*stopped at step \([0-9]*\) of.*/\1/p' log)
expect 3 '' stop_at $((last / 5 * 5 + 10)) --set output_dir=full --resume auto
expect 0 "resumed from full/checkpoint-$last" cat log

# end_in_five LINE COMMAND...: sends SIGTERM a moment after that line of the log; fails if it takes five seconds to end.
end_in_five() {
  local line=$1 pid
  shift
  : > log
  "$@" > out 2> log &
  pid=$!
  while kill -0 $pid 2>/dev/null && ! grep -q "$line" log; do sleep 0.02; done
  sleep 0.5
  kill -TERM $pid 2>/dev/null || echo 'had ended before the signal'
  for _ in $(seq 50); do kill -0 $pid 2>/dev/null || break; sleep 0.1; done
  kill -KILL $pid 2>/dev/null && echo 'still ran'
  wait $pid
}
endless=("$pretrain" run.yaml --set output_dir=endless --set train.steps=20 --set train.eval_every=20)
# An endless evaluation is stopped; the run then resumes with its own configuration and ends as an uninterrupted one.
expect 3 '' end_in_five 'step 20/20' "${endless[@]}" --set train.eval_batches=10000000
expect 0 'saved as endless/checkpoint-20' cat log
expect 3 '' end_in_five 'continuing in' "${endless[@]}" --set train.eval_batches=10000000 --resume auto
expect 0 '20 steps' "$pretrain" endless/config.yaml --resume auto --set train.eval_batches=1
expect 0 '20 steps' "$pretrain" run.yaml --set output_dir=straight --set train.steps=20 --set train.eval_every=20
expect 0 '' cmp endless/model.safetensors straight/model.safetensors
[ "$(grep -c '"eval"' endless/metrics.jsonl)" -eq 1 ] || { failures=$((failures + 1)); echo "FAILED: evaluations $(cat endless/metrics.jsonl)"; }
# A stopped verification leaves no files.
before=$(ls -A)
expect 3 '' end_in_five 'step 10/' "$pretrain" run.yaml --set output_dir=proof --verify-resume 10000000
expect 0 'rpp-pretrain: stopped by a signal' cat log
[ "$(ls -A)" = "$before" ] || { failures=$((failures + 1)); echo "FAILED: left $(ls -A)"; }

# A finished run is recognised without its checkpoints, and cannot be extended without them.
expect 0 '20 steps' "$pretrain" run.yaml --set output_dir=tidy --set train.steps=20 --set train.keep_checkpoints=false
if ls -d tidy/checkpoint-* 2>/dev/null; then failures=$((failures + 1)); echo 'FAILED: checkpoints of a finished run'; fi
expect 0 'tidy has finished already: 20 steps' "$pretrain" tidy/config.yaml --resume auto
expect 2 'its checkpoints are gone' "$pretrain" tidy/config.yaml --resume auto --set train.steps=30

# A damaged checkpoint is refused by name and the previous one suggested.
latest=$(ls -d killed-rpp/checkpoint-100)
truncate -s -1 "$latest/training/pruner.safetensors"
longer=("$pretrain" run.yaml --set prune.method=rpp --set output_dir=killed-rpp --set train.steps=110 --set train.best_metric=loss --resume auto)
expect 1 'pruner.safetensors is truncated' "${longer[@]}"
expect 1 'resume from there with --resume killed-rpp/checkpoint-95' "${longer[@]}"
expect 0 '100 steps' "$pretrain" run.yaml --set prune.method=rpp --set output_dir=killed-rpp --resume killed-rpp/checkpoint-95
