#!/usr/bin/env bash
# Every script, started by a Python without packages: it prints its help, or names the command that installs what it needs;
# and it uses the environment created for it.
# Usage: environment_test.sh
source "$(dirname "$0")/expect.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
fault() { failures=$((failures + 1)); echo "FAILED: $1"; }

# A copy without .venv, where nothing can be found.
mkdir "$dir/copy" && cp -r "$root/scripts" "$dir/copy/"
for script in "$dir"/copy/scripts/{,compare/,dev/}*.py; do
  grep -q '__main__' "$script" || continue
  name=$(basename "$script")
  [ -x "$script" ] || fault "$name is not executable"
  output=$(env -i PATH=/usr/bin:/bin PYTHONNOUSERSITE=1 /usr/bin/python3 -S "$script" --help 2>&1)
  [[ $output == "usage: $name"* || $output =~ ^"$name: error: "[a-zA-Z]+" is missing: scripts/setup.sh --"(plots|compare)" installs it"$ ]] ||
    fault "$name --help printed: $output"
done

# An environment with the missing module is used, whichever Python started the script; one without it is named.
cat > "$dir/copy/scripts/needs.py" <<'PYTHON'
import environment
environment.need("plots", "absent_elsewhere")
import absent_elsewhere, sys
print("found by", sys.argv[1])
PYTHON
expect 2 'needs.py: error: absent_elsewhere is missing: scripts/setup.sh --plots installs it' python3 "$dir/copy/scripts/needs.py" me
python3 -m venv --without-pip "$dir/copy/.venv"
expect 2 'needs.py: error: absent_elsewhere is missing: scripts/setup.sh --plots installs it' python3 "$dir/copy/scripts/needs.py" me
touch "$("$dir/copy/.venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/absent_elsewhere.py"
expect 0 'found by me' python3 "$dir/copy/scripts/needs.py" me
