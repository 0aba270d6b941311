#!/usr/bin/env bash
# Installs the build requirements: Debian or Ubuntu packages, LibTorch and PyYAML into .venv. Safe to run again.
#   scripts/setup.sh [--cpu | --cuda | --no-torch] [--tests] [--plots] [--compare] [--arm]
# Default: CUDA if an NVIDIA GPU is found. --tests adds what only the tests need; --plots adds matplotlib, tensorboardX
# and scikit-learn; --compare makes .venv-compare with transformers, ONNX Runtime, OpenVINO, tokenizers and scikit-learn
# (5 GB) for the scripts that compare with them; --arm adds the cross compiler. The output of apt and pip is kept in
# build/setup.log.
set -euo pipefail
cd "$(dirname "$0")/.."
log=build/setup.log

say() { echo "setup.sh: $*"; }
fail() {
  echo "setup.sh: error: $*" >&2
  exit 1
}

flavour=auto tests=no plots=no compare=no arm=no
for argument in "$@"; do
  case $argument in
    --cpu | --cuda | --no-torch) flavour=${argument#--} ;;
    --tests) tests=yes ;;
    --plots) plots=yes ;;
    --compare) compare=yes ;;
    --arm) arm=yes ;;
    --help) sed -n '2,/^set /{s/^# \{0,1\}//p}' scripts/setup.sh; exit 0 ;;
    *) echo "setup.sh: error: unknown option $argument (--cpu, --cuda, --no-torch, --tests, --plots, --compare, --arm)" >&2; exit 2 ;;
  esac
done
if [ "$flavour" = auto ]; then
  if nvidia-smi -L >/dev/null 2>&1; then flavour=cuda; else flavour=cpu; fi
fi

packages=(g++ cmake ninja-build ccache pkg-config git python3-venv libfmt-dev libspdlog-dev nlohmann-json3-dev libcli11-dev
  libyaml-cpp-dev libsentencepiece-dev libhwy-dev libssl-dev libxxhash-dev libzip-dev libzstd-dev zlib1g-dev libjemalloc-dev
  libboost-dev libcpp-httplib-dev libgloo-dev)
[ $tests = no ] || packages+=(libgtest-dev libgmock-dev libicu-dev clang-format-14)
[ $arm = no ] || packages+=(g++-aarch64-linux-gnu qemu-user libfmt-dev:arm64 libhwy-dev:arm64 libgtest-dev:arm64)

# Prints the packages of the list that are not installed.
missing_packages() {
  local package
  for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done
}

