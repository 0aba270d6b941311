#!/usr/bin/env bash
# scripts/gpu_check.sh on the CPU: its pieces run, measure and verify, and wrong use is refused.
# Usage: gpu_check_test.sh PATH_OF_RPP_PRETRAIN      (with the other programs beside it)
source "$(dirname "$0")/expect.sh"
programs=$(cd "$(dirname "$1")" && pwd)
check=$(cd "$(dirname "$0")/../../scripts" && pwd)/gpu_check.sh
export OMP_NUM_THREADS=1

expect 2 'fast is no option and no piece' "$check" fast
expect 2 '--device needs a value' "$check" --device
expect 2 '--shards needs the --tokenizer' "$check" --shards x
expect 1 'absent has no rpp-pretrain' "$check" --programs "$dir/absent" --device cpu
expect 0 'resume is exact' "$check" --programs "$programs" --device cpu --quick --output "$dir/lines" speed curves resume rpp
expect 0 'graph: needs a GPU, skipped' "$check" --programs "$programs" --device cpu --quick graph
expect 0 '"bench":"train"' head -1 "$dir/lines"
expect 0 '"precision":"bf16","steps":20,"largest_relative_difference":0,' cat "$dir/lines"
expect 0 '{"bench":"rpp","method":"rpp","step":20,"kind":"eval"' tail -1 "$dir/lines"
expect 0 '5 ' wc -l "$dir/lines"
