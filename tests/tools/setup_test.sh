#!/usr/bin/env bash
# scripts/setup.sh when it cannot continue: each time one sentence, before anything is created.
# Usage: setup_test.sh
source "$(dirname "$0")/expect.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$dir/clone/scripts" "$dir/bin" && cp "$root/scripts/setup.sh" "$dir/clone/scripts/"
setup=$dir/clone/scripts/setup.sh
fault() { failures=$((failures + 1)); echo "FAILED: $1"; }
# stand_in NAME BODY: a stub of a system program for this test.
stand_in() { printf '#!/bin/bash\n%s\n' "$2" > "$dir/bin/$1" && chmod +x "$dir/bin/$1"; }
export PATH=$dir/bin:$PATH

expect 0 '--tests adds what only the tests need' "$setup" --help
expect 2 'unknown option --fast (--cpu' "$setup" --fast

stand_in dpkg-query 'case $* in *libgmock-dev*|*libjemalloc-dev*) exit 1 ;; esac; echo "install ok installed"'
stand_in id 'echo 1000'
stand_in sudo 'exit 1'
expect 1 "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends libjemalloc-dev'" "$setup" --cpu
expect 1 'libjemalloc-dev libgmock-dev' "$setup" --cpu --tests
[ ! -e "$dir/clone/build" ] && [ ! -e "$dir/clone/.venv" ] || fault 'something was made before the packages are there'

stand_in dpkg-query 'echo "install ok installed"'
stand_in df 'case $* in *target*) printf "Mounted on\n/full\n" ;; *) printf "Avail\n   12M\n" ;; esac'
expect 1 '/full has 12 MB free, the set-up and the build need 3000 MB there' "$setup" --cpu
[ ! -e "$dir/clone/build" ] || fault 'something was made although the disk is full'

stand_in df 'case $* in *target*) printf "Mounted on\n/\n" ;; *) printf "Avail\n  90000M\n" ;; esac'
stand_in python3 'mkdir -p .venv/bin && cp "$(dirname "$0")/pip" .venv/bin/python'
stand_in pip 'case $* in *--version*) exit 0 ;; *install*) echo "Failed to establish a new connection: Network is unreachable"; exit 1 ;; esac; exit 1'
expect 1 'LibTorch into .venv: 550 MB to download failed: the network or its proxy does not answer' "$setup" --cpu
stand_in pip 'case $* in *--version*) exit 0 ;; *install*) echo "[Errno 28] No space left on device"; exit 1 ;; esac; exit 1'
rm -rf "$dir/clone/.venv"
expect 1 'failed: a disk ran full: free some space and start again (see build/setup.log)' "$setup" --cpu
