#!/usr/bin/env bash
# Checks for a machine with an NVIDIA GPU, in pieces of a few minutes, each of which can be run alone:
#   scripts/gpu_check.sh                                    builds, and runs all pieces
#   scripts/gpu_check.sh --programs build-cuda speed rpp    only these, with existing programs
#   tests       every test of the build folder, including CUDA kernels against the CPU loops
#   speed       pre-training steps of BERT-base and BERT-large at 128 and 512 tokens, whole and in parts
#   optimizer   updates, as a fraction of the copy bandwidth
#   curves      50 steps on the CPU and on the device: losses in fp32 equal within 1e-4, in bf16 within 2e-2
#   graph       50 steps with train.cuda_graph and without: losses in fp32 equal within 1e-4; speed with few sequences
#   resume      a stopped and resumed run repeats the uninterrupted one bit for bit
#   rpp         a dense run and one pruned to 80 %, with verification of its zeros
# --shards DIR --tokenizer DIR use shards of rpp-data build for the last piece instead of generated sentences,
# --model FILE another model than configs/model/bert-small.yaml. --device cpu --quick tests the script itself.
# Measurements are JSON lines, on standard output and in --output (default: gpu_check.jsonl).
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

fail() { echo "gpu_check.sh: error: $1" >&2; exit "${2:-1}"; }

programs='' device=cuda quick='' shards='' tokenizer='' model=configs/model/bert-small.yaml output=gpu_check.jsonl pieces=()
while [ $# -gt 0 ]; do
  case $1 in
    --programs | --device | --shards | --tokenizer | --model | --output)
      [ $# -gt 1 ] || fail "$1 needs a value" 2
      declare "${1#--}=$2"; shift ;;
    --quick) quick=yes ;;
    tests | speed | optimizer | curves | graph | resume | rpp) pieces+=("$1") ;;
    *) fail "$1 is no option and no piece (tests, speed, optimizer, curves, graph, resume, rpp)" 2 ;;
  esac
  shift
