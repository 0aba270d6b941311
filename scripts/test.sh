#!/usr/bin/env bash
# Sets up, lints, builds and runs every test: Release, then the modules without Torch under the address and
# undefined-behaviour sanitizers, five minutes of killed programs, damaged files and full disks (campaign.sh), and the
# runtime for ARM where its tools are installed. Options are passed to
# setup.sh. The output of ctest is kept in build*/ctest.txt; the last line reads "N passed, N failed", including the lint.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
source scripts/campaign/counts.sh

passed=0 failed=0
count() { passed=$((passed + $1)) failed=$((failed + $2)); }
fault() {
  echo "test.sh: error: $1" >&2
  count 0 1
}

# Adds the counts printed by ctest.
count_ctest() {
  local failures total
  read -r failures total < <(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of \([0-9]*\)$/\1 \2/p' "$1")
  [ "${total:-0}" -gt 0 ] || { fault "no test ran: $1"; return; }
  count $((total - failures)) "$failures"
}

# test_preset NAME FOLDER CMAKE_OPTION...: the options count in a new folder only.
test_preset() {
  local options=("${@:3}")
  [ ! -e "$2/CMakeCache.txt" ] || options=()
  if ! { cmake --preset "$1" "${options[@]}" && cmake --build --preset "$1"; }; then
    fault "the $1 build failed"
    return
  fi
  ctest --preset "$1" --parallel "$(nproc)" | tee "$2/ctest.txt"
  count_ctest "$2/ctest.txt"
}

# Five minutes of the campaign described in docs/reliability.md.
campaign() {
  local p f
  scripts/campaign.sh --seconds 300 | tee build/campaign.txt
  read -r p f < <(counts build/campaign.txt)
  [ "${p:-0}" -gt 0 ] || { fault "the campaign did not run"; return; }
  count "$p" "$f"
}

scripts/setup.sh --tests "$@" || { echo "0 passed, 1 failed"; exit 1; }
if scripts/dev/lint.sh; then count 1 0; else fault "lint"; fi
test_preset release build -DRPP_UNITY=ON
test_preset sanitize build-sanitize -DRPP_UNITY=ON
campaign
rm -f build-arm/ctest.txt
scripts/dev/arm.sh || [ -f build-arm/ctest.txt ] || fault "the arm build failed"
[ ! -f build-arm/ctest.txt ] || count_ctest build-arm/ctest.txt
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
