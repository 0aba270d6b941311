#!/usr/bin/env bash
# rpp-predict for a user: the same answers as rpp-finetune, in the order of the lines, and wrong input.
# Usage: rpp_predict_test.sh PATH_OF_RPP_PREDICT      (with rpp-finetune and rpp-export beside it)
source "$(dirname "$0")/expect.sh"
predict=$1
finetune=$(dirname "$1")/rpp-finetune
export=$(dirname "$1")/rpp-export
golden=$(cd "$(dirname "$0")/../golden/bert" && pwd)
cd "$dir" || exit 1
fault() { failures=$((failures + 1)); echo "FAILED: $1"; }

# A model of whole words, fine-tuned on single texts, on pairs and on scores.
cp -r "$golden" model
{ printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 94; } > model/vocab.txt
mkdir sst2 mrpc stsb
{ printf 'sentence\tlabel\n'; for i in $(seq 40); do printf 'w%d w%d\t%d\n' $((i % 7 + i % 2 * 50)) $((i % 11)) $((i % 2)); done; } > sst2/train.tsv
{ printf 'Quality\t#1 String\t#2 String\n'; for i in $(seq 40); do printf '%d\tw%d w2\tw%d w%d\n' $((i % 2)) $((i % 9)) $((i % 2 * 60)) $((i % 5)); done; } > mrpc/train.tsv
{ printf 'sentence1\tsentence2\tscore\n'; for i in $(seq 40); do printf 'w%d w2\tw%d\t%d\n' $((i % 9)) $((i % 5 * 9)) $((i % 5)); done; } > stsb/train.tsv
for task in sst2 mrpc stsb; do
  cp $task/train.tsv $task/dev.tsv
  expect 0 'eval_samples = 40' "$finetune" --task $task --data-dir $task --model model --output-dir tuned-$task \
    --set max_seq_length=16 --set optimizer.learning_rate=1e-3 --set epochs=6 --set train.num_threads=1
done
cut -f1 sst2/dev.tsv | tail -n +2 > sst2/texts
cut -f2,3 mrpc/dev.tsv | tail -n +2 > mrpc/texts
cut -f1,2 stsb/dev.tsv | tail -n +2 > stsb/texts

# same TASK FIELD: the answers equal rpp-finetune's predictions on the dev set.
same() {
  "$predict" --model tuned-$1 --input $1/texts --threads 1 2>&1 | cut -f"$2" > answers
  tail -n +2 tuned-$1/eval_predictions_$1.txt | cut -f2 > predictions
  cmp answers predictions || fault "$1: $(paste answers predictions | head -5)"
  [ "$(sort -u predictions | wc -l)" -gt 1 ] || fault "$1: one answer to everything shows nothing"
}
same sst2 1
same mrpc 1
same stsb 2

# A table is read row by row: a task's own file by the columns of its header, or JSON objects.
table() {
  "$predict" --model "tuned-$1" --input "$2" "${@:3}" > table 2>&1
  "$predict" --model "tuned-$1" --input "$1/texts" > from-lines
  cmp table from-lines || fault "the table $2: $(head -3 table)"
}
table sst2 sst2/dev.tsv --column sentence
table mrpc mrpc/dev.tsv --column '#1 String' --column-pair '#2 String'
table stsb stsb/dev.tsv --column sentence1 --column-pair sentence2
tail -n +2 mrpc/dev.tsv > headerless.tsv
table mrpc headerless.tsv --column 2 --column-pair 3
{ printf '\357\273\277'; cat sst2/dev.tsv; } > marked.tsv
table sst2 marked.tsv --column sentence
sed 's/\(.*\)\t\(.*\)/{"a": "\1", "b": "\2"}/' mrpc/texts > rows.jsonl
table mrpc rows.jsonl --column a --column-pair b
expect 1 "sst2/dev.tsv:1: no column 'sentense' in the header: did you mean 'sentence'? (there are sentence, label)" \
  "$predict" --model tuned-sst2 --input sst2/dev.tsv --column sentense
expect 1 "rows.jsonl:1: no key 'c' (there are a, b)" "$predict" --model tuned-sst2 --input rows.jsonl --column c
expect 1 'headerless.tsv:1: 3 columns, expected at least 4' "$predict" --model tuned-mrpc --input headerless.tsv --column 4
expect 1 '--column NAME reads a column' "$predict" --model tuned-mrpc --input mrpc/dev.tsv
expect 2 'give two names of columns, or two numbers' \
  "$predict" --model tuned-mrpc --input mrpc/dev.tsv --column 2 --column-pair b
expect 2 '--column-pair requires --column' "$predict" --model tuned-mrpc --input mrpc/dev.tsv --column-pair b

# A model file gives the same answers as its directory.
for task in sst2 stsb; do
  expect 0 '' "$export" tuned-$task --output tuned-$task.rpp
  expect 0 '' cmp <("$predict" --model tuned-$task --input $task/texts) <("$predict" --model tuned-$task.rpp --input $task/texts)
done

