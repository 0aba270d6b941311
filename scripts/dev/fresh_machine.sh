#!/usr/bin/env bash
# Tests the README on a bare machine: creates a temporary Debian 12 with only its essential packages, clones the current
# commit into it and runs the commands for new users there, so that no package of this machine hides a gap in
# scripts/setup.sh. The root is in TMPDIR and is always removed at the end.
#   scripts/dev/fresh_machine.sh [--quick]
# Default: scripts/demo.sh, then set-up, configuration and build of the tests. --quick: the demo's set-up, its programs and
# its first pruned steps instead of the whole demo.
# Apt sources, certificates, proxy and pip settings, the compiler cache and pip's cache are taken from this machine.
# Exit status: 0 all went well, 1 a stage failed, 2 it cannot run here (the message says why).
set -euo pipefail
cd "$(dirname "$0")/../.."
project=$PWD suite=bookworm needed_mb=6000

say() { printf '\n== %02d:%02d  %s\n' $((SECONDS / 60)) $((SECONDS % 60)) "$*"; }
unable() {
  echo "fresh_machine.sh: cannot run here: $*" >&2
  exit 2
}

# The mirror that apt uses here, if this machine runs the same release.
mirror_of_apt() {
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 'Component: main' 2>/dev/null |
    awk -v suite=$suite '$1 == suite && !found++ {sub("/$", "", $2); print $2}'
}

check_machine() {
  local free_mb
  [ "$(id -u)" = 0 ] || unable "making a root needs root: start it with sudo"
  command -v debootstrap >/dev/null || unable "debootstrap is missing: apt-get install debootstrap"
  unshare --mount --pid --fork true 2>/dev/null || unable "no mount namespaces: a container needs the capability SYS_ADMIN"
  free_mb=$(df --output=avail -BM "${TMPDIR:-/tmp}" | tail -1 | tr -dc 0-9)
  [ "$free_mb" -ge $needed_mb ] || unable "${TMPDIR:-/tmp} has $free_mb MB free, the root needs $needed_mb MB: set TMPDIR"
  wget -q --tries=2 --timeout=20 --spider "$mirror/dists/$suite/InRelease" || unable "no network: the package mirror does not answer"
}

