#!/usr/bin/env bash
# rpp-finetune for a user. Usage: rpp_finetune_test.sh PATH_OF_RPP_FINETUNE
source "$(dirname "$0")/expect.sh"
finetune=$1
model=$(cd "$(dirname "$0")/../golden/bert" && pwd)
cd "$dir" || exit 1
cp -r "$model" model
{ printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 94; } > model/vocab.txt
printf 'sentence\tlabel\nw1 w2\t0\nw60 w61\t1\nw3 w2\t0\nw62\t1\n' > train.tsv
cp train.tsv dev.tsv
run=("$finetune" --task sst2 --data-dir . --model model --output-dir out --set max_seq_length=16)

expect 0 'rpp-finetune --task sst2' "$finetune" --help
expect 0 'LibTorch' "$finetune" --version
expect 0 'task: sst2' "${run[@]}" --print-config
expect 0 'check passed' "${run[@]}" --check
expect 0 'eval_accuracy = ' "${run[@]}"
expect 0 '"eval_samples": 4' cat out/all_results.json
expect 2 'No such file' ls out/checkpoint-3
expect 0 'eval_samples = 4' "$finetune" --config out/config.yaml --resume auto
expect 1 '' bash -c "'$finetune' --config out/config.yaml --resume auto 2>&1 | grep -F 4.0"
expect 0 'out has finished already: 3 steps' "$finetune" --config out/config.yaml --resume auto
expect 2 'its checkpoints are gone' "$finetune" --config out/config.yaml --resume auto --set epochs=5
expect 2 'already contains another run' "${run[@]}"
expect 2 "unknown task 'sst3': did you mean 'sst2'?" "$finetune" --task sst3 --data-dir . --model model --output-dir o
expect 1 'absent' "$finetune" --task sst2 --data-dir absent --model model --output-dir o
expect 1 'absent' "$finetune" --task sst2 --data-dir . --model absent --output-dir o
expect 2 'output_dir' "$finetune" --task sst2 --data-dir . --model model
# Several seeds are separate runs.
seeds=("$finetune" --task sst2 --data-dir . --model model --set max_seq_length=16)
expect 0 'eval_accuracy = ' "${seeds[@]}" --output-dir seeds --seeds 1,2
expect 0 '(2 seeds)' "${seeds[@]}" --output-dir seeds --seeds 1,2 --resume auto
expect 0 '"sd": ' cat seeds/seeds.json
expect 0 '(2 seeds)' "$finetune" --config seeds/config.yaml --seeds 1,2 --resume auto
expect 2 'seed 1 is given twice' "${seeds[@]}" --output-dir o --seeds 1,1

printf 'sentence\tlabel\nw1 w2\t0\nw60\n' > train.tsv
expect 1 'train.tsv:3: 1 columns, expected at least 2' "$finetune" --task sst2 --data-dir . --model model --output-dir o
printf 'sentence\tlabel\nw1 w2\tpositive\n' > train.tsv
expect 1 "train.tsv:2: unknown label 'positive' (expected 0, 1)" "$finetune" --task sst2 --data-dir . --model model --output-dir o

# Predictions are scored again, and collected for the GLUE server.
expect 0 '"accuracy": ' "$finetune" eval-glue sst2 out/eval_predictions_sst2.txt
expect 0 '"samples": 4' "$finetune" eval-glue sst2 out/eval_predictions_sst2.txt
expect 1 "out/eval_predictions_sst2.txt:2: unknown label" "$finetune" eval-glue rte out/eval_predictions_sst2.txt
expect 2 "unknown task 'sst3': did you mean 'sst2'?" "$finetune" eval-glue sst3 out/eval_predictions_sst2.txt
expect 2 'predictions is required' "$finetune" eval-glue sst2
expect 0 'rpp-finetune eval-glue mrpc' "$finetune" eval-glue --help
mkdir wnli && { printf 'index\tprediction\n'; for i in $(seq 0 145); do printf '%d\t1\n' "$i"; done; } > wnli/predict_results_wnli.txt
expect 1 'test files of cola, sst2' "$finetune" submission --runs wnli --output glue.zip
expect 0 'WNLI.tsv     wnli/predict_results_wnli.txt' "$finetune" submission --runs wnli --output glue.zip --fill-missing
expect 0 'CoLA.tsv     filled with a constant' "$finetune" submission --runs wnli --output again.zip --fill-missing
expect 0 '' cmp glue.zip again.zip
expect 1 'out has no predict_results_TASK.txt' "$finetune" submission --runs out --output o.zip
expect 2 '--output is required' "$finetune" submission --runs wnli

