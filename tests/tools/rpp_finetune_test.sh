#!/usr/bin/env bash
# rpp-finetune as its user meets it. Usage: rpp_finetune_test.sh PATH_OF_RPP_FINETUNE
source "$(dirname "$0")/expect.sh"
finetune=$1
model=$(cd "$(dirname "$0")/../golden/bert" && pwd)
cd "$dir" || exit 1
cp -r "$model" model
{ printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 94; } > model/vocab.txt
printf 'sentence\tlabel\nw1 w2\t0\nw60 w61\t1\nw3 w2\t0\nw62\t1\n' > train.tsv
cp train.tsv dev.tsv
run=("$finetune" --task sst2 --data-dir . --model model --output-dir out --set max_seq_length=16)

expect 0 'rpp-finetune --task sst2' "$finetune" --help
expect 0 'LibTorch' "$finetune" --version
expect 0 'task: sst2' "${run[@]}" --print-config
expect 0 'check passed' "${run[@]}" --check
expect 0 'eval_accuracy = ' "${run[@]}"
expect 0 '"eval_samples": 4' cat out/all_results.json
expect 2 'already holds another run' "${run[@]}"
expect 2 "unknown task 'sst3': did you mean 'sst2'?" "$finetune" --task sst3 --data-dir . --model model --output-dir o
expect 1 'absent' "$finetune" --task sst2 --data-dir absent --model model --output-dir o
expect 1 'absent' "$finetune" --task sst2 --data-dir . --model absent --output-dir o
expect 2 'output_dir' "$finetune" --task sst2 --data-dir . --model model
printf 'sentence\tlabel\nw1 w2\t0\nw60\n' > train.tsv
expect 1 'train.tsv:3: 1 columns, expected at least 2' "$finetune" --task sst2 --data-dir . --model model --output-dir o
printf 'sentence\tlabel\nw1 w2\tpositive\n' > train.tsv
expect 1 "train.tsv:2: unknown label 'positive' (expected 0, 1)" "$finetune" --task sst2 --data-dir . --model model --output-dir o
