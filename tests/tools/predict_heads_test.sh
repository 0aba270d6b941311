#!/usr/bin/env bash
# rpp-predict with a cross-encoder and with a classifier of tokens, and architectures that it refuses.
# Usage: predict_heads_test.sh PATH_OF_RPP_PREDICT      (with rpp-export beside it)
source "$(dirname "$0")/expect.sh"
predict=$1
export=$(dirname "$1")/rpp-export
tools=$(cd "$(dirname "$0")" && pwd)
golden=$(cd "$(dirname "$0")/../golden/bert" && pwd)
cd "$dir" || exit 1
fault() { failures=$((failures + 1)); echo "FAILED: $1"; }

cp -r "$golden/classifier" three
{ printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 94; } > three/vocab.txt

# A model with one label: the first row of the classifier.
cp -r three one
python3 "$tools/one_label.py" one

# Its scores are probabilities, and logits if the configuration says so.
[[ $("$predict" --model one <<< 'w1 w2') =~ ^LABEL_0$'\t'0\.[0-9]+$ ]] || fault "one probability: $("$predict" --model one <<< 'w1 w2')"
cp -r one identity && sed -i '1s/^{/{"sentence_transformers": {"activation_fn": "torch.nn.modules.linear.Identity"}, /' identity/config.json
[[ $("$predict" --model identity <<< 'w1 w2') =~ ^LABEL_0$'\t'-[0-9.]+$ ]] || fault "a logit: $("$predict" --model identity <<< 'w1 w2')"
cp -r one other && sed -i '1s/^{/{"sbert_ce_default_activation_function": "torch.nn.modules.activation.Tanh", /' other/config.json
expect 1 'other/config.json: the activation torch.nn.modules.activation.Tanh is not supported' "$predict" --model other <<< w1

# It ranks texts; their scores are those of the pairs.
printf 'w1 w9\nw7\nw3 w4\nw5 w6 w8\nw7\n' > passages
sed 's/^/w1 w2\t/' passages > pairs
"$predict" --model one --input pairs | cut -f2 | paste - passages | sort -s -k1,1 -rg > sorted
"$predict" --model one --rank --query 'w1 w2' --input passages > ranked
expect 0 '' cmp sorted ranked
[ "$(cut -f1 ranked | sort -u | wc -l)" = 4 ] || fault "four scores: $(cat ranked)"
expect 0 '' cmp <(sed 's/\t/\tw1 w2\t/' sorted) <("$predict" --model one --rank --input pairs)
expect 0 '' cmp <(head -2 sorted) <("$predict" --model one --rank --query 'w1 w2' --top 2 --input passages)
expect 0 '' cmp sorted <(sed 's/^/{"id": 1, "body": "/; s/$/"}/' passages | "$predict" --model one --rank --query 'w1 w2' --column body)
[ "$(printf 'w1\tw2\nw3\tw4\nw3\tw5\n' | "$predict" --model one --rank | cut -f2)" = $'w1\nw3\nw3' ] || fault 'two queries'
expect 0 '{"text":"w1 w2","text_pair":"w' "$predict" --model one --rank --query 'w1 w2' --json --input passages
expect 1 'three does not rank texts: take a cross-encoder, which has one label; this model has 3' \
  "$predict" --model three --rank --query w1 <<< w2
expect 1 'standard input:1: no text: a line to rank is a query and a text' "$predict" --model one --rank <<< w2
expect 2 '--query is not valid UTF-8' "$predict" --model one --rank --query $'\xff' <<< w2
expect 2 '--query requires --rank' "$predict" --model one --query w1 <<< w2

# Labels of a multi-label model have independent probabilities.
cp -r three multi && sed -i '1s/^{/{"problem_type": "multi_label_classification", /' multi/config.json
sum=$("$predict" --model multi --top 3 <<< 'w2 w0' | awk -F'\t' '{ print ($2 >= $4 && $4 >= $6) ? $2 + $4 + $6 : "not sorted" }')
[[ $sum =~ ^[0-9.]+$ && ! $sum =~ ^(1|0\.9999) ]] || fault "the sum of independent probabilities is $sum"

# A classifier of tokens tags words: one line of output for each line of input.
cp -r three tagger && sed -i 's/ForSequenceC/ForTokenC/' tagger/config.json
[ "$("$predict" --model tagger <<< $'w1 w2\n\nw3' | wc -l)" = 3 ] || fault 'three lines of entities'
[[ $("$predict" --model tagger --aggregation none <<< 'w1 w2') =~ ^w1$'\t'LABEL_[012]$'\t'0\.[0-9]+$'\t'w2$'\t'LABEL_[012]$'\t'0\.[0-9]+$ ]] ||
  fault "two tokens: $("$predict" --model tagger --aggregation none <<< 'w1 w2')"
expect 0 '{"text":"w1\tw2","entities":[{"span":[0,2],"text":"w1","label":"LABEL_' \
  "$predict" --model tagger --aggregation none --json <<< $'w1\tw2'
[ "$("$predict" --model tagger <<< $'w1\tw2')" = "$("$predict" --model tagger <<< 'w1 w2')" ] || fault 'a tab in a text to tag'
expect 0 '1 of 1 lines were cut to 8 tokens' "$predict" --model tagger --max-seq-length 8 <<< 'w1 w1 w1 w1 w1 w1 w1'
expect 2 "'most' is unknown" "$predict" --model tagger --aggregation most <<< w1
expect 2 '--top: this model tags words' "$predict" --model tagger --top 2 <<< w1
expect 2 '--pair-separator: this model tags' "$predict" --model tagger --pair-separator '|' <<< w1
expect 1 'three does not tag words' "$predict" --model three --aggregation first <<< w1

# rpp-export keeps the heads.
for model in one multi tagger; do
  expect 0 '' "$export" $model --output $model.rpp
  expect 0 '' cmp <("$predict" --model $model <<< 'w1 w2 w3') <("$predict" --model $model.rpp <<< 'w1 w2 w3')
done

# Another architecture is refused by name, but embeds.
cp -r three choice && sed -i 's/SequenceClassification/MultipleChoice/' choice/config.json
expect 1 'choice/config.json: architectures is BertForMultipleChoice: answers come from' "$predict" --model choice <<< w1
[ "$("$predict" --model choice --embed <<< w1 | tr '\t' '\n' | wc -l)" = 32 ] || fault 'an embedding of another architecture'
