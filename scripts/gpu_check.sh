#!/usr/bin/env bash
# For a machine with an NVIDIA GPU: builds the CUDA preset, runs every test there, and trains a small model on the
# GPU in fp32 and in bf16, pruned by RPP, with the proof that its zeros held.
#   scripts/gpu_check.sh
set -euo pipefail
cd "$(dirname "$0")/.."
nvidia-smi -L || { echo "gpu_check.sh: error: no NVIDIA GPU here" >&2; exit 1; }

scripts/setup.sh --cuda
cmake --preset cuda
cmake --build build-cuda
ctest --test-dir build-cuda --output-on-failure

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
{ printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 199; } > "$dir/vocab.txt"
for document in $(seq 0 49); do
  for sentence in $(seq 20); do echo "w$((document * 3 + sentence)) w$sentence w$((document + sentence * 3)) w199"; done
  echo
done > "$dir/corpus.txt"
build-cuda/rpp-data build --input "$dir/corpus.txt" --output "$dir/shards" --tokenizer "$dir/vocab.txt"
cat > "$dir/model.yaml" <<'YAML'
hidden_size: 128
num_hidden_layers: 2
num_attention_heads: 2
intermediate_size: 512
max_position_embeddings: 128
YAML
cat > "$dir/run.yaml" <<YAML
model_config: $dir/model.yaml
tokenizer: $dir/vocab.txt
output_dir: $dir/run
data:
  train: [$dir/shards]
  valid: [$dir/shards]
  max_seq_length: 64
optimizer:
  learning_rate: 1e-3
prune:
  method: rpp
  target_ratio: 0.8
train:
  device: cuda
  steps: 200
YAML
for precision in fp32 bf16; do
  build-cuda/rpp-pretrain "$dir/run.yaml" --set train.precision=$precision --set output_dir="$dir/$precision"
  build-cuda/rpp-inspect verify "$dir/$precision"
  build-cuda/rpp-inspect ratios "$dir/$precision" | tail -2
done
