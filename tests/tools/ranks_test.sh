#!/usr/bin/env bash
# rpp-pretrain over several processes: the result of one, whatever the number; deaths, stops, resumption, disagreement.
# Usage: ranks_test.sh PATH_OF_RPP_PRETRAIN      (with rpp-data and rpp-launch beside it)
source "$(dirname "$0")/expect.sh"
source "$(dirname "$0")/small_corpus.sh"
source "$(dirname "$0")/rank_runs.sh"
programs=$(cd "$(dirname "$1")" && pwd)
pretrain=$programs/rpp-pretrain launch=$programs/rpp-launch
cd "$dir" || exit 1

small_corpus "$programs/rpp-data"
cat > run.yaml <<'YAML'
model_config: model.yaml
tokenizer: vocab.txt
output_dir: run
data: {train: [shards], valid: [valid], max_seq_length: 32}
optimizer: {learning_rate: 1e-3}
prune: {target_ratio: 0.6, rounds: 3, stages: 3, recovery_share: 0.2}
train: {steps: 50, batch_size: 8, micro_batch_size: 2, eval_every: 25, eval_batches: 2, log_every: 1, save_every: 20, num_threads: 1}
YAML

# ranks N ARGUMENT...: rpp-pretrain in N processes.
ranks() { "$launch" -n "$1" -- "$pretrain" run.yaml "${@:2}"; }

# With micro-batches of one process, the ranks compute what one process computes, dropout included.
for method in dense rpp nip gradual; do
  expect 0 'one: 50 steps' ranks 1 --set prune.method=$method --set output_dir=one
  for n in 2 4; do
    output=$(ranks $n --set prune.method=$method --set output_dir=several 2>&1) || fault "$method, $n ranks: $output"
    [ "$(grep -c '50 steps, ' <<< "$output")" = 1 ] || fault "not one rank alone reports: $output"
    ! grep -q '^\[rank' <<< "$output" || fault "another rank than the first prints: $output"
    same_metrics one several || fault "$method: $n ranks have other metrics than one"
    rm -r several
  done
  rm -r one
done

# A micro-batch per rank is the default; shares may be uneven.
for n in 1 3; do expect 0 '50 steps' ranks $n --set train.dropout=0 --set train.micro_batch_size=0 --set output_dir=uneven-$n; done
same_metrics uneven-1 uneven-3 || fault '3 ranks have other metrics than one'
expect 2 'train.batch_size is 2, but there are 3 ranks: each needs one sequence at least' ranks 3 --set train.batch_size=2 --set output_dir=small

# A killed rank ends the others with a message, and the run continues from its checkpoint, with any number of ranks.
method=(--set prune.method=rpp --set train.best_metric=loss --set train.save_every=5)
expect 0 '50 steps' ranks 1 "${method[@]}" --set output_dir=whole
start_pair() { start_ranks 2 "$pretrain" run.yaml "${@:2}" --set output_dir="$1"; }
for victim in 0 1; do
  other=$((1 - victim)) run=killed-$victim
  start_pair $run "${method[@]}"
  await_checkpoint $run
  kill -9 "${pids[victim]}"
  wait "${pids[other]}"
  status=$?
  [ $status = 1 ] || fault "rank $other ended with $status: $(cat log-$other)"
  grep -q "rpp-pretrain: error: rank $other of 2: another rank has ended, or has not answered for 120 s; see its own message" log-$other ||
    fault "rank $other says: $(cat log-$other)"
  ! grep -q 'frame #' log-0 log-1 || fault "stacks of calls: $(cat log-0 log-1)"
  expect 0 '50 steps' ranks $((victim * 3 + 1)) "${method[@]}" --set output_dir=$run --resume auto
  same_metrics whole $run || fault "a run that was killed and continued with $((victim * 3 + 1)) ranks has other metrics"
done

# A signal to one rank stops all after the same step, with one checkpoint.
start_pair stopped "${method[@]}"
await_checkpoint stopped
kill -TERM "${pids[1]}"
for rank in 0 1; do
  wait "${pids[rank]}"
  status=$?
  [ $status = 3 ] || fault "rank $rank was stopped and ended with $status: $(cat log-$rank)"
done
grep -q 'resume with: rpp-pretrain stopped/config.yaml --resume auto' log-0 || fault "rank 0 says: $(cat log-0)"
expect 0 '50 steps' ranks 2 "${method[@]}" --set output_dir=stopped --resume auto
same_metrics whole stopped || fault 'a run that was stopped has other metrics'
expect 0 '50 steps' ranks 2 "${method[@]}" --set output_dir=stopped --resume auto

# A rank that does not answer is given up.
start_pair hanging "${method[@]}" --set dist.timeout_seconds=20
await_checkpoint hanging
kill -STOP "${pids[1]}"
wait "${pids[0]}"
status=$?
[ $status = 1 ] && grep -q 'rank 0 of 2: another rank has ended, or has not answered for 20 s' log-0 || fault "after a hang: $status, $(cat log-0)"
kill -9 "${pids[1]}"

# What cannot be one run.
expect 2 "rank 1 has other settings than rank 0: train.seed is '7', on rank 0 '42'; start all ranks with the same command" \
  "$launch" -n 2 -- bash -c '"$0" run.yaml --set output_dir=other --set train.seed=$([ $RANK = 1 ] && echo 7 || echo 42)' "$pretrain"
mkdir -p there-0 there-1 && cp -r model.yaml vocab.txt run.yaml valid shards there-0 && cp -r vocab.txt run.yaml valid shards there-1
sed 's/hidden_size: 32/hidden_size: 16/' model.yaml > there-1/model.yaml
expect 2 'rank 1 reads other data than rank 0: model_config has other contents there; copy the same files to all machines' \
  "$launch" -n 2 -- bash -c 'cd there-$RANK && exec "$0" run.yaml' "$pretrain"
expect 2 'the environment variable RANK is 2, but WORLD_SIZE is 2' env RANK=2 WORLD_SIZE=2 "$pretrain" run.yaml --set output_dir=other
expect 2 '--check runs as one process, but torchrun says rank' ranks 2 --check --set output_dir=other
expect 2 '--verify-resume runs as one process' ranks 2 --verify-resume 4 --set output_dir=other
[ ! -e other ] || fault 'a refused run left its directory'