# A custom task from a file of JSON lines.
printf '{"words": "w%d w2", "kind": "%s"}\n' 1 ham 60 spam 2 ham 61 spam > mails.jsonl
custom=("$finetune" --task custom --model model --set max_seq_length=16 --set train_files=mails.jsonl --set dev_files=mails.jsonl)
expect 0 'eval_f1 = ' "${custom[@]}" --output-dir mails --set custom.text=words --set custom.label=kind
expect 0 '"1": "spam"' cat mails/config.json
expect 0 '"f1": ' "$finetune" eval-glue custom mails/eval_predictions_custom.txt
expect 1 "mails.jsonl:1: no key 'sort' among words, kind: the nearest is 'words'" "${custom[@]}" --output-dir o --set custom.label=sort
printf 'text\tlabel\nw1 w2\tham,short\nw60\t\nw2\tshort\n' > topics.tsv
topics=("$finetune" --task custom --model model --set max_seq_length=16 --set train_files=topics.tsv --set custom.multi_label=true)
expect 0 'eval_micro_f1 = ' "${topics[@]}" --output-dir topics --set dev_files=topics.tsv
expect 0 '"multi_label_classification"' cat topics/config.json
expect 1 'such predictions are neither scored again nor compared' "$finetune" eval-glue custom topics/eval_predictions_custom.txt
printf 'text\tlabel\nw1\tham,long\n' > long.tsv
expect 1 "long.tsv:2: unknown label 'long' (expected ham, short)" "${topics[@]}" --output-dir o --set dev_files=long.tsv
expect 2 'label_smoothing is set, but custom.multi_label' "${topics[@]}" --output-dir o --set dev_files=topics.tsv --set label_smoothing=0.1
expect 2 'task is sst2, but custom describes' "${run[@]}" --set custom.label=kind
expect 2 'a model of mnli answers it' "$finetune" --task ax --data-dir . --model model --output-dir o

# SQuAD
answer() { printf '{"id": "%s", "question": "w1", "answers": [{"text": "%s", "answer_start": %s}]}' "$@"; }
squad() { printf '{"data": [{"paragraphs": [{"context": "w5 w6 w60 w7", "qas": [%s]}]}]}' "$1"; }
squad "$(answer a w60 6), $(answer b w7 10)" > train-v1.1.json
cp train-v1.1.json dev-v1.1.json
squad1=("$finetune" --task squad1 --data-dir . --model model --set max_seq_length=16 --set squad.doc_stride=4
  --set squad.max_query_length=4)
expect 0 'check passed' "${squad1[@]}" --output-dir squad --check
expect 0 'eval_exact_match = ' "${squad1[@]}" --output-dir squad
expect 0 '"b":' cat squad/predictions.json
expect 0 '"exact_match": ' "$finetune" eval-squad dev-v1.1.json squad/predictions.json --output scores.json
expect 0 '"f1": ' cat scores.json
expect 2 "must be more than squad.doc_stride 128: raise max_seq_length" \
  "$finetune" --task squad1 --data-dir . --model model --output-dir o --set max_seq_length=128
expect 0 'max_seq_length: 384' "$finetune" --task squad1 --data-dir . --model model --output-dir o --print-config
expect 2 'squad.doc_stride is -1, it must be at least 0' "${squad1[@]}" --output-dir o --set squad.doc_stride=-1
expect 1 'no train-v2.0.json (or .zst, .gz) of task squad2 in .' "$finetune" --task squad2 --data-dir . --model model --output-dir o
squad "$(answer a w60 5)" > train-v1.1.json
expect 1 "no question of the train set has an answer at its answer_start" "${squad1[@]}" --output-dir o
expect 1 "question 'a': its context does not have the answer 'w60' at character 5" \
  "${squad1[@]}" --output-dir o --set squad.strict=true
printf '{"data": [' > train-v1.1.json
expect 1 'train-v1.1.json:1: broken JSON at byte 11 of the line' "${squad1[@]}" --output-dir o

printf '{"a": "W60!", "z": ""}' > answers.json
expect 0 '"exact_match": 50.0' "$finetune" eval-squad dev-v1.1.json answers.json
expect 0 "1 questions have no prediction, the first 'b': they score 0" "$finetune" eval-squad dev-v1.1.json answers.json
expect 0 "1 predictions do not belong to a question in the data, the first 'z': they are ignored" \
  "$finetune" eval-squad dev-v1.1.json answers.json
expect 1 'absent.json' "$finetune" eval-squad dev-v1.1.json absent.json
printf '{"data": 1}' > no-list.json
expect 1 'no-list.json: data must be a list, not 1' "$finetune" eval-squad no-list.json answers.json
expect 2 'predictions is required' "$finetune" eval-squad dev-v1.1.json
expect 2 "unknown argument '--null-odd': did you mean '--null-odds'?" \
  "$finetune" eval-squad dev-v1.1.json answers.json --null-odd x
