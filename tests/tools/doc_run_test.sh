#!/usr/bin/env bash
# The commands of the README and of the tutorials, run on a small model and a little text; and a command that fails is found.
# install_test.sh runs those of docs/tutorials/deploy.md, training_package_test.sh those of your-own-module.md.
# Usage: doc_run_test.sh PATH_OF_RPP_PRETRAIN      (with the other programs beside it)
source "$(dirname "$0")/expect.sh"
programs=$(cd "$(dirname "$1")" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$dir/checkout/build" && cd "$dir/checkout" || exit 1
run_pages=(python3 "$root/tests/tools/doc_run.py" --rules ../rules.txt)

# A checkout. Its programs get some more arguments behind those of a page, to be quick; a resumed run gets none.
cp -r "$root/scripts" "$root/configs" .
[ ! -e "$root/.venv" ] || ln -s "$root/.venv" .venv
cat > ../quick <<PROGRAM
#!/usr/bin/env bash
name=\$(basename "\$0") more=()
case "\$name \$* " in
  *' --resume '*) ;;
  rpp-pretrain*) more=(--set train.steps=24 --set train.batch_size=4 --set train.micro_batch_size=4
    --set train.eval_batches=1 --set train.num_threads=1) ;;
  'rpp-finetune eval-'*) ;;
  'rpp-finetune submission '*) more=(--fill-missing) ;;  # instead of the 390,965 rows of QQP
  'rpp-finetune --config configs/recipes/'*) more=(--set train.num_threads=1 --set train.batch_size=4) ;;
  rpp-finetune*) more=(--set train.num_threads=1) ;;
  'rpp-bench infer '*) more=(--seconds 0.01 --threads 1) ;;
esac
exec "$programs/\$name" "\$@" "\${more[@]}"
PROGRAM
chmod +x ../quick
for name in data pretrain finetune inspect compare export predict bench launch; do cp ../quick build/rpp-$name; done

# What the pages take for granted: a model, text, tasks.
good=(a gripping , funny film with heart . the plot is charming and quick)
bad=(a dull , slow film without wit . the plot is boring and long)
# Sentence NUMBER, about a good film if the number is even.
sentence() {
  local -n words=$1
  local i
  for i in 0 1 2 3 4; do printf '%s ' "${words[($2 * 5 + i * (1 + $2 % 3)) % ${#words[@]}]}"; done
}
rows() { for i in $(seq "$1"); do printf '%s\t0\n%s\t1\n' "$(sentence bad "$i")" "$(sentence good "$i")"; done; }
for document in $(seq 20); do
  for line in 1 2 3 4; do printf '%s\n%s\n' "$(sentence bad $((document + line)))" "$(sentence good $((document * line)))"; done
  echo
done > my-text.txt
{
  printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' {a..z} '##'{a..z}
  printf '%s\n' "${good[@]}" "${bad[@]}" | sed '/^a$/d' | sort -u
} > vocab.txt
mkdir -p glue/{SST-2,CoLA,STS-B} squad models runs/demo data/wiki-books
for part in train dev; do
  { printf 'sentence\tlabel\n'; rows 8; } > glue/SST-2/$part.tsv
  rows 8 | awk -F '\t' '{ print "source\t" $2 "\t\t" $1 }' > glue/CoLA/$part.tsv
  { printf 'subject\tbody\tkind\n'; rows 8 | sed 's/\t/\tthe film\t/'; } > $part.tsv
  printf '{"data": [{"paragraphs": [{"context": "the plot is quick", "qas": [{"id": "1", "question": "is the plot slow", %s}]}]}]}' \
    '"answers": [{"text": "quick", "answer_start": 12}]' > squad/$part-v1.1.json
done
for _ in $(seq 8); do printf 'the\tO\nfilm\tB-FILM\n\n'; done > names.conll
for _ in $(seq 4); do echo '{"tokens": ["the", "film"], "ner_tags": ["O", "B-FILM"]}'; done > names-dev.jsonl
# As many rows as the GLUE server expects.
for task in CoLA:1063 SST-2:1821; do
  { printf 'index\tsentence\n'; seq "${task#*:}" | sed 's/$/\tthe plot is quick/'; } > glue/${task%:*}/test.tsv
