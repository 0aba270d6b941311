#!/usr/bin/env bash
# scripts/dev/fresh_machine.sh on machines where it cannot run, and its options. The real run takes too long for a test: .ci/run
# starts it.
# Usage: fresh_machine_test.sh
source "$(dirname "$0")/expect.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
script=$root/scripts/dev/fresh_machine.sh

expect 0 'scripts/dev/fresh_machine.sh [--quick]' "$script" --help
expect 2 'unknown option --fast (--quick)' "$script" --fast
[ "$(id -u)" = 0 ] || { expect 2 'cannot run here: making a root needs root' "$script"; exit; }

# A copy that an ordinary user can read.
chmod 755 "$dir" && mkdir -p "$dir/scripts/dev" && cp "$script" "$dir/scripts/dev/"
expect 2 'cannot run here: making a root needs root' setpriv --reuid 65534 --regid 65534 --clear-groups "$dir/scripts/dev/fresh_machine.sh"
mkdir "$dir/bin" && for tool in bash env dirname id apt-get awk; do ln -s "$(command -v $tool)" "$dir/bin/"; done
expect 2 'cannot run here: debootstrap is missing' env PATH="$dir/bin" "$dir/scripts/dev/fresh_machine.sh" --quick