command -v dpkg-query >/dev/null || fail "this is neither Debian nor Ubuntu: only their packages are known here"
mapfile -t missing < <(missing_packages)
as_root=()
if [ ${#missing[@]} -gt 0 ] && [ "$(id -u)" != 0 ]; then
  as_root=(sudo)
  if ! sudo -n true 2>/dev/null; then
    architecture=
    [ $arm = no ] || architecture='dpkg --add-architecture arm64 && '
    fail "packages are missing that only an administrator can install; ask for this command, then start again:
  sudo sh -c '${architecture}apt-get update && apt-get install -y --no-install-recommends ${missing[*]}'"
  fi
fi
[ -w . ] || fail "$PWD is not writable: clone into a folder of your own"

# has FOLDER NAME==VERSION...: whether the Python environment has these packages.
has() {
  "$1/bin/python" - "${@:2}" >/dev/null 2>&1 <<'PYTHON'
import importlib.metadata, sys
sys.exit(any(importlib.metadata.version(name).split("+")[0] != version for name, version in (r.split("==") for r in sys.argv[1:])))
PYTHON
}

# Without a GPU the other CUDA packages are not needed: libtorch_cpu.so links these two.
torch=(torch==2.11.0 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85)
[ "$flavour" != cuda ] || torch=(torch==2.11.0)
pictures=(matplotlib==3.11.2 tensorboardX==2.6.5 scikit-learn==1.9.1)
compared=(torch==2.11.0 transformers==5.17.0 numpy==2.4.6 zstandard==0.25.0 PyYAML==6.0.3 scipy==1.17.1 scikit-learn==1.9.1
  sentence-transformers==6.2.0 sentencepiece==0.2.3 protobuf==7.36.2 onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0
  openvino==2026.4.1 nncf==3.4.0 tokenizers==0.23.3 flash-tokenizer==1.2.0 blingfire==0.1.8)

# Checks free space before anything is downloaded: MB by mount point, rounded up. pip unpacks in TMPDIR and caches downloads.
declare -A needed_mb=()
reserve() {
  local mount
  mount=$(df --output=target "$2" | tail -1)
  needed_mb[$mount]=$((${needed_mb[$mount]:-0} + $1))
}
check_space() {
  local mount free_mb
  [ ${#missing[@]} -eq 0 ] || reserve 1500 /var/cache/apt
  if [ "$flavour" != no-torch ] && ! has .venv "${torch[@]}"; then
    if [ "$flavour" = cuda ]; then reserve 6000 .; reserve 3000 "${TMPDIR:-/tmp}"; else reserve 1400 .; reserve 600 "${TMPDIR:-/tmp}"; fi
  fi
  [ -x build/rpp-pretrain ] || reserve 1000 .
  [ $compare = no ] || has .venv-compare "${compared[@]}" || reserve 6000 .
  for mount in "${!needed_mb[@]}"; do
    free_mb=$(df --output=avail -BM "$mount" | tail -1 | tr -dc 0-9)
    [ "$free_mb" -ge "${needed_mb[$mount]}" ] ||
      fail "$mount has $free_mb MB free, the set-up and the build need ${needed_mb[$mount]} MB there: free some, or clone to another disk"
  done
}
check_space
mkdir -p build
: >$log

# Explains in one sentence why the command failed whose output ends the log.
reason() {
  local folder
  for folder in . "${TMPDIR:-/tmp}" /var/cache/apt; do
    if [ "$(df --output=avail -BM "$folder" | tail -1 | tr -dc 0-9)" -lt 20 ]; then
      echo "$(df --output=target "$folder" | tail -1) is full: free some space and start again"
      return
    fi
  done
  if grep -qE 'No space left on device|Disk quota exceeded' $log; then
    echo "a disk ran full: free some space and start again (see $log)"
  elif grep -qE 'Temporary failure (resolving|in name resolution)|Could not resolve|NewConnectionError|Failed to establish|Network is unreachable|ConnectTimeout|ProxyError|Could not connect|Connection (refused|timed out|reset)' $log; then
    echo "the network or its proxy does not answer: connect this machine to the internet and start again (see $log)"
  else
    echo "see $log, which ends in: $(grep -v '^\s*$' $log | tail -1)"
  fi
}

# long_step TEXT COMMAND...: prints TEXT before a command that takes long.
long_step() {
  say "$1 ..."
  "${@:2}" >>$log 2>&1 </dev/null || fail "$1 failed: $(reason)"
}

install_packages() {
  [ $arm = no ] || "${as_root[@]}" dpkg --add-architecture arm64
  "${as_root[@]}" apt-get update
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

# python_packages FOLDER TEXT PIP_OPTION_OR_EMPTY NAME==VERSION...
python_packages() {
  local folder=$1 text=$2 option=$3
  shift 3
  "$folder/bin/python" -m pip --version >/dev/null 2>&1 || long_step "The Python environment $folder" python3 -m venv "$folder"
  has "$folder" "$@" || long_step "$text" "$folder/bin/python" -m pip install --disable-pip-version-check ${option:+"$option"} "$@"
}

[ ${#missing[@]} -eq 0 ] || long_step "${#missing[@]} Debian packages with what they need: up to 240 MB to download" install_packages
[ "$flavour" = no-torch ] && exit 0
if [ "$flavour" = cuda ]; then
  python_packages .venv "LibTorch with CUDA into .venv: 3 GB to download" '' "${torch[@]}"
else
  python_packages .venv "LibTorch into .venv: 550 MB to download" --no-deps "${torch[@]}"
fi
python_packages .venv "PyYAML for scripts/sweep.py into .venv" '' PyYAML==6.0.3
[ $plots = no ] || python_packages .venv "matplotlib, tensorboardX and scikit-learn into .venv: 80 MB to download" '' "${pictures[@]}"
[ $compare = no ] || python_packages .venv-compare "transformers, ONNX Runtime and others into .venv-compare: 3 GB to download" '' "${compared[@]}"
