#!/usr/bin/env bash
# The whole workflow: sets up, builds, downloads a small BERT and text, fine-tunes it dense, prunes it with RPP and with NIP,
# fine-tunes both further while keeping their zeros, exports, measures and compares. Ends with a table and a picture.
#   scripts/demo.sh [--cpu | --cuda] [--until STAGE] [--estimate]
# --cpu, --cuda: which LibTorch; passed to setup.sh. --until: ends after this stage, one of setup, build, data, dense, rpp, nip,
# rpp-movies, nip-movies, measure. --estimate: prints what would run and how long it takes, and exits.
# Run it again to resume after an interruption; delete runs/demo to start over. It also starts over, keeping the downloads, if
# files of the demo or the programs have changed.
# Exit status: 0 finished, 1 error, 2 wrong usage, 3 stopped by a signal before the end
set -euo pipefail
cd "$(dirname "$0")/.."
runs=runs/demo

stages=(setup build data dense rpp nip rpp-movies nip-movies measure)
declare -A title=([setup]="Set-up" [build]="Build" [data]="Model and text" [dense]="Fine-tuning: dense"
  [rpp]="Pruning: RPP to 80 %" [nip]="Pruning: NIP to 80 %" [measure]="Export, latency, comparison")
title[rpp-movies]="Fine-tuning: RPP, zeros held" title[nip-movies]="Fine-tuning: NIP, zeros held"
# The file that a finished stage writes.
declare -A result=([data]=$runs/shards/valid/manifest.json [dense]=$runs/dense-movies/finished.json [rpp]=$runs/rpp/finished.json
  [nip]=$runs/nip/finished.json)
result[rpp-movies]=$runs/rpp-movies/finished.json result[nip-movies]=$runs/nip-movies/finished.json
# Seconds on two cores of an AMD EPYC (Zen 4) in bf16, the build with an empty compiler cache.
declare -A seconds=([setup]=60 [build]=215 [data]=10 [dense]=70 [rpp]=90 [nip]=90 [measure]=25)
seconds[rpp-movies]=85 seconds[nip-movies]=85

fail() {
  echo "demo.sh: error: $*" >&2
  exit 1
}
usage() {
  echo "demo.sh: error: $* (--cpu, --cuda, --until STAGE, --estimate, --help)" >&2
  exit 2
}
clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }
free_mb() { df --output=avail -BM . | tail -1 | tr -dc 0-9; }