# Standard input is read like a file; each line is answered before the next one arrives.
"$predict" --model tuned-sst2 --input sst2/texts > from-file
expect 0 '' cmp from-file <("$predict" --model tuned-sst2 < sst2/texts)
expect 0 '' cmp from-file <(tr '\n' '~' < sst2/texts | sed 's/~/\r\n/g' | "$predict" --model tuned-sst2)
coproc "$predict" --model tuned-sst2 2> errors
for text in 'w51 w1' 'w2 w2'; do
  echo "$text" >&"${COPROC[1]}"
  read -r -t 120 answer <&"${COPROC[0]}" || fault "no answer to '$text' before the next line: $(cat errors)"
  [[ $answer =~ ^[01]$'\t'[01]\.[0-9]{1,6}$ ]] || fault "the answer to '$text' is '$answer'"
done
[ -z "${COPROC[1]:-}" ] || { input=${COPROC[1]}; exec {input}>&-; }
wait

# When half a line has arrived, the complete lines before it are answered. The same from a named pipe.
mkfifo half
for input in - half; do
  { printf 'w51 w1\nw2 w2\nw5'; sleep 3; printf '1 w1\n'; } > half &
  "$predict" --model tuned-sst2 --input $input < half > early & reader=$!
  sleep 2
  [ "$(wc -l < early)" = 2 ] || fault "answers to two lines and a half: $(cat early)"
  wait $reader
  [ "$(wc -l < early)" = 3 ] || fault "answers to three lines: $(cat early)"
done

# Input that can be read only once loses nothing.
seq 3000 > numbers
[ "$("$predict" --model tuned-sst2 --input <(cat numbers) | wc -l)" = 3000 ] || fault 'a process substitution'
[ "$(cat numbers | "$predict" --model tuned-sst2 --input /dev/stdin | wc -l)" = 3000 ] || fault '/dev/stdin'
[ "$("$predict" --model tuned-sst2 --input - < numbers | wc -l)" = 3000 ] || fault 'standard input as -'
[ "$(gzip -c numbers | "$predict" --model tuned-sst2 | wc -l)" = 3000 ] || fault 'compressed standard input'

# Answers that cannot be written.
expect 1 'rpp-predict: error: cannot write to standard output: No space left on device' \
  bash -c "'$predict' --model tuned-sst2 < sst2/texts > /dev/full"
expect 1 'cannot write to standard output: No space left on device' bash -c "'$predict' --help > /dev/full"
expect 1 'cannot write to standard output: Broken pipe' \
  bash -c "set -o pipefail; '$predict' --model tuned-sst2 --embed --input numbers | head -1 > /dev/null"

# Lines without an answer are skipped.
printf 'w51 w1\nw2 \xff\na\tb\tc\nw2 w2\n' > some-bad
"$predict" --model tuned-sst2 --skip-errors --input some-bad > skipped 2> errors || fault "--skip-errors ends with $?"
[ "$(sed -n '1p;4p' skipped)" = "$(printf 'w51 w1\nw2 w2\n' | "$predict" --model tuned-sst2)" ] || fault "$(cat skipped)"
[[ $(sed -n 2p skipped) == '{"line":2,"error":"not valid UTF-8'* ]] || fault "$(cat skipped)"
[[ $(sed -n 3p skipped) == '{"line":3,"error":"more than one separator'* ]] || fault "$(cat skipped)"
expect 0 '2 of 4 lines had no answer and were skipped' "$predict" --model tuned-sst2 --skip-errors --input some-bad
expect 1 'none of 1 lines could be answered' "$predict" --model tuned-sst2 --skip-errors <<< $'a\tb\tc'

