#!/usr/bin/env bash
# Tests the programs under faults from outside, reproducibly by seed. Exits with 1 if data was lost or an error was silent.
#
#   scripts/campaign.sh [--seconds N] [--seed S] [parts]       an hour, seed 1, all parts
#   scripts/campaign.sh kills --seed 1 --first 37 --cases 1    repeats a case
#
#   kills   kill -9 at random moments of training, sweeps, exports, rpp-data build; resumed and compared bit for bit
#   files   truncated and bit-flipped files of every format: refused by name or read, no crash, hang or memory bomb
#   disk    a full disk and read-only folders: exit status 1, file and reason, earlier files whole, nothing left over
#
#   --seconds N   total time of all parts; default 3600
#   --seed S      for the random moments, damage and sizes; default 1
#   --build DIR   folder of the programs; default build. The files are also read by DIR-sanitize/file_damage,
#                 if it is built
#   --first N, --cases N, --only TEXT   for one part: the first case, their number, workloads or formats whose name contains TEXT
#   --keep        keep the folder of the runs, and print its name
# The last line reads "N passed, N failed"; a format of `files` counts as one. Findings: docs/reliability.md.
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
source "$root/scripts/campaign/counts.sh"

seconds=3600 seed=1 build=$root/build first=0 cases=0 only='' keep='' parts=()
usage() { echo "campaign.sh: error: $1 (see scripts/campaign.sh --help)" >&2; exit 2; }
number() { [[ ${2:-} =~ ^[0-9]+$ ]] || usage "$1 takes a whole number, not '${2:-}'"; }
while [ $# -gt 0 ]; do
  case $1 in
    --help) sed -n '2,/^set -uo/{/^set/d; s/^# \{0,1\}//; p}' "$0"; exit 0 ;;
    --keep) keep=1; shift; continue ;;
    --seconds | --seed | --first | --cases) number "$1" "${2:-}"; declare "${1#--}=$2" ;;
    --build | --only) [ $# -gt 1 ] || usage "$1 takes a value"; declare "${1#--}=$2" ;;
    kills | files | disk) parts+=("$1"); shift; continue ;;
    *) usage "unknown argument '$1'" ;;
  esac
  shift 2
done
[ ${#parts[@]} -gt 0 ] || parts=(kills files disk)
[ -x "$build/rpp-pretrain" ] || usage "$build holds no programs: cmake --preset release && cmake --build --preset release"
build=$(cd "$build" && pwd)
export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1

[ -d /dev/shm ] && [ -w /dev/shm ] && export TMPDIR=/dev/shm
work=$(mktemp -d "${TMPDIR:-/tmp}/campaign.XXXXXX") || exit 1
chmod 755 "$work"  # another user runs the tests with read-only folders in it
clean_up() {
  grep -o "$work/[^ ]*" /proc/mounts | xargs -r -n1 umount -l
  if [ -n "$keep" ]; then echo "left in $work"; else rm -rf "$work"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# share PART: its share of the seconds for all chosen parts.
declare -A weight=([kills]=60 [files]=25 [disk]=15)
share() {
  local sum=0 part
  for part in "${parts[@]}"; do sum=$((sum + weight[$part])); done
  echo $((seconds * weight[$1] / sum))
}

passed=0 failed=0
# add FILE: adds the counts in a part's last line.
add() {
  local p f
  read -r p f < <(counts "$1")
  if [ -n "${f:-}" ]; then passed=$((passed + p)) failed=$((failed + f)); else failed=$((failed + 1)); fi
}

python_part() {
  local limit=(--seconds "$(share "$1")")
  [ "$cases" -eq 0 ] || limit=(--cases "$cases")
  python3 "$root/scripts/campaign/$1.py" --build "$build" --work "$work/$1" --seed "$seed" --first "$first" --only "$only" \
    "${limit[@]}" 2>&1 | tee "$work/$1.txt"
  add "$work/$1.txt"
}

# damage PROGRAM CASES: each format counts as one pass or failure.
damage() {
  [ -x "$1" ] || { echo "files: error: $1 is not built" >&2; failed=$((failed + 1)); return; }
  "$1" --list --only "$only" > /dev/null 2>&1 || return
  "$1" --seed "$seed" --first "$first" --count "$2" --only "$only" 2>&1 | tee "$work/files.txt"
  grep -q ' refused, [0-9]* failed$' "$work/files.txt" || failed=$((failed + 1))
  passed=$((passed + $(grep -c ' refused, 0 failed$' "$work/files.txt")))
  failed=$((failed + $(grep -c ' refused, [1-9][0-9]* failed$' "$work/files.txt")))
}

# Ten thousand files of each format fit the quarter of an hour that they have in a campaign of an hour.
files_part() {
  local count=$((10000 * $(share files) / 900)) sanitized=$build-sanitize/file_damage
  [ "$cases" -eq 0 ] || count=$cases
  damage "$build/file_damage" $((count > 0 ? count : 1))
  damage "$build/training_damage" $((count > 0 ? count : 1))
  [ ! -x "$sanitized" ] || { echo "files: under the sanitizers"; damage "$sanitized" $(((count + 4) / 5)); }
}

echo "campaign: ${parts[*]}, $seconds s, seed $seed, commit $(git -C "$root" rev-parse --short HEAD), $(getconf _NPROCESSORS_ONLN) cores"
for part in "${parts[@]}"; do
  if [ "$part" = files ]; then files_part; else python_part "$part"; fi
done
echo "campaign: $SECONDS s"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
