#!/usr/bin/env bash
# scripts/campaign.sh: its command line, and that it detects faults.
# Usage: campaign_test.sh PATH_OF_RPP_PRETRAIN
source "$(dirname "$0")/expect.sh"
build=$(cd "$(dirname "$1")" && pwd)
root=$(cd "$(dirname "$0")/../.." && pwd)
campaign=("$root/scripts/campaign.sh")
cd "$dir" || exit 1

expect 0 'scripts/campaign.sh [--seconds N] [--seed S] [parts]' "${campaign[@]}" --help
expect 2 "unknown argument 'kill'" "${campaign[@]}" kill
expect 2 "--seed takes a whole number, not 'x'" "${campaign[@]}" --seed x
expect 2 'holds no programs' "${campaign[@]}" --build "$dir" kills

# compare A B: prints the differences between two folders.
compare() { python3 -c 'import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])
from campaign.compare import differences
print(*differences(Path(sys.argv[2]), Path(sys.argv[3])), sep="\n")' "$root/scripts" "$@"; }
for folder in a b; do
  mkdir -p $folder/out
  printf 'weights' > $folder/out/model.safetensors
  printf '{"step": 1, "loss": 2.5, "tokens_per_second": 10}\n' > $folder/out/metrics.jsonl
  printf '{"train_runtime": 1, "eval_accuracy": 0.5}' > $folder/out/all_results.json
done
printf '{"step": 1, "loss": 2.5, "tokens_per_second": 11}\n' > b/out/metrics.jsonl
[ -z "$(compare a b)" ] || { failures=$((failures + 1)); echo "FAILED: times differ: $(compare a b)"; }
printf '{"train_runtime": 1, "eval_accuracy": 0.6}' > b/out/all_results.json
printf 'weighty' > b/out/model.safetensors
touch b/out/.model.tmp a/out/config.json
expect 0 'out/config.json is missing' compare a b
expect 0 'out/.model.tmp is left over' compare a b
expect 0 'out/model.safetensors differs' compare a b
expect 0 'out/all_results.json differs' compare a b
printf '{"step": 1, "loss": 2.6, "tokens_per_second": 11}\n' > b/out/metrics.jsonl
expect 0 'out/metrics.jsonl differs' compare a b

# What has failed is counted, and what ended early does not count as whole.
source "$root/scripts/campaign/counts.sh"
printf '%s\n' 'kills: 7 s: 1 passed, 0 failed' '12 passed, 3 failed' > whole.txt
printf '%s\n' 'kills: 7 s: 1 passed, 0 failed' 'Traceback: 1' > early.txt
expect 0 '12 3' counts whole.txt
[ -z "$(counts early.txt)" ] || { failures=$((failures + 1)); echo "FAILED: what ended early was counted"; }

# A program that leaves a file behind when killed is detected.
mkdir fake && ln -s "$build"/rpp-* fake && rm fake/rpp-data
cat > fake/rpp-data <<SH
#!/usr/bin/env bash
[ "\${PWD##*/}" != killed ] || touch out.partial
exec "$build/rpp-data" "\$@"
SH
chmod +x fake/rpp-data
kills=(python3 "$root/scripts/campaign/kills.py" --cases 1 --only data.vocab)
expect 1 'out.partial is left over' "${kills[@]}" --build fake --work "$dir/fake-kills"
expect 0 '1 passed, 0 failed' "${kills[@]}" --build "$build" --work "$dir/kills"
