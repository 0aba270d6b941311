# For tests that run a program as a process: `expect STATUS TEXT COMMAND...` runs it and fails the test unless it exits with
# STATUS and prints TEXT on standard output or error. `$dir` is an empty folder of the test.
set -uo pipefail

dir=$(mktemp -d)
failures=0

finish() {
  rm -rf "$dir"
  [ "$failures" -eq 0 ] || echo "$failures checks failed"
  exit $((failures > 0))
}
trap finish EXIT

expect() {
  local status=$1 text=$2 output actual
  shift 2
  output=$("$@" 2>&1)
  actual=$?
  if [ "$actual" -eq "$status" ] && [[ $output == *"$text"* ]]; then return; fi
  failures=$((failures + 1))
  printf 'FAILED: %s\n  expected %s: %s\n  got %s: %s\n' "$*" "$status" "$text" "$actual" "$output"
}

# The command cannot print its results.
expect_full() { expect 1 'cannot write to standard output: No space left on device' bash -c '"$@" > /dev/full' - "$@"; }