# JSON, the number of labels, labels without a name, a pair with an empty text, an empty line.
printf 'w1\tw2 "\n\nw1\t\n' > lines
expect 0 '{"text":"w1","text_pair":"w2 \"","label":"' "$predict" --model tuned-mrpc --input lines --json
expect 0 '{"text":"","label":"' "$predict" --model tuned-mrpc --input lines --json
expect 0 '{"text":"w1","text_pair":"","label":"' "$predict" --model tuned-mrpc --input lines --json
expect 0 '"label":"score","score":' "$predict" --model tuned-stsb --input lines --json
expect 0 '{"text":"w1","text_pair":"w2","label":"' "$predict" --model tuned-mrpc --pair-separator '|' --json <<< 'w1|w2'
cp -r "$golden/classifier" three && cp model/vocab.txt three/ && sed -i '/id2label/,/}/d' three/config.json
[[ $("$predict" --model three <<< 'w1' 2>&1) =~ ^LABEL_[012]$'\t'0\.[0-9]{1,6}$ ]] || fault 'one label and its probability'
[[ $("$predict" --model three --top 2 <<< 'w1' 2>&1) =~ ^(LABEL_[012]$'\t'0\.[0-9]{1,6}$'\t'?){2}$ ]] || fault '--top 2'
[[ $("$predict" --model three --top 2 --json <<< 'w1' 2>&1) =~ \"scores\":\{(\"LABEL_[012]\":0\.[0-9]+,?){2}\} ]] || fault '--top 2 --json'

# A SQuAD model answers questions with texts of their contexts, as in its own predictions.
printf '{"data": [{"paragraphs": [{"context": "w5 w6 w60 w7", "qas": [{"id": "a", "question": "w1", "answers": [{"text": "w60", "answer_start": 6}]}]}]}]}' > train-v1.1.json
cp train-v1.1.json dev-v1.1.json
expect 0 'eval_f1 = ' "$finetune" --task squad1 --data-dir . --model model --output-dir tuned-squad \
  --set max_seq_length=16 --set squad.doc_stride=4 --set squad.max_query_length=4
answer=$(sed -n 's/.*"a": "\(.*\)".*/\1/p' tuned-squad/predictions.json)
[ -n "$answer" ] || fault "no answer in $(cat tuned-squad/predictions.json)"
expect 0 "\"answer\":\"$answer\",\"score\":" "$predict" --model tuned-squad --json <<< $'w1\tw5 w6 w60 w7'
expect 0 '"span":[' "$predict" --model tuned-squad --json <<< $'w1\tw5 w6 w60 w7'
expect 1 'standard input:1: no context' "$predict" --model tuned-squad <<< 'w1'

# A pre-trained model fills masks; any model embeds.
[[ $("$predict" --model model --top 2 <<< 'w1 [MASK]') =~ ^[^$'\t']+$'\t'0\.[0-9e-]+$'\t'[^$'\t']+$'\t'0\.[0-9e-]+$ ]] || fault 'two tokens'
expect 0 '{"text":"w1 [MASK]","token":"' "$predict" --model model --json <<< 'w1 [MASK]'
expect 0 '{"text":"w1","embedding":[' "$predict" --model model --embed --json <<< 'w1'
[ "$("$predict" --model model --embed <<< $'w1\tw2\tw3')" = "$("$predict" --model model --embed <<< 'w1 w2 w3')" ] ||
  fault 'a tab in a text to embed'
near() { paste <(tr '\t' '\n' < fp32) <(tr '\t' '\n' < int8) | awk '{ d = $1 - $2; if (d * d > largest) largest = d * d } END { print (largest > 0 && largest < 0.01) ? "near" : "not near " largest }'; }
"$predict" --model model --embed <<< 'w1 w2 w3' > fp32
"$predict" --model model --embed --int8 <<< 'w1 w2 w3' > int8
expect 0 'near' near  # and not equal: another arithmetic
expect 2 '--embed excludes --pair-separator' "$predict" --model model --embed --pair-separator '|'
[ "$("$predict" --model tuned-sst2 --embed <<< 'w1' | tr '\t' '\n' | wc -l)" = 32 ] || fault 'an embedding of 32 numbers'

# Long texts are truncated and counted, or refused.
{ echo w1; seq -f 'w%g' -s ' ' 0 40; } > long
expect 0 '1 of 2 lines were cut to 16 tokens' "$predict" --model tuned-sst2 --input long
expect 0 '1 of 2 lines were cut to 24 tokens' "$predict" --model tuned-sst2 --input long --max-seq-length 24
expect 1 'long:2: 43 tokens, 16 are read' "$predict" --model tuned-sst2 --input long --strict
expect 0 $'\t0.' bash -c "'$predict' --model tuned-sst2 --input long --strict 2>/dev/null; true"  # the first line is answered

# Wrong input.
expect 0 'rpp-predict --model runs/pruned-sst2' "$predict" --help
expect 0 'rpp-predict ' "$predict" --version
expect 2 '--model is required' "$predict"
expect 2 "unknown argument '--jsn': did you mean '--json'?" "$predict" --model tuned-sst2 --jsn
expect 2 'max_seq_length is 99, the model has 24 positions' "$predict" --model tuned-sst2 --input long --max-seq-length 99
expect 1 'cannot open absent: No such file or directory' "$predict" --model absent --input long
expect 1 'absent.tsv: No such file or directory' "$predict" --model tuned-sst2 --input absent.tsv
expect 1 'long:1: no [MASK]: this model predicts' "$predict" --model model --input long
expect 1 'standard input holds no line' "$predict" --model tuned-sst2 < /dev/null
printf 'w1\nw2 \xff\n' > bytes
expect 1 'bytes:2: not valid UTF-8' "$predict" --model tuned-sst2 --input bytes
expect 1 'standard input:2: not valid UTF-8' "$predict" --model tuned-sst2 < bytes
expect 1 'standard input:1: more than one separator' "$predict" --model tuned-sst2 <<< $'a\tb\tc'
cp "$golden"/{config.json,model.safetensors} . && "$export" . --output bare.rpp > /dev/null 2>&1
expect 1 'bare.rpp holds no WordPiece vocabulary' "$predict" --model bare.rpp <<< 'w1'
sed -i 's/single_label_classification/other/' tuned-sst2/config.json
expect 1 'problem_type is other: only' "$predict" --model tuned-sst2 --input long
