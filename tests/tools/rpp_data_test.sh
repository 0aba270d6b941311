#!/usr/bin/env bash
# rpp-data for a user: its output and exit status, above all on errors.
# Usage: rpp_data_test.sh PATH_OF_RPP_DATA
source "$(dirname "$0")/expect.sh"
data=$(realpath "$1")
cd "$dir" || exit 1

printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' the cat dog sat ran '##s' . > vocab.txt
printf '%s\n' 'The cat sat.' 'The cats ran.' '' 'The dog ran.' 'A dog sat.' > corpus.txt
printf 'The cat sat.\nThe dog ran.\n' > one_document.txt
printf '\n \n' > empty.txt
build=("$data" build --tokenizer vocab.txt --output shards)

# A signal ends it at any time, here while it waits for text, and nothing is left behind.
mkfifo fifo; : > out
ended() {
  local pid
  exec 9<> fifo  # open for reading too, as the program opens and closes it before reading
  "${build[@]}" --input fifo > out 2>&1 9>&- &
  pid=$!
  printf 'The cat sat.\n\nThe dog ran.\n' >&9
  while [ -z "$(find . -maxdepth 1 -name '.shards.*')" ] && kill -0 $pid 2>/dev/null; do sleep 0.05; done
  kill -"$1" $pid
  wait $pid
}
for signal in TERM INT; do
  before=$(ls -A)
  expect 3 '' ended $signal
  expect 0 'rpp-data: stopped by a signal before the end' cat out
  [ "$(ls -A)" = "$before" ] || { failures=$((failures + 1)); echo "FAILED: left $(ls -A)"; }
done
expect 0 'Exit status: 0 finished, 1 error, 2 wrong usage or configuration, 3 stopped by a signal' "$data" --help
expect 0 'Exit status: 0 finished' "$data" build --help

# Valid use.
expect 0 'rpp-data ' "$data" --version
expect 0 ' (commit ' "$data" --version
for command in vocab build stats tokenize trim-vocab; do
  expect 0 "  rpp-data $command " "$data" "$command" --help  # an example
done
expect 0 'shards: 2 documents, 4 sentences, 17 tokens (5.8824 % unknown)' "${build[@]}" --input corpus.txt
expect 0 'sentences                         4' "$data" stats shards --tokenizer vocab.txt
expect 0 '5 6 8 11' "$data" tokenize --tokenizer vocab.txt --input corpus.txt
expect 0 'the cat ##s ran .' "$data" tokenize --tokenizer vocab.txt --input corpus.txt --form pieces
expect 0 '5:0-3 7:4-7 9:8-11 11:11-12' "$data" tokenize --tokenizer vocab.txt --input corpus.txt --form offsets
expect 0 '' "$data" tokenize --tokenizer vocab.txt --input corpus.txt --output ids.txt
expect 0 '5 6 10 9 11' cat ids.txt
for type in wordpiece unigram bpe; do
  expect 0 'pieces learned from' "$data" vocab --input corpus.txt --output "$type" --type "$type" --size 40
  expect 0 'tokens' "$data" build --input corpus.txt --output "shards-$type" --tokenizer "$type"
done
expect 0 'pieces learned from 2 lines, drawn from 4' \
  "$data" vocab --input corpus.txt --output drawn --size 60 --max-lines 2

# Neither the vocabulary nor the shards depend on the number of threads.
for i in $(seq 3000); do echo "The cat $i sat, and the dog $((i * 7919 % 10007)) ran."; [ $((i % 40)) != 0 ] || echo; done > many.txt
for threads in 1 3; do
  expect 0 'pieces learned from 3,000 lines' "$data" vocab --input many.txt --output "vocab-$threads" --size 300 --threads $threads
  expect 0 '225 documents' "$data" build --input many.txt many.txt many.txt --output "many-$threads" --tokenizer vocab-1 \
    --shard-tokens 20000 --threads $threads
done
expect 0 '' cmp vocab-1/vocab.txt vocab-3/vocab.txt
expect 0 '' diff -r many-1 many-3
expect 0 'shard-00001.bin' ls many-1

# A wrong command line gives status 2.
expect 2 'rpp-data: error: A subcommand is required (see rpp-data --help)' "$data"
expect 2 "unknown argument 'biuld': did you mean 'build'?" "$data" biuld
expect 2 "unknown argument '--imput': did you mean '--input'? (see rpp-data build --help)" \
  "${build[@]}" --imput corpus.txt
expect 2 '--input is required' "${build[@]}"
expect 2 '--threads: ' "${build[@]}" --input corpus.txt --threads -1
expect 2 '--form: ' "$data" tokenize --tokenizer vocab.txt --input corpus.txt --form words
expect 2 'wordpeice' "$data" vocab --input corpus.txt --output v --type wordpeice

# Bad files give status 1 and are named.
expect 1 'rpp-data: error: cannot open absent.txt: No such file or directory' "${build[@]}" --input absent.txt
expect 1 'empty.txt holds no text' "${build[@]}" --input empty.txt
expect 0 'one_document.txt holds one document only' "$data" build --tokenizer vocab.txt --input one_document.txt --output one
expect 1 'absent' "$data" build --input corpus.txt --output s --tokenizer absent
expect 1 'already holds something else' "$data" build --tokenizer vocab.txt --input corpus.txt --output .
expect 1 'corpus.txt is a file' "$data" build --tokenizer vocab.txt --input corpus.txt --output corpus.txt
expect 1 'absent holds no shards' "$data" stats absent --tokenizer vocab.txt
expect 1 'absent.txt' "$data" vocab --input absent.txt --output v
expect 1 'absent.txt' "$data" tokenize --tokenizer vocab.txt --input absent.txt
# A pipe gives the same result as its file.
expect 0 "" diff <("$data" tokenize --tokenizer vocab.txt --input - < many.txt 2>/dev/null) <("$data" tokenize --tokenizer vocab.txt --input many.txt 2>/dev/null)
for input in - /dev/stdin; do
  cat many.txt many.txt many.txt | "$data" build --tokenizer vocab-1 --input $input --output piped --shard-tokens 20000 > piped.log 2>&1
  expect 0 "225 documents" cat piped.log
  expect 0 "" diff -r piped many-1
done
expect_full "$data" stats shards --tokenizer vocab.txt
expect_full "$data" tokenize --tokenizer vocab.txt --input corpus.txt
expect_full "$data" --help
printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' other > other.txt
expect 1 'the shards in shards were built with another vocabulary' "$data" stats shards --tokenizer other.txt
printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' the > no_mask.txt
expect 1 '[MASK]' "$data" tokenize --tokenizer no_mask.txt --input corpus.txt
printf '\0' | dd of=shards/shard-00000.bin bs=1 seek=60 conv=notrunc status=none
printf '\377' | dd of=shards/shard-00000.bin bs=1 seek=100 conv=notrunc status=none
expect 1 'shards/shard-00000.bin is damaged' "$data" stats shards --tokenizer vocab.txt
