#!/usr/bin/env bash
# rpp-finetune over several processes: the result of one, for every kind of task; seeds, deaths, stops, resumption.
# Usage: ranks_finetune_test.sh PATH_OF_RPP_FINETUNE      (with the other programs beside it)
source "$(dirname "$0")/expect.sh"
source "$(dirname "$0")/small_corpus.sh"
source "$(dirname "$0")/small_tasks.sh"
source "$(dirname "$0")/rank_runs.sh"
programs=$(cd "$(dirname "$1")" && pwd)
finetune=$programs/rpp-finetune launch=$programs/rpp-launch
cd "$dir" || exit 1

small_model "$programs"
small_tasks
settings=(--model model --set max_seq_length=16 --set epochs=3 --set optimizer.learning_rate=1e-3 --set train.batch_size=8
  --set train.dropout=0 --set train.log_every=1 --set train.num_threads=1 --set train.eval_every=7 --set train.save_every=3)
# ranks N ARGUMENT...: rpp-finetune in N processes.
ranks() { "$launch" -n "$1" -- "$finetune" "${settings[@]}" "${@:2}"; }

# The last batch of an epoch has two sequences: with four ranks two of them have none.
for task in sst2 tags squad embed; do
  declare -n options=$task
  method=(--set prune.method=gradual --set prune.target_ratio=0.5)
  expect 0 'eval_' ranks 1 "${options[@]}" "${method[@]}" --output-dir one
  for n in 2 4; do
    output=$(ranks $n "${options[@]}" "${method[@]}" --output-dir several 2>&1) || fault "$task, $n ranks: $output"
    [ -z "$(grep '^eval_' <<< "$output" | cut -d' ' -f1 | sort | uniq -d)" ] || fault "$task: not one rank alone reports: $output"
    ! grep -q '^\[rank' <<< "$output" || fault "another rank than the first prints: $output"
    same_metrics one several || fault "$task: $n ranks have other metrics than one"
    diff <(cd one && find . | sort) <(cd several && find . | sort) || fault "$task: $n ranks write other files than one"
    rm -r several
  done
  rm -r one
done

# An untrained model is evaluated and predicts bit for bit as in one process.
for task in sst2 tags squad embed; do
  declare -n options=$task
  for n in 1 3; do
    expect 0 'eval_' ranks $n "${options[@]}" --set prune.method=dense --set optimizer.learning_rate=0 --set epochs=1 --output-dir still-$n
  done
  for file in $(find still-1 -type f -name '*predict*') still-1/eval_results.json; do
    cmp "$file" "still-3/${file#*/}" || fault "$task: three ranks evaluate otherwise than one"
  done
  rm -r still-1 still-3
done

# The best model is restored on every rank, which all predict the test file.
best=(--set train.best_metric=accuracy --set train.eval_every=3)
expect 0 'eval_accuracy = ' ranks 2 "${sst2[@]}" "${best[@]}" --output-dir best
expect 0 '"kind":"best"' cat best/metrics.jsonl
expect 0 'has finished already' ranks 2 "${sst2[@]}" "${best[@]}" --output-dir best --resume auto

# Seeds are separate runs, one after the other.
expect 0 '(2 seeds)' ranks 1 "${sst2[@]}" --output-dir seeds-1 --seeds 3,4
output=$(ranks 2 "${sst2[@]}" --output-dir seeds-2 --seeds 3,4 2>&1) || fault "two seeds: $output"
[ "$(grep -c 'eval_loss = .* (2 seeds)' <<< "$output")" = 1 ] || fault "not one rank alone reports the seeds: $output"
for seed in 3 4; do same_metrics seeds-1/seed-$seed seeds-2/seed-$seed || fault "seed $seed: 2 ranks have other metrics than one"; done
rm -r seeds-2/seed-4 seeds-2/seeds.json
expect 0 '(2 seeds)' ranks 3 "${sst2[@]}" --output-dir seeds-2 --seeds 3,4 --resume auto
same_metrics seeds-1/seed-4 seeds-2/seed-4 || fault 'the second seed over three ranks has other metrics'
expect 2 'rank 1 has other seeds than rank 0: --seeds is 4, on rank 0 3; start all ranks with the same command' \
  "$launch" -n 2 -- bash -c '"$0" "$@" --seeds $((3 + RANK))' "$finetune" "${settings[@]}" "${sst2[@]}" --output-dir other

# A killed rank ends the others, and the run continues with any number of ranks.
long=("${settings[@]}" "${sst2[@]}" --set epochs=30)
expect 0 'eval_accuracy = ' "$finetune" "${long[@]}" --output-dir whole
start_ranks 2 "$finetune" "${long[@]}" --output-dir killed
await_checkpoint killed
kill_rank 1
expect 0 'eval_accuracy = ' "$launch" -n 3 -- "$finetune" "${long[@]}" --output-dir killed --resume auto
same_metrics whole killed || fault 'a run that was killed and continued has other metrics'

# A signal to one rank stops all of them, with one checkpoint.
start_ranks 2 "$finetune" "${long[@]}" --output-dir stopped
await_checkpoint stopped
kill -TERM "${pids[1]}"
for rank in 0 1; do
  wait "${pids[rank]}"
  status=$?
  [ $status = 3 ] || fault "rank $rank was stopped and ended with $status: $(cat log-$rank)"
done
grep -q 'resume with: rpp-finetune --config stopped/config.yaml --resume auto' log-0 || fault "rank 0 says: $(cat log-0)"
! grep -q 'resume with' log-1 || fault "rank 1 says: $(cat log-1)"
expect 0 'eval_accuracy = ' "$finetune" "${long[@]}" --output-dir stopped --resume auto
same_metrics whole stopped || fault 'a run that was stopped has other metrics'

# What cannot be one run.
expect 2 'train.batch_size is 2, but there are 3 ranks: each needs one sequence at least' \
  ranks 3 "${sst2[@]}" --set train.batch_size=2 --output-dir other
expect 2 "rank 1 has other settings than rank 0: epochs is '2.0', on rank 0 '1.0'; start all ranks with the same command" \
  "$launch" -n 2 -- bash -c '"$0" "$@" --set epochs=$((RANK + 1))' "$finetune" "${settings[@]}" "${sst2[@]}" --output-dir other
expect 2 '--check runs as one process' ranks 2 "${sst2[@]}" --check --output-dir other