# Settings for this machine's network: copied into the root and written nowhere else.
take_settings() {
  local name
  mkdir -p "$root/etc/apt/apt.conf.d"
  apt-config dump | grep '^Acquire::' >"$root/etc/apt/apt.conf.d/90machine"
  if [ -n "$(mirror_of_apt)" ]; then
    rm -f "$root/etc/apt/sources.list"
    cp -r /etc/apt/sources.list* /etc/apt/trusted.gpg* /etc/apt/auth.conf* /etc/apt/keyrings "$root/etc/apt/" 2>/dev/null || true
  fi
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/throw-away"  # this root need not survive a power cut
  cp /usr/share/keyrings/* "$root/usr/share/keyrings/" 2>/dev/null || true
  cp /etc/hosts "$root/etc/hosts"
  [ ! -f /etc/pip.conf ] || cp /etc/pip.conf "$root/etc/"
  cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  chroot "$root" update-ca-certificates >/dev/null 2>&1
  settings=()
  for name in $(compgen -e | grep -iE '^(https?|ftp|all|no)_proxy$|^PIP_|^SSL_CERT_|^(CURL|REQUESTS)_CA_BUNDLE$|^GIT_SSL_CAINFO$'); do
    settings+=("$name=${!name}")
    [ ! -f "${!name}" ] || cp -L --parents "${!name}" "$root"
  done
}

# share FOLDER AT: mounts this machine's folder inside the root.
share() {
  mkdir -p "$root$2"
  mount --rbind "$1" "$root$2"
}

mount_all() {
  mount -t proc proc "$root/proc"
  share /dev /dev
  share /sys /sys
  settings+=(PIP_CACHE_DIR=/root/.cache/pip CCACHE_DIR=/root/.cache/ccache CCACHE_STATSLOG=/root/ccache.log)
  mkdir -p "$pip_cache" "$compiler_cache"
  share "$pip_cache" /root/.cache/pip
  share "$compiler_cache" /root/.cache/ccache
}

# here COMMAND: runs a line of the README in the clone.
here() {
  echo "\$ $1"
  env -i HOME=/root TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${settings[@]}" \
    chroot "$root" bash -c "cd '$project' && $1" </dev/null
}

demo() {
  if [ "$quick" = no ]; then
    say "The demo"
    here "scripts/demo.sh --cpu"
    return
  fi
  say "The demo's set-up"
  here "scripts/setup.sh --cpu --plots"
  say "The programs, without the tests"
  here "cmake --preset release -DRPP_TESTS=OFF -DRPP_UNITY=ON"
  here "cmake --build --preset release"
  say "The first pruned steps"
  here ".venv/bin/python scripts/demo_data.py --output-dir runs/demo"
  for part in train valid; do
    here "build/rpp-data build --input runs/demo/text/$part.txt --output runs/demo/shards/$part --tokenizer runs/demo/minilm"
  done
  here "build/rpp-finetune --config configs/demo/movies.yaml --set max_train_samples=160 --set train.precision=fp32"
  here "build/rpp-finetune --config configs/demo/rpp.yaml --set max_train_samples=400 --set train.precision=fp32"
  here "build/rpp-inspect ratios runs/demo/rpp"
}

# Runs in its own namespaces: everything mounted and started here ends with them.
inside() {
  say "A bare Debian 12"
  debootstrap --variant=minbase --include=ca-certificates,git $suite "$root" "$mirror" >"$root.log" 2>&1 ||
    { tail -5 "$root.log"; echo "fresh_machine.sh: error: debootstrap failed"; return 1; } >&2
  take_settings
  mount_all
  # At the same path as here, so that the compiler cache matches files with their folder compiled in.
  git clone --quiet "$project" "$root$project"
  demo
  say "The tests: set-up, configuration, build"
  here "scripts/setup.sh --cpu --tests"
  here "cmake --preset release"
  here "cmake --build --preset release"
  here "ccache --show-log-stats"
}

remove_root() {
  if [ -n "${child:-}" ]; then
    kill -KILL "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  # The last process of the namespace may still be writing.
  rm -rf --one-file-system "$root" "$root.log" 2>/dev/null || { sleep 2; rm -rf --one-file-system "$root" "$root.log"; }
}

quick=no
for argument in "$@"; do
  case $argument in
    --quick) quick=yes ;;
    --help) sed -n '2,/^set /{s/^# \{0,1\}//p}' scripts/dev/fresh_machine.sh; exit 0 ;;
    *) echo "fresh_machine.sh: error: unknown option $argument (--quick)" >&2; exit 2 ;;
  esac
done
if [ -n "${RPP_FRESH_ROOT:-}" ]; then  # set below, for the part of this script inside the namespaces
  root=$RPP_FRESH_ROOT
  inside
  exit
fi

mirror=$(mirror_of_apt)
export mirror=${mirror:-http://deb.debian.org/debian}
check_machine
[ -z "$(git status --porcelain)" ] || echo "fresh_machine.sh: what is not committed is not part of it"
pip_cache=$(python3 -m pip cache dir 2>/dev/null || echo "$HOME/.cache/pip")
compiler_cache=$(ccache --get-config cache_dir 2>/dev/null || echo "$HOME/.cache/ccache")
export pip_cache compiler_cache
root=$(mktemp -d "${TMPDIR:-/tmp}/rpp-fresh.XXXXXX")
trap remove_root EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
# In the background, so that a signal ends the wait at once and remove_root cleans up.
RPP_FRESH_ROOT=$root unshare --mount --propagation private --pid --fork --kill-child --mount-proc bash scripts/dev/fresh_machine.sh "$@" &
child=$!
status=0
wait $child || status=$?
child=
if [ $status -ne 0 ]; then
  echo "fresh_machine.sh: error: a stage failed after $((SECONDS / 60)):$(printf %02d $((SECONDS % 60))) minutes" >&2
  exit 1
fi
say "Done: a bare Debian 12 builds all of it"
