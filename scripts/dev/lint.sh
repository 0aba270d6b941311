#!/usr/bin/env bash
# Checks that need no build: formatting, which module includes which, file length. Prints file:line of every fault and exits
# with 1 if there is one.
#   scripts/dev/lint.sh [--fix]      --fix formats the files first
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

max_lines=400
# Other versions format differently: .clang-format was written for 14.
formatter=$(command -v clang-format-14 || command -v clang-format) ||
  { echo "lint.sh: error: clang-format-14 is missing: run scripts/setup.sh" >&2; exit 1; }
mapfile -t files < <(find include src tests tools -name '*.h' -o -name '*.cpp' -o -name '*.cu' | sort)
[ "${1:-}" != --fix ] || "$formatter" -i "${files[@]}"

check_format() { "$formatter" --dry-run -Werror "${files[@]}" 2>&1 | grep -E '^[^ ]+:[0-9]+:[0-9]+: error'; }

check_length() {
  awk -v max=$max_lines 'FNR == max + 1 {print FILENAME ":" FNR ": longer than " max " lines: one file is one idea"}' "${files[@]}"
}

check_architecture() { scripts/dev/check_architecture.py; }

checked() { "$1" || [ $? -lt 2 ] || echo "lint.sh: $1 could not run"; }  # 1: no fault found

faults=$(checked check_format; checked check_length; checked check_architecture)
[ -z "$faults" ] && { echo "lint: ${#files[@]} files are fine"; exit 0; }
echo "$faults"
echo "lint.sh: error: $(wc -l <<<"$faults") faults; scripts/dev/lint.sh --fix repairs the formatting" >&2
exit 1
