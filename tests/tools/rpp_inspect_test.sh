#!/usr/bin/env bash
# rpp-inspect for a user: its output and exit status.
# Usage: rpp_inspect_test.sh PATH_OF_RPP_INSPECT
source "$(dirname "$0")/expect.sh"
source "$(dirname "$0")/pruned_model.sh"
inspect=$1
golden=$(cd "$(dirname "$0")/../golden/bert" && pwd)
cd "$dir" || exit 1

# A copy of the golden model with the first 100 entries of a matrix zeroed.
make_pruned "$golden" pruned 400

header() { head -c 2000 "$1" | tr -d '\0'; }

# For `forward`, which a build without LibTorch does not have.
expect_forward() {
  if [ -x "$(dirname "$inspect")/rpp-inspect-forward" ]; then expect "$@"; else
    expect 1 'rpp-inspect-forward: No such file or directory (it is in builds with LibTorch)' "$inspect" forward
  fi
}

# Valid use.
expect 0 'rpp-inspect ' "$inspect" --version
for command in ratios verify diff patterns compact transfer; do
  expect 0 "  rpp-inspect $command " "$inspect" "$command" --help  # an example
done
expect 0 'encoder ratio 0.0 % (0 zeros of 14,336 prunable)' "$inspect" ratios "$golden"
expect 0 'encoder ratio 0.7 % (100 zeros of 14,336 prunable)' "$inspect" ratios pruned
expect 0 "$query" "$inspect" ratios pruned
expect 0 '100.0 % of the zeros are in blocks of 1 x 4' "$inspect" ratios pruned
make_pruned "$golden" odd 408
expect 0 '98.0 % of the zeros are in blocks of 1 x 4' "$inspect" ratios odd
expect 1 '' grep 'in blocks' <("$inspect" ratios "$golden")
expect 0 'whole-model ratio 0.5 % (the same zeros of 21,446 parameters)' "$inspect" ratios pruned
expect_full "$inspect" ratios pruned
expect_full "$inspect" diff pruned pruned
expect_full "$inspect" verify pruned --against pruned
expect 0 '0 of 100 zeros drifted' "$inspect" verify pruned --against pruned
expect 0 '0 of 0 zeros drifted' "$inspect" verify pruned --against "$golden"
expect 0 '0 of 8 heads are dead; 0 have dead dimensions (of 8)' "$inspect" patterns "$golden"
expect 0 'query              4.9 %' "$inspect" patterns pruned --json patterns.json
expect 0 '"dead_rows": 3,' cat patterns.json
expect 0 'Jaccard' "$inspect" diff pruned "$golden/classifier"
printf 'one text\na pair\tof texts\n' > texts.tsv
{ printf '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\none\ntext\na\npair\nof\n'; } > pruned/vocab.txt
expect_forward 0 'out.safetensors: 2 texts, 11 tokens' \
  "$inspect" forward --model pruned --input texts.tsv --output out.safetensors
expect_forward 0 '"last_hidden_state":{"dtype":"F32","shape":[11,32]' header out.safetensors
expect_forward 0 '"rpp_version":"' header out.safetensors
expect_forward 0 '2 texts' "$inspect" forward --model pruned --input texts.tsv --output out.safetensors --precision bf16

expect 0 'intermediate_size 48 -> 48: 0 of 48 FFN units dropped' "$inspect" compact pruned --output compacted
expect 0 'no removable part is dead: the new model equals the old one' "$inspect" compact pruned --output compacted-same
expect 0 'largest difference of last_hidden_state on 5 texts: 0.0e+00' \
  "$inspect" compact pruned --output compacted-again
expect 0 'on 2 texts' "$inspect" compact pruned --output compacted-texts --input texts.tsv
expect 0 '0 of 100 zeros drifted' "$inspect" verify compacted
expect 0 'layer  heads  query-key dims  value dims  FFN units' "$inspect" compact pruned --output compacted-layers --per-layer
expect 0 '"query_key_dim": 8' cat compacted-layers/config.json
expect 1 'it is compacted already' "$inspect" patterns compacted-layers
expect 0 'encoder ratio 0.7 % (100 zeros of 14,336 prunable)' "$inspect" transfer "$golden" --mask pruned --output transferred
expect 0 '0 of 100 zeros drifted' "$inspect" verify transferred --against pruned
expect 1 'transferred exists already' "$inspect" transfer "$golden" --mask pruned --output transferred
expect 1 'compacted exists already' "$inspect" compact pruned --output compacted
expect 2 '--output is required' "$inspect" compact pruned