done
[ ${#pieces[@]} -gt 0 ] || pieces=(tests speed optimizer curves graph resume rpp)
[ -z "$shards" ] || [ -n "$tokenizer" ] || fail "--shards needs the --tokenizer that made them" 2
[ "$device" = cpu ] || nvidia-smi -L || fail "no NVIDIA GPU here"

if [ -z "$programs" ]; then
  programs=build-cuda
  scripts/setup.sh --cuda
  cmake --preset cuda
  cmake --build build-cuda
fi
[ -x "$programs/rpp-pretrain" ] || fail "$programs has no rpp-pretrain: build it first"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

small=()  # settings of a trial
[ -z "$quick" ] || small=(--set train.steps=20 --set train.batch_size=2 --set train.eval_batches=1 --set train.num_threads=1 --set data.max_seq_length=16)

record() { tee -a "$output"; }

# Text from which almost anything can be learned, for the pieces that train.
make_text() {
  [ ! -e "$dir/run.yaml" ] || return 0
  { printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 199; } > "$dir/vocab.txt"
  local part document sentence offset=3
  for part in train valid; do
    for document in $(seq 0 49); do
      for sentence in $(seq 20); do
        echo "w$((document * 3 + sentence)) w$sentence w$((document + sentence * offset)) w199"
      done
      echo
    done > "$dir/$part.txt"
    "$programs/rpp-data" build --input "$dir/$part.txt" --output "$dir/$part" --tokenizer "$dir/vocab.txt"
    offset=2
  done
  cat > "$dir/run.yaml" <<YAML
model_config: $root/configs/model/bert-tiny.yaml
tokenizer: $dir/vocab.txt
output_dir: $dir/run
data: {train: [$dir/train], valid: [$dir/valid], max_seq_length: 64}
optimizer: {learning_rate: 1e-3}
prune: {method: rpp, target_ratio: 0.8}
train: {device: $device, steps: 50, log_every: 1, eval_every: 0, save_every: 0}
YAML
}

piece_tests() { ctest --test-dir "$programs" --output-on-failure; }

piece_speed() {
  if [ -n "$quick" ]; then
    "$programs/rpp-bench" train --model configs/model/bert-tiny.yaml --length 32 --sequences 2 --steps 1 --device "$device" | record
    return
  fi
  local size length
  for size in base large; do
    for length in 128 512; do  # 32,768 tokens per step
      "$programs/rpp-bench" train --model "configs/model/bert-$size.yaml" --length "$length" \
        --sequences $((32768 / length)) --steps 10 --method rpp --device "$device" | record
    done
  done
}

piece_optimizer() {
  local size=${quick:+tiny}
  "$programs/rpp-bench" optimizer --model "configs/model/bert-${size:-base}.yaml" --device "$device" | record
}

# losses RUN: the loss of every step
losses() { sed -n 's/.*"kind":"train".*"loss":\([-0-9.e+]*\).*/\1/p' "$1/metrics.jsonl"; }

# curve DIR DEVICE PRECISION [SETTING...], without attention dropout, the only masks that differ between devices
curve() {
  { cat configs/model/bert-tiny.yaml; echo 'attention_probs_dropout_prob: 0'; } > "$dir/sure.yaml"
  "$programs/rpp-pretrain" "$dir/run.yaml" "${small[@]}" --set model_config="$dir/sure.yaml" --set prune.method=dense \
    --set output_dir="$1" --set train.device="$2" --set train.precision="$3" "${@:4}"
}

# compare_losses BENCH PRECISION LIMIT RUN RUN
compare_losses() {
  paste <(losses "$4") <(losses "$5") |
    awk -v bench="$1" -v precision="$2" -v limit="$3" -v device="$device" '
      NF == 2 { d = ($1 - $2) / $1; if (d < 0) d = -d; if (d > largest) largest = d; ++steps }
      END {
        printf "{\"bench\":\"%s\",\"device\":\"%s\",\"precision\":\"%s\",\"steps\":%d,", bench, device, precision, steps
        printf "\"largest_relative_difference\":%g,\"limit\":%g}\n", largest, limit
        exit !(steps > 0 && largest <= limit)
      }' | record
}

piece_curves() {
  make_text
  local precision limit=1e-4
  for precision in fp32 bf16; do
    curve "$dir/$precision-cpu" cpu $precision
    curve "$dir/$precision-device" "$device" $precision
    compare_losses curves $precision $limit "$dir/$precision-cpu" "$dir/$precision-device" ||
      fail "the losses on the CPU and on $device in $precision differ by more than $limit"
    limit=2e-2
  done
}

piece_graph() {
  [ "$device" != cpu ] || { echo 'graph: needs a GPU, skipped' >&2; return 0; }
  make_text
  local parts=(--set train.micro_batch_size=2) graph
  curve "$dir/eager" "$device" fp32 "${parts[@]}"
  curve "$dir/graph" "$device" fp32 "${parts[@]}" --set train.cuda_graph=true
  compare_losses graph fp32 1e-4 "$dir/eager" "$dir/graph" || fail "the losses with train.cuda_graph and without differ by more than 1e-4"
  for graph in '' --cuda-graph; do
    "$programs/rpp-bench" train --model "$model" --length 128 --sequences 1 8 --steps 20 --device "$device" $graph | record
  done
}

piece_resume() {
  make_text
  "$programs/rpp-pretrain" "$dir/run.yaml" "${small[@]}" --verify-resume 20
}

piece_rpp() {
  make_text
  local settings=("${small[@]}") method
  [ -n "$quick" ] || settings+=(--set model_config="$model" --set train.steps=1000 --set train.batch_size=64 --set train.log_every=20)
  [ -z "$shards" ] || settings+=(--set data.train="[$shards]" --set data.valid=[] --set tokenizer="$tokenizer" --set data.max_seq_length=128)
  for method in dense rpp; do
    "$programs/rpp-pretrain" "$dir/run.yaml" "${settings[@]}" --set prune.method=$method --set output_dir="$dir/$method"
    [ $method = dense ] || "$programs/rpp-inspect" verify "$dir/$method"
    "$programs/rpp-inspect" ratios "$dir/$method" | tail -2
    tail -1 "$dir/$method/metrics.jsonl" | sed 's/^{/{"bench":"rpp","method":"'$method'",/' | record
  done
}

for piece in "${pieces[@]}"; do
  echo "== $piece" >&2
  "piece_$piece"
done
