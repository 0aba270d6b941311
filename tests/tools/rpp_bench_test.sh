#!/usr/bin/env bash
# rpp-bench for a user, with small sizes: checks what it reports, never how fast anything is.
# Usage: rpp_bench_test.sh PATH_OF_RPP_BENCH
source "$(dirname "$0")/expect.sh"
golden=$(cd "$(dirname "$0")/../golden/bert" && pwd)

expect 0 'rpp-bench rank' "$1" rank --help
expect 0 '"entries":1000,"pruned":800' "$1" rank --entries 1000 --repeat 1
expect 2 'subcommand' "$1"
expect 2 '--entries' "$1" rank --entries 0

cd "$dir" || exit 1
cat > tiny.yaml <<'YAML'
vocab_size: 50
hidden_size: 16
num_hidden_layers: 2
num_attention_heads: 2
intermediate_size: 32
max_position_embeddings: 32
YAML
for command in train scaling optimizer checkpoint tokenizer corpus data rank infer matmul; do expect 0 "  rpp-bench $command " "$1" "$command" --help; done
expect 0 '"model":"tiny","precision":"bf16","method":"nip","activation_checkpointing":false,"cuda_graph":false,"sequences":2,"longest":20,"tokens":40,' \
  "$1" train --model tiny.yaml --sequences 2 --length 20 --steps 1 --threads 1 --method nip
expect 2 'train.cuda_graph is true, but the run computes on the CPU' "$1" train --model tiny.yaml --length 20 --device cpu --cuda-graph

# 24 layers' activations of 2,048 tokens are 50 MB.
sed 's/_layers: .*/_layers: 24/; s/intermediate_size: .*/intermediate_size: 256/' tiny.yaml > deep.yaml
peak_bytes() { sed 's/.*"peak_bytes":\([0-9]*\).*/\1/'; }
deep=("$1" train --model deep.yaml --sequences 64 --length 32 --steps 1 --threads 1)
kept=$("${deep[@]}" 2> table | peak_bytes)
recomputed=$("${deep[@]}" --activation-checkpointing 2> table | peak_bytes)
expect 0 '' test $((recomputed + 25000000)) -lt "$kept"

"$1" train --model tiny.yaml --sequences 2 --length 10 20 --steps 1 --threads 1 > lines 2> table
expect 0 '2 lines' wc -l lines
expect 0 'model: tiny' cat table
"$1" scaling --model tiny.yaml --length 8 16 --sequences 1 2 --threads 1 > lines 2> table
expect 0 '4 lines' wc -l lines
expect 0 '"sequences":2,"longest":16,"tokens":32,"step_seconds":' cat lines
expect 0 'tokens/s' cat table
expect 0 '[configs/model/bert-tiny.yaml,configs/model/bert-mini.yaml,configs/model/bert-small.yaml,configs/model/bert-medium.yaml,configs/model/bert-base.yaml]' "$1" scaling --help
expect 0 '"sequences":3,"longest":20,"tokens":30,' "$1" train --model tiny.yaml --rows 20 9 1 --steps 1 --threads 1
expect 0 '"rule":"prox, preconditioned"' "$1" optimizer --model tiny.yaml
expect 0 '"save_bytes_per_second"' "$1" checkpoint --model tiny.yaml --directory new
expect 1 'exists already' "$1" checkpoint --model tiny.yaml --directory .
{ printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' a b; } > vocab.txt
printf 'a b a\nb a b\n\na b\na a\n' > text.txt
expect 0 '"bytes":16,"lines":5,"tokens":10' "$1" tokenizer --tokenizer vocab.txt --input text.txt --threads 1
expect 0 '"bytes_per_cpu_second":' "$1" tokenizer --tokenizer vocab.txt --input text.txt --threads 1 --repeat 1
"$1" corpus --tokenizer vocab.txt --input text.txt --threads 2 --directory corpus > lines 2> table
expect 0 '4 lines' wc -l lines
expect 0 '"threads":2,"part":"vocab","bytes":21,"bytes_per_second":' cat lines
expect 0 '"threads":2,"part":"build","bytes":21,"bytes_per_second":' cat lines
expect 1 '' test -e corpus
expect 1 'exists already' "$1" corpus --tokenizer vocab.txt --input text.txt --directory .
expect 1 'absent.txt' "$1" corpus --tokenizer vocab.txt --input absent.txt --directory corpus
"$(dirname "$1")/rpp-data" build --input text.txt --output shards --tokenizer vocab.txt > log 2>&1
expect 0 '"length":32,"sequences":4096,' "$1" data --shards shards --tokenizer vocab.txt --length 32
expect 1 'absent' "$1" data --shards absent --tokenizer vocab.txt
expect 2 'absent.yaml' "$1" train --model absent.yaml
expect 2 '--precision' "$1" train --precision fp8

expect 0 '"tokens":5,"rows":64,"cols":32,"block":1,"prune_ratio":0.5,"dense_gflops":' \
  "$1" matmul --rows 64 --cols 32 --tokens 5 --ratios 0.9 0.5 --repeat 1
expect 0 '64 x 32 is faster sparse than dense ' "$1" matmul --rows 64 --cols 32 --tokens 5 --repeat 1
expect 0 '"int8_sparse_effective_gops":' "$1" matmul --rows 64 --cols 32 --tokens 5 --repeat 1 --block 4
expect 2 '--rows and --cols are pairs' "$1" matmul --rows 64
expect 1 "no kernels named 'AVX9'" "$1" matmul --kernels AVX9

expect 0 '' "$(dirname "$1")/rpp-export" "$golden" --output model.rpp
"$1" infer --model model.rpp --length 7 20 --sequences 1 2 --threads 1 2 --seconds 0.001 > lines 2> table
expect 0 '8 lines' wc -l lines
expect 0 '"threads":2,"model":"model.rpp",' cat lines
expect 0 '"sequences":2,"longest":7,"tokens":14,"dense_calls":' cat lines
expect 0 'model.rpp: no matrix has enough zeros for the sparse kernel, 80 % or more: both sides were dense.' cat table
expect 0 'dense ms' cat table
expect 0 '' awk 'length > 120 {exit 1}' table
if command -v script > /dev/null; then
  # On a terminal only the table, unless --json asks for the lines.
  expect 1 '' grep '"bench":' <(script -qec "'$1' rank --entries 1000 --repeat 1" /dev/null < /dev/null)
  expect 0 '"bench":"rank"' script -qec "'$1' rank --entries 1000 --repeat 1 --json" /dev/null < /dev/null
fi
expect 0 '"arithmetic":"int8"' "$1" infer --model model.rpp --length 7 --sequences 1 --threads 1 --seconds 0.001 --int8
expect 1 'sequence 0 has 25 tokens, the model takes 1 to 24' "$1" infer --model model.rpp --length 25 --sequences 1
expect 1 'absent.rpp' "$1" infer --model absent.rpp
expect 0 '"model":"bert","kernels":' "$1" infer "$golden/" --length 7 --sequences 1 --threads 1 --seconds 0.001
expect 1 'cannot open bert-base-uncased: No such file or directory. Names of the Hugging Face Hub' "$1" infer bert-base-uncased
expect 1 'there is no bert-base-uncased. Names of the Hugging Face Hub' "$1" train --model bert-base-uncased
expect 1 'model.rpp is a file, and a model directory is needed: rpp-export model.rpp --to-hf' "$1" train --model model.rpp
expect 1 'has no tensor' "$1" infer --model model.rpp --input "$golden/model.safetensors"
expect 2 '--threads' "$1" infer --model model.rpp --threads 0
expect 2 '--model is required' "$1" infer
