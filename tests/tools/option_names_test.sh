#!/usr/bin/env bash
# Options have the same names in all tools, and names of other programs are accepted or answered with ours.
# Usage: option_names_test.sh PATH_OF_RPP_FINETUNE      (with the other programs beside it)
source "$(dirname "$0")/expect.sh"
finetune=$1
programs=$(dirname "$1")
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir" || exit 1

# Options of a run set keys of its configuration; their values are not parsed as YAML.
pretrain=("$programs/rpp-pretrain" "$root/configs/pretrain/rpp-minilm.yaml" --print-config)
for name in 'x/exp #1' '@s' 'a: b' '[x]'; do
  expect 0 "output_dir: \"$name\"" "${pretrain[@]}" --output-dir "$name"
  expect 0 "model: \"$name\"" "$finetune" --task rte --data-dir d --output-dir o --model "$name" --print-config
done
expect 0 'seed: 7' "${pretrain[@]}" --seed 7
expect 0 'num_threads: 3' "${pretrain[@]}" --threads 3
expect 0 'model: m ' "${pretrain[@]}" --model m
expect 0 'num_threads: 3' "$finetune" "$root/configs/finetune/rte.yaml" --data-dir d --model m --output-dir o --threads 3 --print-config
expect 0 'task: rte' "$finetune" --config "$root/configs/finetune/rte.yaml" --data-dir d --model m --output-dir o --print-config
expect 0 'num_threads: 3' "$programs/rpp-pretrain" --config "$root/configs/pretrain/rpp-minilm.yaml" --threads 3 --print-config
expect 2 '--seed x: train.seed is' "${pretrain[@]}" --seed x
expect 2 '--seed excludes --seeds' "$finetune" --seed 1 --seeds 1,2

# --model can be omitted if there is only one model.
for command in rpp-predict rpp-export 'rpp-inspect ratios' 'rpp-inspect patterns' 'rpp-bench infer'; do
  read -r -a words <<< "$command"
  expect 0 '--model TEXT' "$programs/${words[0]}" "${words[@]:1}" --help
  expect 0 'Positionals:' "$programs/${words[0]}" "${words[@]:1}" --help
done
for command in rpp-pretrain rpp-finetune rpp-predict rpp-export 'rpp-data build' 'rpp-data vocab' 'rpp-bench train'; do
  read -r -a words <<< "$command"
  expect 0 '--threads INT' "$programs/${words[0]}" "${words[@]:1}" --help
done

# Earlier names and names of other programs.
expect 1 'rpp-predict: note: --num-threads is now --threads' "$programs/rpp-predict" --num-threads 1 --model absent
expect 1 'note: --num_threads is taken as --threads' "$programs/rpp-predict" --num_threads=1 absent
expect 0 'note: --output is taken as --output-dir' "${pretrain[@]}" --output o
expect 1 'note: --output-dir is taken as --output' "$programs/rpp-data" build --input i --tokenizer t --output-dir o
expect 0 'model: m ' "$finetune" --task rte --data_dir d --model_name_or_path m --output_dir o --print-config
expect 2 "'--learning_rate': write --set optimizer.learning_rate=..." "$finetune" --learning_rate 1e-4
expect 2 'write --set max_seq_length=...' "$finetune" --max_seq_length 128
expect 2 'write --set data.max_seq_length=...' "${pretrain[@]}" --max-seq-length 128
expect 2 'write --set train.batch_size=...' "$finetune" --per_device_train_batch_size=8
expect 2 'write --set epochs=...' "$finetune" --num_train_epochs 3
expect 2 'write --set train.precision=bf16' "$finetune" --bf16

# A name unlike any known one gets no suggestion.
expect 2 "unknown argument '--bogus' (see rpp-export --help)" "$programs/rpp-export" m --bogus
expect 2 "unknown argument 'eval-gleu': did you mean 'eval-glue'?" "$finetune" eval-gleu rte predictions
expect 2 "--values: 'int4' is unknown: choose bf16, fp16, fp32 or int8 (see" "$programs/rpp-export" m --output o --values int4
expect 2 "--method: 'foo' is unknown: choose dense, rpp," "$programs/rpp-bench" train --method foo
