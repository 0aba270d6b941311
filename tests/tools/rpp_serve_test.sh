#!/usr/bin/env bash
# rpp-serve as a process: answers equal to those of rpp-predict, limits, signals, clients that vanish; and the commands of
# docs/serve.md.
# Usage: rpp_serve_test.sh PATH_OF_RPP_SERVE      (with rpp-predict and rpp-export beside it)
source "$(dirname "$0")/expect.sh"
serve=$(cd "$(dirname "$1")" && pwd)/rpp-serve
programs=$(dirname "$serve")
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$dir" || exit 1

# A classifier, a cross-encoder, a model file.
cp -r "$root/tests/golden/bert/classifier" three
{ printf '%s\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]'; seq -f 'w%g' 0 94; } > three/vocab.txt
cp -r three one && python3 "$root/tests/tools/one_label.py" one
"$programs/rpp-export" three --output three.rpp > log 2>&1 || { cat log; exit 1; }

expect 0 'all checks passed' python3 "$root/tests/tools/serve_checks.py" "$programs"

expect 2 '--model is required' "$serve"
expect 1 'absent' "$serve" absent --port 0
expect 2 '--port' "$serve" three --port 65536
expect 1 'has no key: write one per line' "$serve" three --port 0 --api-key-file /dev/null
expect 1 'cannot open the access log' "$serve" three --port 0 --access-log absent/log
expect 1 'cannot listen on 192.0.2.1 port' "$serve" three --host 192.0.2.1

# The page's commands, with curl asking a server at a free port.
command -v curl > /dev/null || { echo 'SKIPPED: the commands of docs/serve.md: curl is missing'; exit; }
mkdir -p bin page/build && cd page || exit 1
cp ../three.rpp minilm.rpp && cp -r ../one reranker && cp ../three.rpp sst2.rpp
printf 'secret\n' > keys.txt
"$serve" minilm.rpp --port 0 --access-log off 2> ../server.log & embedder=$!
"$serve" reranker --port 0 --access-log off 2> ../ranker.log & ranker=$!
port_in() { until grep -oPs '127\.0\.0\.1:\K\d+' "$1"; do sleep 0.1; done; }
cat > ../bin/curl <<CURL
#!/usr/bin/env bash
port=$(port_in ../server.log)
[[ \$* != */rerank* ]] || port=$(port_in ../ranker.log)
exec "$(command -v curl)" --fail --silent --show-error "\${@/127.0.0.1:8080/127.0.0.1:\$port}"
CURL
cat > build/rpp-serve <<SERVE
#!/usr/bin/env bash
exec "$serve" "\$@" --port 0
SERVE
chmod +x ../bin/curl build/rpp-serve
{ echo 'stop ^build/rpp-serve'; echo 'skip ^scripts/setup\.sh installs packages'; } > ../rules.txt
PATH=$dir/bin:$PATH python3 "$root/tests/tools/doc_run.py" --rules ../rules.txt "$root/docs/serve.md" ||
  { failures=$((failures + 1)); echo 'FAILED: commands of docs/serve.md'; }
kill $embedder $ranker && wait $embedder $ranker
