#!/usr/bin/env bash
# rpp-speed as its user meets it. Small sizes: that it measures what it says, never how fast.
# Usage: rpp_speed_test.sh PATH_OF_RPP_SPEED
source "$(dirname "$0")/expect.sh"
speed=$1
golden=$(cd "$(dirname "$0")/../golden/bert" && pwd)
cd "$dir" || exit 1

expect 0 '"rows":64,"cols":32,"tokens":5,"prune_ratio":0.9' \
  "$speed" matmul --rows 64 --cols 32 --tokens 5 --ratios 0.9 --repeat 1
expect 0 'rpp-speed matmul' "$speed" matmul --help
expect 0 '' "$(dirname "$speed")/rpp-export" "$golden" --output model.rpp
expect 0 '"tokens":7,"batch":2,"threads":2' "$speed" encoder --model model.rpp --tokens 7 --batch 2 --threads 2 --repeat 1
expect 0 'rpp-speed encoder' "$speed" encoder --help
expect 2 'subcommand' "$speed"
expect 2 '--rows and --cols are pairs' "$speed" matmul --rows 64
expect 1 "no kernels named 'AVX9'" "$speed" matmul --kernels AVX9
expect 1 'sequence 0 has 25 tokens, the model takes 1 to 24' "$speed" encoder --model model.rpp --tokens 25
