#!/usr/bin/env bash
# The programs of docs/tutorials do what the pages describe. Usage: tutorials_test.sh PATH_OF_TUTORIAL-YOUR-OWN-MODULE
source "$(dirname "$0")/expect.sh"

"$1" > "$dir/out" || exit 1
# 80 % of the 5,120 weights of the two hidden matrices, within half a percent.
zeros=$(sed -n 's/^[02]\.weight: \([0-9]*\) of .*/\1/p' "$dir/out" | awk "{ sum += \$1 } END { print sum }")
[ "$zeros" -ge 4070 ] && [ "$zeros" -le 4122 ] || { failures=$((failures + 1)); echo "FAILED: $zeros zeros"; cat "$dir/out"; }
# Predicting the mean gives 1.73: the variance of the sum of four sines of normal numbers.
loss=$(sed -n 's/^loss //p' "$dir/out")
awk "BEGIN { exit !($loss < 0.1) }" || { failures=$((failures + 1)); echo "FAILED: loss $loss"; }