# A model file works like a directory, except that it has no mask.
if [ -x "$(dirname "$inspect")/rpp-export" ]; then
  expect 0 '' "$(dirname "$inspect")/rpp-export" pruned --output pruned.rpp
  export TMPDIR=$dir/tmp; mkdir tmp
  expect 0 'encoder ratio 0.7 % (100 zeros of 14,336 prunable)' "$inspect" ratios pruned.rpp
  expect 0 '0 of 100 zeros drifted' "$inspect" verify pruned.rpp --against pruned
  expect 0 '0 of 100 zeros drifted' "$inspect" verify pruned --against pruned.rpp
  expect 1 'has no mask.safetensors' "$inspect" verify pruned.rpp
  expect 0 'query              4.9 %' "$inspect" patterns pruned.rpp
  expect 0 'Jaccard' "$inspect" diff pruned.rpp pruned
  expect 0 '0 of 48 FFN units dropped' "$inspect" compact pruned.rpp --output compacted-file
  expect 0 'encoder ratio 0.7 %' "$inspect" transfer pruned.rpp --mask pruned.rpp --output transferred-file
  expect_forward 0 '2 texts, 11 tokens' "$inspect" forward pruned.rpp --input texts.tsv --output o.safetensors
  expect 0 '' rmdir tmp  # nothing is left in it
  unset TMPDIR
fi

expect 1 'cannot open absent: No such file or directory. Names of the Hugging Face Hub are not fetched' \
  "$inspect" verify pruned --against absent

# Zeros that moved give status 1.
expect 1 "$query: 100 of 100 zeros drifted" "$inspect" verify "$golden" --against pruned
expect 1 'has no mask.safetensors' "$inspect" verify pruned
cp pruned/model.safetensors pruned/mask.safetensors
expect 1 'this program reads rpp-mask-v1' "$inspect" verify pruned
entry() {  # a manifest entry, valid except for config.json
  local hash
  hash=$([ "$1" = config.json ] && echo 0 || sha256sum < "$1" | cut -d' ' -f1)
  printf '"%s": {"bytes": %d, "sha256": "%s"}, ' "$1" "$(stat -c %s "$1")" "$hash"
}
files=$(cd pruned && find . -type f -printf '%P\n' | while read -r file; do entry "$file"; done)
printf '{"format": "rpp-checkpoint-1", "files": {%s}}' "${files%, }" > pruned/manifest.json
expect 1 'config.json is damaged' "$inspect" verify pruned --against pruned

# A wrong command line gives status 2.
expect 2 'A subcommand is required' "$inspect"
expect 2 'ratoi' "$inspect" ratoi pruned
expect_forward 2 '--output is required' "$inspect" forward --model pruned --input texts.tsv
expect_forward 2 '--precision: ' "$inspect" forward --model pruned --input texts.tsv --output o --precision fp8
expect_forward 2 'max_seq_length is 99, the model has 24 positions' \
  "$inspect" forward --model pruned --input texts.tsv --output o --max-seq-length 99

# Bad files give status 1 and are named.
expect 1 'absent' "$inspect" ratios absent
expect 1 'absent/config.json is missing: there is no absent. Names of the Hugging Face Hub are not fetched' \
  "$inspect" patterns absent
expect 1 'pruned/vocab.txt is a file: name its directory, pruned' "$inspect" ratios pruned/vocab.txt
expect_forward 1 'absent.tsv: No such file or directory' \
  "$inspect" forward --model pruned --input absent.tsv --output out.safetensors
printf 'a\tb\tc\n' > texts.tsv
expect_forward 1 'texts.tsv:1: more than one tab' "$inspect" forward --model pruned --input texts.tsv --output o
truncate -s -1 pruned/model.safetensors
expect 1 'pruned/model.safetensors' "$inspect" ratios pruned
