#!/usr/bin/env bash
# rpp-bench as its user meets it. Small sizes: that it measures what it says, never how fast.
# Usage: rpp_bench_test.sh PATH_OF_RPP_BENCH
source "$(dirname "$0")/expect.sh"

expect 0 'rpp-bench rank' "$1" rank --help
expect 0 '"entries":1000,"pruned":800' "$1" rank --entries 1000 --repeat 1
expect 2 'subcommand' "$1"
expect 2 '--entries' "$1" rank --entries 0
