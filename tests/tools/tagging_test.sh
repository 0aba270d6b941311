#!/usr/bin/env bash
# Token classification from columns of words and tags to entities: a random model learns, resumes after a kill, is
# pruned, exported, and answers. Where scripts/setup.sh --compare has installed transformers, its pipeline agrees.
# Usage: tagging_test.sh PATH_OF_RPP_FINETUNE      (with the other programs beside it)
source "$(dirname "$0")/expect.sh"
bin=$(cd "$(dirname "$1")" && pwd)
tools=$(cd "$(dirname "$0")" && pwd)
python=$tools/../../.venv-compare/bin/python
cd "$dir" || exit 1
fault() { failures=$((failures + 1)); echo "FAILED: $1"; }

python3 "$tools/small_names.py" . || exit 1
cat > tiny.yaml <<'END'
vocab_size: 100
hidden_size: 32
num_hidden_layers: 2
num_attention_heads: 2
intermediate_size: 64
max_position_embeddings: 64
END
expect 0 '30 documents' "$bin/rpp-data" build --input text.txt --output shards --tokenizer vocab.txt
printf '%s\n' 'model_config: tiny.yaml' 'tokenizer: vocab.txt' 'output_dir: model' 'data: {train: [shards], max_seq_length: 32, max_predictions: 5}' \
  'prune: {method: dense}' 'train: {steps: 2, batch_size: 4, num_threads: 1}' > pretrain.yaml
expect 0 '' "$bin/rpp-pretrain" --config pretrain.yaml

tag_from=("$bin/rpp-finetune" --task custom --data-dir . --set custom.token_classification=true --set max_seq_length=32
  --set epochs=12 --set optimizer.learning_rate=3e-3 --set train.num_threads=1 --set train.save_every=20 --set train.batch_size=16)
tag=("${tag_from[@]}" --model model)
f1_of() { python3 -c "import json; f1 = json.load(open('$1/eval_results.json'))['eval_f1']; print(f1); exit(f1 < $2)"; }
expect 0 'eval_f1 = ' "${tag[@]}" --output-dir tagged --set train.best_metric=f1 --set train.eval_every=50
f1_of tagged 0.85 > f1 || fault "the F1 of the dense model is below 0.85: $(cat f1)"
expect 0 '"BertForTokenClassification"' cat tagged/config.json
expect 0 '"B-LOC"' cat tagged/config.json

# The same from JSON lines.
expect 0 'eval_f1 = ' "${tag[@]}" --output-dir from-json --set 'train_files=[train.jsonl]' --set 'dev_files=[dev.jsonl]' \
  --set train.best_metric=f1 --set train.eval_every=50
expect 0 '' cmp tagged/eval_predictions_custom.conll from-json/eval_predictions_custom.conll

# Pruned while it learns, killed, and resumed: the weights are those of a run without a stop.
prune=("${tag[@]}" --set prune.method=gradual --set prune.target_ratio=0.6)
expect 0 'encoder_ratio' bash -c '"$@" && cat pruned/all_results.json' - "${prune[@]}" --output-dir pruned
f1_of pruned 0.75 > f1 || fault "the F1 of the pruned model is below 0.75: $(cat f1)"
"${prune[@]}" --output-dir killed > killed.log 2>&1 &
for _ in $(seq 600); do compgen -G 'killed/checkpoint-*' > found && break; sleep 0.1; done
kill -9 $! && wait $! 2> killed.txt
[ -e killed/eval_results.json ] && fault 'the run had finished before it was killed'
expect 0 'eval_f1 = ' "${prune[@]}" --output-dir killed --resume auto
expect 0 '' cmp pruned/model.safetensors killed/model.safetensors
expect 0 '' cmp pruned/eval_predictions_custom.conll killed/eval_predictions_custom.conll
expect 0 '60.' "$bin/rpp-inspect" ratios pruned

# Zeros are held by a further run; the test file has words alone.
cut -d' ' -f1 dev.conll > words.txt
expect 0 'eval_f1 = ' "${tag_from[@]}" --model pruned --output-dir again --set epochs=1 --set 'test_files=[words.txt]'
expect 0 '60.' "$bin/rpp-inspect" ratios again
expect 0 '' cmp <(cut -f1,3 again/eval_predictions_custom.conll) again/predict_results_custom.conll

# Entities of the exported model.
expect 0 '' "$bin/rpp-export" again --output again.rpp
head -40 dev.txt > texts
"$bin/rpp-predict" --model again.rpp --input texts --json > from-file 2> predict.log || fault "$(cat predict.log)"
expect 0 '' cmp from-file <("$bin/rpp-predict" --model again --input texts --json)
expect 0 '' grep -q '"label": *"PER"' from-file
expect 0 '' grep -q '"label": *"LOC"' from-file
if [ -x "$python" ]; then
  expect 0 'entities are equal' "$python" - <<'END'
import json
from transformers import pipeline
tagger = pipeline("token-classification", model="again", aggregation_strategy="simple", device="cpu")
count = 0
for text, line in zip(open("texts"), open("from-file")):
    text, ours = text.rstrip("\n"), json.loads(line)["entities"]
    theirs = tagger(text)
    assert [(e["start"], e["end"], e["entity_group"]) for e in theirs] == [(*e["span"], e["label"]) for e in ours], text
    assert all(abs(float(a["score"]) - b["score"]) < 1e-4 for a, b in zip(theirs, ours)), text
    count += len(ours)
print(count, "entities are equal")
END
fi

# What is not understood is refused.
printf 'Bade B-PER\nwalks\n' > bad.conll
expect 1 "bad.conll:2: one column, 'walks'" "${tag[@]}" --output-dir o --set 'train_files=[bad.conll]'
printf 'Bade B-ORG\n' > other.conll
expect 1 "other.conll:1: unknown tag 'B-ORG' (expected B-LOC, B-PER, I-LOC, I-PER, O)" "${tag[@]}" --output-dir o \
  --set 'dev_files=[other.conll]'
printf '{"tokens": ["a", "b"], "ner_tags": ["O"]}\n' > short.jsonl
expect 1 "short.jsonl:1: 2 words in 'tokens', but 1 tags in 'ner_tags'" "${tag[@]}" --output-dir o --set 'dev_files=[short.jsonl]'
: > empty.conll
expect 1 'empty.conll has no sentences' "${tag[@]}" --output-dir o --set 'train_files=[empty.conll]'
expect 2 'custom.text is set, but token classification reads words and their tags' "${tag[@]}" --output-dir o --set custom.text=words
expect 2 'custom.tag_column is set, but custom.token_classification is not' "$bin/rpp-finetune" --task custom --model model \
  --data-dir . --output-dir o --set custom.tag_column=2
