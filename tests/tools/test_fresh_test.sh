#!/usr/bin/env bash
# scripts/test_fresh.sh where it may not run, and its options. What it does is too long for a test: .ci/run starts it.
# Usage: test_fresh_test.sh
source "$(dirname "$0")/expect.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
script=$root/scripts/test_fresh.sh

expect 0 'scripts/test_fresh.sh [--quick]' "$script" --help
expect 2 'unknown option --fast (--quick)' "$script" --fast
[ "$(id -u)" = 0 ] || { expect 2 'cannot run here: making a root needs root' "$script"; exit; }

# A copy that an ordinary user may read.
chmod 755 "$dir" && mkdir "$dir/scripts" && cp "$script" "$dir/scripts/"
expect 2 'cannot run here: making a root needs root' setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/scripts/test_fresh.sh"
mkdir "$dir/bin" && for tool in bash env dirname id apt-get awk; do ln -s "$(command -v $tool)" "$dir/bin/"; done
expect 2 'cannot run here: debootstrap is missing' env PATH="$dir/bin" "$dir/scripts/test_fresh.sh" --quick
