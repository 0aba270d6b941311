#!/usr/bin/env bash
# rpp-pretrain with dist.deterministic: the checkpoints and logs of one, two and four processes are equal byte for byte, dropout included; so are
# those of a run that is killed and continued with other numbers of processes.
# Usage: ranks_deterministic_test.sh PATH_OF_RPP_PRETRAIN      (with the other programs beside it)
source "$(dirname "$0")/expect.sh"
source "$(dirname "$0")/small_corpus.sh"
source "$(dirname "$0")/rank_runs.sh"
programs=$(cd "$(dirname "$1")" && pwd)
pretrain=$programs/rpp-pretrain launch=$programs/rpp-launch
cd "$dir" || exit 1

small_corpus "$programs/rpp-data"
cat > run.yaml << 'YAML'
model_config: model.yaml
tokenizer: vocab.txt
output_dir: run
data: {train: [shards], valid: [valid], max_seq_length: 32}
optimizer: {learning_rate: 1e-3}
prune: {target_ratio: 0.6, rounds: 3, stages: 3, recovery_share: 0.2}
train: {steps: 30, batch_size: 10, eval_every: 10, eval_batches: 3, log_every: 1, save_every: 10, keep_last: 5, keep_checkpoints: true, num_threads: 1}
dist: {deterministic: true, virtual_ranks: 4}
YAML
pretrain() { "$launch" -n "$1" -- "$pretrain" run.yaml "${@:2}"; }

# Ten sequences for four virtual ranks: parts of 2, 3, 2 and 3.
for method in dense rpp nip gradual; do
  for n in 1 2 4; do expect 0 ' steps, ' pretrain $n --set prune.method=$method --set output_dir=$method-$n; done
  for n in 2 4; do same_bits $method-1 $method-$n || fault "$method: the bits of $n ranks are not those of one"; done
  rm -r $method-2 $method-4
done
expect 0 ' steps, ' pretrain 2 --set prune.method=dense --set output_dir=rounded --set dist.deterministic=false
! same_bits dense-1 rounded > differences || fault 'without dist.deterministic the bits are equal too: the comparison shows nothing'

# More threads, micro-batches smaller than a virtual rank's part, and bf16.
for n in 1 4; do
  expect 0 ' steps, ' pretrain $n --set prune.method=rpp --set output_dir=other-$n --set train.num_threads=2 --set train.precision=bf16 \
    --set train.batch_size=16 --set train.micro_batch_size=3 --set dist.virtual_ranks=4
done
same_bits other-1 other-4 || fault 'the bits of 4 ranks with two threads each are not those of one'

for method in dense rpp nip gradual; do
  long=("$pretrain" run.yaml --set prune.method=$method --set train.steps=120 --set train.eval_every=40 --set train.keep_last=2)
  expect 0 '120 steps' "${long[@]}" --set output_dir=whole
  continued killed 60 120 "${long[@]}" --set output_dir=killed
  same_bits whole killed || fault "$method: the bits of a run that was killed are not those of a whole one"
  rm -r whole killed
done

# What cannot be deterministic.
expect 2 '3 ranks do not divide dist.virtual_ranks 4: start a power of two of them, at most 4' pretrain 3 --set output_dir=refused
expect 2 '4 ranks do not divide dist.virtual_ranks 2' pretrain 4 --set dist.virtual_ranks=2 --set output_dir=refused
expect 2 'dist.virtual_ranks is 6, it must be a power of two: set it to 8' pretrain 2 --set dist.virtual_ranks=6 --set output_dir=refused
expect 2 'train.batch_size 2 is less than dist.virtual_ranks 4: set dist.virtual_ranks to 2 or less' \
  pretrain 2 --set train.batch_size=2 --set output_dir=refused
