#!/usr/bin/env bash
# rpp-bench as its user meets it. Small sizes: that it measures what it says, never how fast.
# Usage: rpp_bench_test.sh PATH_OF_RPP_BENCH
source "$(dirname "$0")/expect.sh"
bench=$1
golden=$(cd "$(dirname "$0")/../golden/bert" && pwd)
cd "$dir" || exit 1

expect 0 '"rows":64,"cols":32,"tokens":5,"prune_ratio":0.9' \
  "$bench" matmul --rows 64 --cols 32 --tokens 5 --ratios 0.9 --repeat 1
expect 0 'rpp-bench matmul' "$bench" matmul --help
expect 0 '' "$(dirname "$bench")/rpp-export" "$golden" --output model.rpp
expect 0 '"tokens":7,"batch":2,"threads":2' "$bench" infer --model model.rpp --tokens 7 --batch 2 --threads 2 --repeat 1
expect 0 'rpp-bench infer' "$bench" infer --help
expect 2 'subcommand' "$bench"
expect 2 '--rows and --cols are pairs' "$bench" matmul --rows 64
expect 1 "no kernels named 'AVX9'" "$bench" matmul --kernels AVX9
expect 1 'sequence 0 has 25 tokens, the model takes 1 to 24' "$bench" infer --model model.rpp --tokens 25

# Ranking is part of pruning, which a build without LibTorch leaves out.
if [[ $("$bench" --help) != *rank* ]]; then exit; fi
expect 0 'rpp-bench rank' "$bench" rank --help
expect 0 '"entries":1000,"pruned":800' "$bench" rank --entries 1000 --repeat 1
expect 2 '--entries' "$bench" rank --entries 0