done
{
  printf 'sentence1\tsentence2\tscore\n'
  for i in $(seq 8); do printf '%s\t%s\t%s\n' "$(sentence good "$i")" "$(sentence good $((i * 2)))" $((i % 5)); done
} > glue/STS-B/dev.tsv
cat > small.yaml <<'YAML'
hidden_size: 32
num_hidden_layers: 2
num_attention_heads: 2
intermediate_size: 64
max_position_embeddings: 512
YAML
for part in train valid; do build/rpp-data build --input my-text.txt --output data/wiki-books/$part --tokenizer vocab.txt; done > log 2>&1
cat > my-bert.yaml <<'YAML'
model_config: small.yaml
tokenizer: vocab.txt
output_dir: my-bert
data: {train: [data/wiki-books/train], max_seq_length: 64}
prune: {method: dense}
YAML
fine_tune=(build/rpp-finetune --config configs/finetune/sst2.yaml --data-dir glue --model my-bert)
{
  build/rpp-pretrain my-bert.yaml
  build/rpp-pretrain configs/pretrain/nip-minilm.yaml --model my-bert --output-dir my-other
  for run in {nip,rpp}-{1,2,3}; do "${fine_tune[@]}" --output-dir runs/$run-sst2 --seed "${run#*-}" || exit; done
} >> log 2>&1 || { cat log; exit 1; }
for name in models/bert-{base,large}-uncased runs/demo/minilm my-encoder; do cp -r my-bert $name; done
cp -r data/wiki-books runs/demo/shards
cp -r glue/SST-2 runs/demo/movies
build/rpp-finetune configs/demo/movies.yaml >> log 2>&1 || { cat log; exit 1; }

cat > ../rules.txt <<'RULES'
skip  ^scripts/setup\.sh             installs packages
skip  ^scripts/demo\.sh(?!\s--est)   builds everything and downloads a model; demo_test.sh runs its stages
skip  ^scripts/test\.sh              builds everything and runs this test
skip  ^scripts/gpu_check\.sh         needs a GPU
skip  ^scripts/compare/              needs transformers
skip  ^scripts/convert_bin\.py       needs PyTorch; convert_bin_test.sh runs it
skip  ^scripts/dev/                  for work on this repository, with compilers and a formatter
skip  ^scripts/sweep\.py$            the name of a script
skip  ^(torchrun|srun|mpirun)\s     needs PyTorch, Slurm or Open MPI; ranks_test.sh runs the ranks
skip  ^build/rpp-bench\sinfer$       the name of a program
stop  --follow
name  TASK   sst2 cola
name  DIR    my-pruned-sst2
name  ,...}  }
RULES
for python in .venv/bin/python python3 ''; do "$python" -c 'import numpy, matplotlib, tensorboardX, sklearn' 2> /dev/null && break; done
[ -n "$python" ] || echo 'skip ^scripts/(heatmap|plots|tensorboard|tsne)\.py matplotlib, tensorboardX or scikit-learn is missing: run scripts/setup.sh --plots' >> ../rules.txt

fault() { failures=$((failures + 1)); echo "FAILED: $1"; }
cd "$root" && pages=(README.md docs/tutorials/{prune-your-checkpoint,fine-tune-and-predict,prune-an-embedding-model,compare-methods,many-processes}.md docs/{demo,faq}.md)
run_by_others=(docs/tutorials/{deploy,your-own-module}.md)
for page in docs/tutorials/*.md; do
  [[ " ${pages[*]} ${run_by_others[*]} " == *" $page "* ]] || fault "no test runs the commands of $page"
done
cd "$OLDPWD" || exit 1
"${run_pages[@]}" "${pages[@]/#/$root/}" || fault 'commands of the pages'

# finds STATUS TEXT RULES BLOCK: the result for a page with this block.
finds() {
  printf '%s\n' "$3" > ../rules.txt
  printf '# Page\n```\n%s\n```\n' "$4" > ../page.md
  expect "$1" "$2" "${run_pages[@]}" ../page.md
}
finds 1 $'FAILED: page.md:4: build/rpp-inspect ratios absent\n  exit status 1' '' $'build/rpp-inspect ratios my-bert\nbuild/rpp-inspect ratios absent'
finds 1 'rpp-predict: error: cannot open absent' '' $'echo film | \\\n  build/rpp-predict --model absent'
finds 1 'exit status 1' '' 'build/rpp-inspect ratios absent | cat'
finds 1 'no command needs the rule: skip ^scripts/absent' 'skip ^scripts/absent needs a GPU' 'echo film'
finds 1 'no command needs the rule: name TASK' 'name TASK sst2' 'echo TASKS'
finds 1 'exit status 0 before it was stopped' 'stop follow' 'echo follow'
finds 1 "there is no rule 'skips'" 'skips film needs a GPU' 'echo film'
finds 0 '2 commands run, 1 skipped, 0 faults' $'name FILE my-bert my-other\nskip false fails' $'false\n# FILE\ntest -d FILE\ntest -d my-bert'
finds 0 '2 commands run, 0 skipped, 0 faults' '' $'export FILM="a good film"\ntest "$FILM" = "a good film"'
