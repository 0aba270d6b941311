#!/usr/bin/env bash
# scripts/demo.sh for a user: its stages, stopping and resuming, changed files, failures. Set-up, cmake, Python and the
# programs are stubs here: each appends its command to the file `calls` and creates the expected outputs.
# Usage: demo_test.sh
source "$(dirname "$0")/expect.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$dir"/{scripts,cmake,src,include,tools,configs/demo,build,.venv/bin,bin}
cd "$dir" || exit 1
cp "$root/scripts/demo.sh" "$root/scripts/demo_data.py" scripts/
cp "$root"/configs/demo/*.yaml configs/demo/
touch CMakeLists.txt src/code.cpp

cat > stub <<'STUB'
#!/usr/bin/env bash
name=$(basename "$0")
echo "$name $*" >> calls
case "$name $*" in
  *"$(cat fails 2>/dev/null || echo nothing)"*) exit 1 ;;
  *"$(cat stops 2>/dev/null || echo nothing)"*) exit 3 ;;
  *"$(cat waits 2>/dev/null || echo nothing)"*) trap 'kill $!; exit 3' TERM; touch waiting; sleep 60 & wait ;;
esac
after() { while [ $# -gt 1 ]; do [ "$1" != "$option" ] || echo "$2"; shift; done; }
case $name in
  rpp-finetune)
    option=--config; config=$(basename "$(after "$@")" .yaml)
    option=--output-dir; out=$(after "$@"); out=${out:-runs/demo/${config/#movies/dense-movies}}
    ;;
  rpp-data) option=--output; out=$(after "$@") ;;
  *) exit 0 ;;
esac
mkdir -p "$out"
[ -e leaves_nothing ] || touch "$out"/{finished.json,manifest.json,metrics.jsonl}
STUB
chmod +x stub
for program in build/rpp-{data,finetune,inspect,export,bench,compare} bin/cmake .venv/bin/python scripts/setup.sh; do
  cp stub "$program"
done
export PATH=$dir/bin:$PATH
fault() { failures=$((failures + 1)); echo "FAILED: $1"; }
calls() { grep -c "$1" calls; }

expect 0 'scripts/demo.sh [--cpu | --cuda] [--until STAGE] [--estimate]' scripts/demo.sh --help
expect 2 'unknown option --fast' scripts/demo.sh --fast
expect 2 '--until takes a stage: setup build data dense rpp nip rpp-movies nip-movies measure' scripts/demo.sh --until end
expect 0 'nip-movies   Fine-tuning: NIP, zeros held' scripts/demo.sh --estimate
[ ! -e calls ] || fault '--estimate ran something'

# A stopped program ends the demo at once; the same command resumes there.
echo 'configs/demo/rpp.yaml' > stops
expect 3 'demo.sh: stopped in stage rpp; resume with: scripts/demo.sh --cpu' scripts/demo.sh --cpu
[ "$(calls nip.yaml)" = 0 ] || fault 'the demo ran on after a stop'
[ "$(calls 'setup.sh --plots --cpu')" = 1 ] || fault 'setup.sh does not get --cpu'
rm stops
expect 0 'Pruning: RPP to 80 %, about' scripts/demo.sh --cpu
expect 0 'Fine-tuning: dense: finished before' scripts/demo.sh
for command in 'movies.yaml' 'demo/nip.yaml' 'movies-pruned.yaml --model runs/demo/nip'; do
  [ "$(calls "$command")" = 1 ] || fault "$command ran $(calls "$command") times"
done
[ "$(calls 'demo/rpp.yaml --resume auto')" = 2 ] || fault 'the stopped run did not resume'
expect 0 'rpp          Pruning: RPP to 80 %           finished' scripts/demo.sh --estimate

# Changed files: the results are removed, the downloads are kept.
mkdir -p runs/demo/downloads && touch runs/demo/downloads/wheel
echo 'int other;' > src/code.cpp
expect 0 'were made by other files than these' scripts/demo.sh --until data
[ -e runs/demo/downloads/wheel ] || fault 'the downloads are gone'
[ ! -e runs/demo/rpp ] || fault 'results of other files are left'
[ -e runs/demo/shards/valid/manifest.json ] || fault '--until data did not make the shards'
[ ! -e runs/demo/dense-movies ] || fault '--until data went on'

# A signal to the script alone is passed on to the program, which may save.
for signal in INT TERM; do
  rm -f waiting
  echo 'configs/demo/movies.yaml' > waits
  # A shell starts background processes with SIGINT ignored, unlike a terminal.
  env --default-signal=INT scripts/demo.sh --until dense > log 2>&1 &
  demo=$!
  for _ in $(seq 600); do [ ! -e waiting ] || break; sleep 0.05; done
  kill -$signal "$demo"
  wait "$demo"
  status=$?
  [ $status = 3 ] || fault "after $signal the status is $status: $(tail -1 log)"
  grep -q 'stopped in stage dense' log || fault "after $signal: $(cat log)"
done
rm waits

echo 'configs/demo/movies.yaml' > fails
expect 1 'stage dense failed (exit status 1, see above); the same command tries again from there' scripts/demo.sh
rm fails
touch leaves_nothing
expect 3 'stopped in stage dense' scripts/demo.sh
