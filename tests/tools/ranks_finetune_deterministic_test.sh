#!/usr/bin/env bash
# rpp-finetune with dist.deterministic: checkpoints, logs and predictions of one, two and four processes are equal byte for byte, for
# every kind of task, dropout included; so are those of a run that is killed and continued with other numbers of processes.
# Usage: ranks_finetune_deterministic_test.sh PATH_OF_RPP_FINETUNE      (with the other programs beside it)
source "$(dirname "$0")/expect.sh"
source "$(dirname "$0")/small_corpus.sh"
source "$(dirname "$0")/small_tasks.sh"
source "$(dirname "$0")/rank_runs.sh"
programs=$(cd "$(dirname "$1")" && pwd)
finetune=$programs/rpp-finetune launch=$programs/rpp-launch
cd "$dir" || exit 1

small_model "$programs"
small_tasks

# The last batch of an epoch has two sequences for four virtual ranks.
settings=(--model model --set max_seq_length=16 --set optimizer.learning_rate=1e-3 --set train.batch_size=8 --set train.log_every=1
  --set train.num_threads=1 --set train.eval_every=7 --set train.save_every=6 --set train.keep_checkpoints=true
  --set dist.deterministic=true --set dist.virtual_ranks=4 --set prune.target_ratio=0.5)
finetune() { "$launch" -n "$1" -- "$finetune" "${settings[@]}" "${@:2}"; }
for task in sst2 tags squad embed; do
  declare -n options=$task
  for n in 1 2 4; do expect 0 'eval_' finetune $n "${options[@]}" --set epochs=3 --set prune.method=gradual --output-dir $task-$n; done
  for n in 2 4; do same_bits $task-1 $task-$n || fault "$task: the bits of $n ranks are not those of one"; done
done
for method in dense rpp nip; do
  for n in 1 2 4; do expect 0 'eval_' finetune $n "${sst2[@]}" --set epochs=3 --set prune.method=$method --set train.best_metric=loss --output-dir sst2-$method-$n; done
  for n in 2 4; do same_bits sst2-$method-1 sst2-$method-$n || fault "sst2, $method: the bits of $n ranks are not those of one"; done
done
for n in 1 4; do expect 0 '(2 seeds)' finetune $n "${sst2[@]}" --set epochs=2 --set prune.method=dense --output-dir seeds-$n --seeds 3,4; done
for seed in 3 4; do same_bits seeds-1/seed-$seed seeds-4/seed-$seed || fault "seed $seed: the bits of 4 ranks are not those of one"; done
cmp seeds-1/seeds.json seeds-4/seeds.json || fault 'seeds.json of 4 ranks is not that of one'
long=("$finetune" "${settings[@]}" "${sst2[@]}" --set epochs=20 --set prune.method=gradual)
expect 0 'eval_' "${long[@]}" --output-dir whole
continued killed 60 120 "${long[@]}" --output-dir killed
same_bits whole killed || fault 'sst2: the bits of a run that was killed are not those of a whole one'

# What cannot be deterministic.
expect 2 'train.num_threads is 0' finetune 2 "${sst2[@]}" --set train.num_threads=0 --output-dir refused
expect 2 '3 ranks do not divide dist.virtual_ranks 4' finetune 3 "${sst2[@]}" --output-dir refused
