#!/usr/bin/env bash
# Sets up, builds and runs every test twice: Release, then under the address and undefined-behaviour sanitizers.
# The last line reads "N passed, N failed".
set -uo pipefail
cd "$(dirname "$0")/.."
scripts/setup.sh "$@" || exit 1

passed=0 failed=0
for preset in release sanitize; do
  cmake --preset "$preset" && cmake --build --preset "$preset" || { echo "$passed passed, 1 failed"; exit 1; }
  ctest --preset "$preset" | tee "build-$preset.txt"
  failures=$(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of .*/\1/p' "build-$preset.txt")
  total=$(sed -n 's/.*tests failed out of \([0-9]*\).*/\1/p' "build-$preset.txt")
  [ -n "$total" ] && [ "$total" -gt 0 ] || { echo "test.sh: error: no test ran under $preset" >&2; total=1 failures=1; }
  failed=$((failed + failures)) passed=$((passed + total - failures))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
