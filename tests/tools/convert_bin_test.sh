#!/usr/bin/env bash
# scripts/convert_bin.py for a user: the converted model answers as the original, every type is kept, wrong input.
# Usage: convert_bin_test.sh PATH_OF_RPP_PREDICT
source "$(dirname "$0")/expect.sh"
predict=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir" || exit 1

for python in "$root/.venv-compare/bin/python" python3 ''; do "$python" -c 'import torch, safetensors.torch' 2>/dev/null && break; done
if [ -z "$python" ]; then
  echo 'SKIPPED: no conversion without torch and safetensors: run scripts/setup.sh --compare'
  exit
fi
convert=("$python" "$root/scripts/convert_bin.py")

cp -r "$root/tests/golden/bert" model
{ printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 94; } > model/vocab.txt
embed() { echo 'w1 w2 w3' | "$predict" --model "$1" --embed; }
embed model > embedding.txt

# As bert-base-uncased once was: in shards here, and with a shared tensor, a buffer, a scalar and half precision.
cp -r model whole && cp -r model sharded && rm {whole,sharded}/model.safetensors
"$python" - <<'PYTHON'
import json
import torch
from safetensors.torch import load_file

tensors = load_file("model/model.safetensors")
tensors["cls.predictions.decoder.weight"] = tensors["bert.embeddings.word_embeddings.weight"]
tensors["bert.embeddings.position_ids"] = torch.arange(24).reshape(1, 24)
tensors["logit_scale"] = torch.tensor(2.0)
tensors["other.half"] = torch.tensor([[1.0, 2.0], [3.0, 4.0]], dtype=torch.float16).T
tensors["other.bfloat"] = torch.tensor([1.5, -2.5, 3.0], dtype=torch.bfloat16)
torch.save(tensors, "whole/pytorch_model.bin")
names = sorted(tensors)
weight_map = {name: f"pytorch_model-{1 + i % 2}.bin" for i, name in enumerate(names)}
for shard in set(weight_map.values()):
    torch.save({name: tensors[name] for name in names if weight_map[name] == shard}, f"sharded/{shard}")
json.dump({"weight_map": weight_map}, open("sharded/pytorch_model.bin.index.json", "w"))
PYTHON

for model in whole sharded; do
  expect 1 "scripts/convert_bin.py $model" embed $model
  expect 0 "$model/model.safetensors: 51 tensors" "${convert[@]}" $model
  embed $model > $model.txt
  expect 0 '' cmp embedding.txt $model.txt
  expect 1 'model.safetensors exists already' "${convert[@]}" $model
done
expect 0 'equal' "$python" - <<'PYTHON'
import torch
from safetensors import safe_open
from safetensors.torch import load_file

wanted = torch.load("whole/pytorch_model.bin", weights_only=True)
for model in "whole", "sharded":
    found = load_file(f"{model}/model.safetensors")
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor), name
    assert safe_open(f"{model}/model.safetensors", "pt").metadata() == {"format": "pt"}
print("equal")
PYTHON

mkdir wrong
expect 1 'wrong/pytorch_model.bin is missing' "${convert[@]}" wrong
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n' > wrong/pytorch_model.bin
expect 1 'is a Git LFS pointer, not the file itself: run git lfs pull' "${convert[@]}" wrong
echo damaged > wrong/pytorch_model.bin
expect 1 'pytorch_model.bin is damaged or holds more than weights' "${convert[@]}" wrong
"$python" -c 'import torch, os; torch.save({"state_dict": {"w": torch.ones(1)}}, "wrong/pytorch_model.bin")'
expect 1 "'state_dict' is a dict, not a tensor" "${convert[@]}" wrong
"$python" - <<'PYTHON'
import os, pickle, zipfile
class Evil:
    def __reduce__(self): return os.mkdir, ("executed",)
import torch
torch.save({"w": Evil()}, "wrong/pytorch_model.bin")
PYTHON
expect 1 'pytorch_model.bin is damaged or holds more than weights' "${convert[@]}" wrong
[ ! -e executed ] || { failures=$((failures + 1)); echo 'FAILED: the file was executed'; }
rm wrong/pytorch_model.bin
echo '{"weight_map": {"w": "../outside.bin"}}' > wrong/pytorch_model.bin.index.json
expect 1 "names '../outside.bin', which is not a file beside it" "${convert[@]}" wrong
[ -z "$(ls -A wrong | grep -v pytorch_model)" ] || { failures=$((failures + 1)); echo 'FAILED: a file is left'; ls -A wrong; }
