#!/usr/bin/env bash
# rpp-export for a user: its output and exit status.
# Usage: rpp_export_test.sh PATH_OF_RPP_EXPORT
source "$(dirname "$0")/expect.sh"
source "$(dirname "$0")/pruned_model.sh"
export=$1
golden=$(cd "$(dirname "$0")/../golden/bert" && pwd)
cd "$dir" || exit 1

# A copy of the golden model with a matrix of zeros.
make_pruned "$golden" pruned 4096
printf '[PAD]\n[UNK]\n' > pruned/vocab.txt

# Valid use.
expect 0 'rpp-export ' "$export" --version
expect 0 '  rpp-export runs/pruned-sst2 ' "$export" --help  # an example
expect 0 '1 matrices without their zeros, 100.0 % of their entries' "$export" pruned --output pruned.rpp
expect 0 'pruned matrices           4,096              5' "$export" pruned --output pruned.rpp
expect 0 'pruned.rpp: 1 matrices will be multiplied without their zeros on this machine' "$export" pruned --output pruned.rpp
expect 0 'no matrix is smaller without its zeros' "$export" "$golden" --output dense.rpp
expect 0 'has no tokenizer: it is not in the file' "$export" "$golden" --output dense.rpp
expect 0 'back written' "$export" pruned.rpp --to-hf back
for file in model.safetensors config.json vocab.txt; do expect 0 '' cmp pruned/$file back/$file; done
expect 0 'whole file' "$export" pruned --output small.rpp --values int8 --embeddings bf16
[ "$(stat -c %s small.rpp)" -lt "$(stat -c %s pruned.rpp)" ] || expect 0 'smaller' echo 'small.rpp is no smaller'

# Verification of an export: with every instruction set it gives the outputs of the original model. A build without LibTorch
# has no rpp-inspect forward.
if [ -x "$(dirname "$export")/rpp-inspect-forward" ]; then
  cp -r "$golden/classifier" classifier
  { printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 94; } > classifier/vocab.txt
  printf 'w1 w2\nw3\n' > texts
  expect 0 '2 texts, 7 tokens' "$(dirname "$export")/rpp-inspect" forward --model classifier --input texts --output outputs
  expect 0 '' "$export" classifier --output classifier.rpp
  expect 0 ', logits: largest difference' "$export" classifier.rpp --verify outputs
  expect 0 'of 6 values, another label for 0 of 2 texts' "$export" classifier.rpp --verify outputs
  expect 0 '' "$export" classifier --output rounded.rpp --values int8
  expect 1 'the outputs differ by more than 1e-04' "$export" rounded.rpp --verify outputs
fi

# A wrong command line gives status 2.
expect 2 'model is required' "$export" --output a.rpp
expect 2 'nothing to do: give --output, --to-hf or --verify' "$export" pruned
expect 2 'excludes' "$export" pruned --output a.rpp --to-hf b
expect 2 '--values requires --output' "$export" pruned.rpp --to-hf b --values int8
expect 2 '--values' "$export" pruned --output a.rpp --values fp8
expect 2 "did you mean '--output'" "$export" pruned --ouput a.rpp

# Both forms of a model are accepted, except for outputs to compare with.
expect 0 '1 matrices without their zeros' "$export" pruned.rpp --output again.rpp
expect 0 '' cmp pruned.rpp again.rpp
cp pruned.rpp pruned/inside.rpp
expect 0 '1 matrices will be multiplied' "$export" pruned/inside.rpp --output again.rpp
expect 1 'pruned is a model: --verify takes outputs' "$export" pruned.rpp --verify pruned
expect 1 'small.rpp is a model: --verify takes outputs' "$export" pruned.rpp --verify small.rpp
expect 1 'pruned/model.safetensors is a file: name its directory, pruned' "$export" pruned/model.safetensors --output a.rpp

# Bad files give status 1 and are named.
expect 1 'absent/config.json is missing: there is no absent. Names of the Hugging Face Hub are not fetched' \
  "$export" absent --output a.rpp
expect_full "$export" pruned --output again.rpp
expect_full "$export" pruned.rpp --to-hf again
expect 1 'cannot open absent.rpp' "$export" absent.rpp --to-hf b
expect 1 'back exists already' "$export" pruned.rpp --to-hf back
expect 1 'pruned/model.safetensors is not a model file' "$export" pruned/model.safetensors --to-hf b
expect 1 "has no tensor 'input_ids'" "$export" pruned.rpp --verify pruned/model.safetensors
sed -i 's/"model_type": "bert"/"model_type": "gpt2"/' pruned/config.json
expect 1 'model_type is "gpt2", it must be bert, roberta, xlm-roberta, camembert, distilbert, electra or mpnet' "$export" pruned --output a.rpp
printf 'x' | dd of=pruned.rpp bs=1 seek=3000 conv=notrunc status=none
expect 1 'pruned.rpp' "$export" pruned.rpp --to-hf b