# Processes: each in its own session, so that a signal reaches it once, from here. rpp's programs handle it by saving a
# checkpoint and exiting with status 3.
child='' stopped=no
on_signal() {
  stopped=yes
  [ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null || true
}
trap on_signal INT TERM
say_stopped() {
  echo "demo.sh: stopped in stage $stage; resume with: scripts/demo.sh${arguments:+ $arguments}" >&2
  exit 3
}
run() {
  local status=0
  [ $stopped = no ] || say_stopped
  setsid "$@" &
  child=$!
  wait $child || status=$?
  while kill -0 $child 2>/dev/null; do  # a signal to this script only interrupts the wait
    status=0
    wait $child || status=$?
  done
  child=
  if [ $stopped = yes ] || [ $status = 3 ]; then say_stopped; fi
  [ $status = 0 ] && return
  [ "$(free_mb)" -ge 20 ] || fail "$(df --output=target . | tail -1) is full: free some space, then run the same command again"
  fail "stage $stage failed (exit status $status, see above); the same command tries again from there"
}

run_setup() { run scripts/setup.sh --plots "${setup_options[@]}"; }
# The folder that test.sh uses, so that both share compiled files. RPP_UNITY halves the time of the first build.
run_build() {
  local unity=()
  [ -e build/CMakeCache.txt ] || unity=(-DRPP_UNITY=ON)
  run cmake --preset release -DRPP_TESTS=OFF "${unity[@]}"
  run cmake --build --preset release --target rpp-{data,pretrain,finetune,inspect,export,bench,compare}
}
run_data() {
  run .venv/bin/python scripts/demo_data.py --output-dir $runs
  run build/rpp-data build --input $runs/text/{train,films}.txt --output $runs/shards/train --tokenizer $runs/minilm
  run build/rpp-data build --input $runs/text/valid.txt --output $runs/shards/valid --tokenizer $runs/minilm
}
fine_tune() {
  run build/rpp-finetune --config "configs/demo/$1.yaml" "${@:2}" --resume auto --set "train.precision=$precision"
}
run_dense() { fine_tune movies; }
run_rpp() { fine_tune "$stage"; }
run_nip() { run_rpp; }
run_rpp-movies() {
  local method=${stage%-movies}
  fine_tune movies-pruned --model "$runs/$method" --output-dir "$runs/$method-movies"
  run build/rpp-inspect verify "$runs/$method-movies" --against "$runs/$method"
}
run_nip-movies() { run_rpp-movies; }
run_measure() {
  local method models=()
  for method in dense rpp nip; do
    models+=("$runs/$method.rpp")
    run build/rpp-export "$runs/$method-movies" --output "$runs/$method.rpp"
  done
  run build/rpp-bench infer --model "${models[@]}" --length 16 128 --sequences 1 --threads 1 >$runs/bench.jsonl
  run .venv/bin/python scripts/demo_table.py --runs $runs
}

is_finished() { [ -n "${result[$1]:-}" ] && [ -f "${result[$1]}" ]; }

# Files that affect the results, committed or not.
version() {
  find CMakeLists.txt cmake src include tools configs/demo scripts/demo.sh scripts/demo_data.py -type f -print0 | sort -z |
    xargs -0 sha256sum | sha256sum | cut -c 1-16
}
# Results of other files are removed: their checkpoints would not fit, and one table must not mix both.
start_anew_if_changed() {
  local now made_by
  now="$(version) $precision"
  mkdir -p $runs 2>/dev/null && [ -w $runs ] || fail "$runs is not writable"
  made_by=$(cat $runs/version 2>/dev/null || true)
  [ "$made_by" != "$now" ] || return 0
  if compgen -G "$runs/*/metrics.jsonl" >/dev/null || [ -e $runs/shards ]; then
    echo "The results in $runs were made by other files than these of $(git describe --always --dirty 2>/dev/null || echo now):"
    echo "the demo starts over. The downloads are kept."
    rm -rf $runs/shards $runs/{dense,upstream,rpp,nip}{,-movies} $runs/{dense,rpp,nip}.rpp $runs/{bench.jsonl,table.md,comparison.png}
  fi
  echo "$now" >$runs/version || fail "cannot write $runs/version"
}

# estimate STAGE: seconds on this machine.
estimate() {
  local at=${seconds[$1]}
  if is_finished "$1"; then at=0; fi
  case $1 in
    setup) [ ! -x .venv/bin/python ] || at=5 ;;
    build) if [ -x build/rpp-pretrain ] && [ -x build/rpp-compare ]; then at=10; else at=$((at * 2 / cores)); fi ;;
    data | measure) ;;
    *)
      at=$((at * 2 / (cores < 8 ? cores : 8)))
      [ $precision = bf16 ] || at=$((at * 17 / 10))
      ;;
  esac
  echo "$at"
}
opening() {
  local stage at total=0
  echo "MiniLM-L6: fine-tuned dense; from there pruned to 80 % of its encoder by RPP and by NIP, at equal steps and learning rates and"
  echo "with the dense model as teacher; fine-tuned on with the zeros held, exported and measured."
  printf '  cores      %s\n' "$cores"
  if [ $precision = bf16 ]; then printf '  precision  bf16\n'; else printf '  precision  fp32: no bf16 instructions here, training takes longer\n'; fi
  printf '  memory     %d MB free%s\n' "$memory_mb" "$([ "$memory_mb" -ge 3000 ] || echo ': the build may need 3000')"
  printf '  disk       %d MB free\n' "$(free_mb)"
  for stage in "${stages[@]}"; do
    at=$(estimate "$stage")
    total=$((total + at))
    printf '  %-12s %-30s %s\n' "$stage" "${title[$stage]}" "$(if is_finished "$stage"; then echo finished; else clock "$at"; fi)"
    [ "$stage" != "$until" ] || break
  done
  echo "about $(((total + 59) / 60)) minutes, if nothing else runs on this machine"
}

until=measure only_estimate=no setup_options=() arguments="$*"
while [ $# -gt 0 ]; do
  case $1 in
    --cpu | --cuda) setup_options=("$1") ;;
    --until)
      [ -n "${2:-}" ] && [ -n "${title[$2]:-}" ] || usage "--until takes a stage: ${stages[*]}"
      until=$2
      shift
      ;;
    --estimate) only_estimate=yes ;;
    --help) sed -n '2,/^set /{s/^# \{0,1\}//p}' scripts/demo.sh; exit 0 ;;
    *) usage "unknown option $1" ;;
  esac
  shift
done

# bf16 halves the time on processors that support it and costs time on others.
precision=fp32
if grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo; then precision=bf16; fi
cores=$(nproc)
memory_mb=$(awk '/^MemAvailable/ {print int($2 / 1024)}' /proc/meminfo)

[ $only_estimate = yes ] || start_anew_if_changed
opening
[ $only_estimate = no ] || exit 0
number=0
for stage in "${stages[@]}"; do
  number=$((number + 1))
  printf '\n== %s  %d/%d  %s' "$(clock $SECONDS)" $number ${#stages[@]} "${title[$stage]}"
  if is_finished "$stage"; then
    printf ': finished before\n'
  else
    printf ', about %s\n' "$(clock "$(estimate "$stage")")"
    "run_$stage"
    # A stopped program must not count as finished, whatever its exit status.
    [ -z "${result[$stage]:-}" ] || [ -f "${result[$stage]}" ] || say_stopped
  fi
  [ "$stage" != "$until" ] || break
done
printf '\n== %s  Done\n' "$(clock $SECONDS)"
