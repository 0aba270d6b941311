#!/usr/bin/env bash
# scripts/tensorboard.py for a user: event files read back, called again, following a run, wrong input.
# Usage: tensorboard_test.sh
source "$(dirname "$0")/expect.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir" || exit 1
script=$root/scripts/tensorboard.py

for python in "$root/.venv/bin/python" python3 ''; do "$python" -c 'import tensorboardX' 2>/dev/null && break; done
if [ -z "$python" ]; then
  mkdir run && touch run/metrics.jsonl
  expect 2 'tensorboardX is missing: scripts/setup.sh --plots' python3 "$script" run --output logs
  echo 'SKIPPED: no event files without tensorboardX: run scripts/setup.sh --plots'
  exit
fi
convert=("$python" "$script")

# The scalars of all event files in a folder, "STEP TAG VALUE" per line. A record: length, its checksum, data, checksum.
cat > scalars.py <<'PYTHON'
import glob, struct, sys
from tensorboardX.proto.event_pb2 import Event
for name in sorted(glob.glob(sys.argv[1] + "/events.out.tfevents.*")):
    data = open(name, "rb").read()
    while data:
        length = struct.unpack("<Q", data[:8])[0]
        event = Event.FromString(data[12:12 + length])
        data = data[16 + length:]
        for value in event.summary.value:
            print(event.step, value.tag, f"{value.simple_value:.4g}")
PYTHON
scalars() { "$python" scalars.py "$1"; }
fault() { failures=$((failures + 1)); echo "FAILED: $1"; }
wait_for() { for _ in $(seq 300); do scalars logs/run 2>/dev/null | grep -q "$1" && return; sleep 0.1; done; fault "no '$1' in logs/run"; }

mkdir run other
echo '{"step":10,"kind":"train","loss":5.5,"learning_rate":1e-4}' > run/metrics.jsonl
echo '{"step":10,"kind":"eval","mlm_accuracy":0.25,"loss":null}' >> run/metrics.jsonl
echo '{"step":12,"kind":"prune","gamma":0.07}' >> run/metrics.jsonl
printf '{"step":20,"kind":"tr' >> run/metrics.jsonl  # still being written
cp run/metrics.jsonl other/
expected='10 train/loss 5.5
10 train/learning_rate 0.0001
10 eval/mlm_accuracy 0.25
10 eval/loss nan
12 prune/gamma 0.07'

expect 0 'logs/run: 3 lines of run' "${convert[@]}" run other --output logs
[ "$(scalars logs/run)" = "$expected" ] || fault "logs/run holds $(scalars logs/run)"
[ "$(scalars logs/other)" = "$expected" ] || fault "logs/other holds $(scalars logs/other)"

# A second call replaces only what the first one wrote.
touch logs/run/events.out.tfevents.1.host
expect 0 'logs/run: 3 lines of run' "${convert[@]}" run --output logs
[ "$(scalars logs/run)" = "$expected" ] || fault "twice in logs/run: $(scalars logs/run)"
expect 0 '' ls logs/run/events.out.tfevents.1.host

# New lines are added; a resumed run that removes lines restarts the file.
"${convert[@]}" run --output logs --follow > out 2>&1 &
pid=$!
wait_for '12 prune/gamma 0.07'
echo 'ain","loss":4.5}' >> run/metrics.jsonl
wait_for '20 train/loss 4.5'
[ "$(scalars logs/run)" = "$expected"$'\n20 train/loss 4.5' ] || fault "after one line more: $(scalars logs/run)"
head -n 3 run/metrics.jsonl > run/resumed && echo '{"step":20,"kind":"train","loss":4.25}' >> run/resumed && mv run/resumed run/metrics.jsonl
wait_for '20 train/loss 4.25'
[ "$(scalars logs/run)" = "$expected"$'\n20 train/loss 4.25' ] || fault "after a resumption: $(scalars logs/run)"
kill -TERM $pid
wait $pid
[ $? -eq 0 ] || fault "a stopped --follow: $(cat out)"

expect 0 'tensorboard.py runs/minilm-rpp --output runs/tensorboard --follow' "${convert[@]}" --help
expect 2 'absent/metrics.jsonl: No such file or directory' "${convert[@]}" absent --output logs
expect 2 'cannot write to out' "${convert[@]}" run --output out
expect 2 'the following arguments are required: --output' "${convert[@]}" run
