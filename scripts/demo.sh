#!/usr/bin/env bash
# The main job from start to end: sets up, builds, fetches a small BERT and text, pre-trains it dense, with RPP and
# with NIP, fine-tunes each with its zeros held, proves that they held, and compares.
#   scripts/demo.sh [--cpu | --cuda]      options go to setup.sh
# Run it again to go on after an interruption; delete runs/demo to start anew.
set -euo pipefail
cd "$(dirname "$0")/.."
runs=runs/demo

say() { printf '\n== %02d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }
finished() { [ -f "$1" ] && echo "finished before: $1"; }

# bf16 halves the time where the processor multiplies it and costs time where it does not.
precision=fp32
if grep -qE 'avx512_bf16|amx_bf16' /proc/cpuinfo; then precision=bf16; fi

say "Set-up"
scripts/setup.sh --plots "$@"

# The folder that test.sh uses: what one has compiled the other need not.
say "Build"
cmake --preset release -DRPP_TESTS=OFF
cmake --build --preset release --target rpp-data rpp-pretrain rpp-finetune rpp-inspect

say "Model and text"
.venv/bin/python scripts/demo_data.py --output-dir $runs
for part in train valid; do
  finished $runs/shards/$part/manifest.json ||
    build/rpp-data build --input $runs/text/$part.txt --output $runs/shards/$part --tokenizer $runs/minilm
done

for method in dense rpp nip; do
  say "Pre-training: $method"
  finished $runs/$method/model.safetensors ||
    build/rpp-pretrain configs/demo/$method.yaml --resume auto --set train.precision=$precision
done

for method in dense rpp nip; do
  say "Fine-tuning: $method"
  finished $runs/$method-movies/all_results.json ||
    build/rpp-finetune --config configs/demo/movies.yaml --model $runs/$method --output-dir $runs/$method-movies \
      --resume auto --set train.precision=$precision
  build/rpp-inspect verify $runs/$method-movies --against $runs/$method
done

say "Comparison"
.venv/bin/python scripts/demo_table.py --runs $runs
say "Done"
