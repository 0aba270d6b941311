# Sourced: what tests of several ranks share. $launch is the path of rpp-launch.
tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fault() { failures=$((failures + 1)); echo "FAILED: $1"; }

# The metrics of two runs are equal but for rounding / but for the speed.
same_metrics() { python3 "$tools/compare_ranks.py" metrics "$1" "$2"; }
# So are all tensors, predictions and results, bit for bit.
same_bits() { python3 "$tools/compare_ranks.py" bits "$1" "$2"; }

# small_model PROGRAMS: a model to fine-tune, in model/; with small_corpus.sh and expect.sh.
small_model() {
  small_corpus "$1/rpp-data"
  printf '%s\n' 'model_config: model.yaml' 'tokenizer: vocab.txt' 'output_dir: model' 'data: {train: [shards], max_seq_length: 32}' \
    'prune: {method: dense}' 'train: {steps: 2, batch_size: 8, num_threads: 1}' > pretrain.yaml
  expect 0 '2 steps' "$1/rpp-pretrain" pretrain.yaml
}

# start_ranks N COMMAND...: N ranks without a launcher, whose processes are pids[0] and so on.
start_ranks() {
  local port rank
  port=$("$launch" -n 1 -- bash -c 'echo $MASTER_PORT')
  pids=()
  for rank in $(seq 0 $(($1 - 1))); do
    RANK=$rank WORLD_SIZE=$1 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port "${@:2}" > log-$rank 2>&1 &
    pids+=($!)
  done
}
# Waits for a checkpoint of a run, at or after step $2.
await_checkpoint() {
  local name
  while kill -0 "${pids[0]}" 2> /dev/null; do
    for name in "$1"/checkpoint-*; do
      [[ $name =~ checkpoint-([0-9]+)$ && ${BASH_REMATCH[1]} -ge ${2:-0} ]] && return
    done
    sleep 0.01
  done
}
# kill_rank RANK: kills it with SIGKILL, and waits for the others, which must end with status 1 and say why.
kill_rank() {
  local rank status
  kill -9 "${pids[$1]}"
  for rank in "${!pids[@]}"; do
    wait "${pids[rank]}" 2> /dev/null
    status=$?
    [ "$rank" = "$1" ] && continue
    [ $status = 1 ] && grep -q "rank $rank of ${#pids[@]}: another rank has ended, or has not answered" log-$rank ||
      fault "rank $rank ended with $status: $(cat log-$rank)"
  done
}
# continued RUN MIDDLE END COMMAND...: a run of END steps that is killed with four ranks, continued with two and killed after step
# MIDDLE, then finished by one.
continued() {
  local run=$1 middle=$2 end=$3
  shift 3
  start_ranks 4 "$@"
  await_checkpoint "$run"
  kill_rank 3
  start_ranks 2 "$@" --resume auto
  await_checkpoint "$run" "$middle"
  kill_rank 0
  [ -e "$run/checkpoint-$end" ] && fault "$run had finished before it was killed"
  expect 0 '' "$@" --resume auto
  grep -q 'continuing' <<< "$("$@" --resume auto 2>&1)" && fault "$run is not finished"
}
