#!/usr/bin/env bash
# An XLM-R model with a unigram tokenizer from its directory to answers: shards, pruning with RPP, fine-tuning, export.
# Usage: xlm_roberta_test.sh PATH_OF_RPP_PRETRAIN      (with the other programs beside it)
source "$(dirname "$0")/expect.sh"
bin=$(cd "$(dirname "$1")" && pwd)
tools=$(cd "$(dirname "$0")" && pwd)
cd "$dir" || exit 1
fault() { failures=$((failures + 1)); echo "FAILED: $1"; }

cp -r "$tools/../golden/xlm_roberta" model
python3 "$tools/small_unigram.py" model/tokenizer.json || exit 1
for document in $(seq 40); do
  printf 'the birds sing\nthe gardens the birds\nthe garden sings the gardens\n\n'
done > text.txt
expect 0 '40 documents, 120 sentences' "$bin/rpp-data" build --input text.txt --output shards --tokenizer model

pretrain=("$bin/rpp-pretrain" --config "$tools/../../configs/pretrain/rpp-minilm.yaml" --set model=model --set 'data.train=[shards]' --set 'data.valid=[]' --set data.max_seq_length=16
  --set train.steps=30 --set train.batch_size=8 --set optimizer.learning_rate=1e-3 --set train.num_threads=1 --set prune.method=rpp
  --set prune.target_ratio=0.6 --set prune.final_topk=true --set train.eval_every=10 --set train.save_every=30)
expect 1 'data.next_sentence needs a model with type_vocab_size 2' "${pretrain[@]}" --output-dir refused
expect 0 'encoder ratio 60.' "${pretrain[@]}" --set data.next_sentence=false --output-dir pruned
expect 0 '' grep -q '"model_type": "xlm-roberta"' pruned/config.json
expect 0 '60.' "$bin/rpp-inspect" ratios pruned

# The zeros stay, and the answers are those of the model before its export.
printf 'sentence\tlabel\n' > train.tsv
for i in $(seq 20); do printf 'the birds sing\t1\nthe gardens\t0\n'; done >> train.tsv
cp train.tsv dev.tsv
expect 0 'accuracy' "$bin/rpp-finetune" --task sst2 --data-dir . --model pruned --output-dir tuned --set max_seq_length=16 --set epochs=4 \
  --set optimizer.learning_rate=1e-3 --set train.num_threads=1
expect 0 '60.' "$bin/rpp-inspect" ratios tuned
expect 0 '' "$bin/rpp-export" tuned --output tuned.rpp
printf 'the birds sing\nthe gardens <mask> unknown\n' > texts
"$bin/rpp-predict" --model tuned.rpp --input texts > from-file 2>&1
expect 0 '' cmp from-file <("$bin/rpp-predict" --model tuned --input texts)
[[ $(head -1 from-file) =~ ^1$'\t'0\.[0-9]+$ ]] || fault "the label: $(cat from-file)"
expect 0 '' "$bin/rpp-export" pruned --output pruned.rpp
[[ $("$bin/rpp-predict" --model pruned.rpp <<< 'the <mask> sing') =~ ^[^$'\t']+$'\t'[0-9.]+$ ]] || fault 'a masked token'
