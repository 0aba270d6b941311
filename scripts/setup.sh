#!/usr/bin/env bash
# Installs what the build needs: Debian or Ubuntu packages, LibTorch and PyYAML into .venv. Safe to run again.
#   scripts/setup.sh [--cpu | --cuda | --no-torch] [--plots] [--compare] [--arm]
# Default: CUDA where an NVIDIA GPU is found. --plots adds matplotlib and tensorboardX; --compare makes .venv-compare with
# transformers, ONNX Runtime, OpenVINO and tokenizers (5 GB) for the scripts that compare with them.
set -euo pipefail
cd "$(dirname "$0")/.."

flavour=auto plots=no compare=no arm=no
for argument in "$@"; do
  case $argument in
    --cpu | --cuda | --no-torch) flavour=${argument#--} ;;
    --plots) plots=yes ;;
    --compare) compare=yes ;;
    --arm) arm=yes ;;
    *) echo "setup.sh: error: unknown option $argument (--cpu, --cuda, --no-torch, --plots, --compare, --arm)" >&2; exit 2 ;;
  esac
done
if [ "$flavour" = auto ]; then
  if nvidia-smi -L >/dev/null 2>&1; then flavour=cuda; else flavour=cpu; fi
fi

packages=(g++ cmake ninja-build ccache pkg-config git python3-venv libfmt-dev libspdlog-dev nlohmann-json3-dev
  libcli11-dev libyaml-cpp-dev libsentencepiece-dev libhwy-dev libicu-dev libssl-dev libxxhash-dev libzip-dev libzstd-dev zlib1g-dev libgtest-dev clang-format-14)
if [ $arm = yes ]; then
  [ "$(id -u)" != 0 ] || dpkg --add-architecture arm64
  packages+=(g++-aarch64-linux-gnu qemu-user libfmt-dev:arm64 libhwy-dev:arm64 libgtest-dev:arm64)
fi
missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  install="apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive $install
  elif sudo -n true 2>/dev/null; then
    sudo apt-get update -qq && sudo DEBIAN_FRONTEND=noninteractive $install
  else
    echo "setup.sh: error: packages are missing; run: sudo $install" >&2
    exit 1
  fi
fi

[ "$flavour" = no-torch ] && exit 0
[ -x .venv/bin/python ] || python3 -m venv .venv
if [ "$flavour" = cuda ]; then
  .venv/bin/pip install --quiet torch==2.11.0
else
  # libtorch_cpu.so links these two; the other CUDA packages are not needed without a GPU.
  .venv/bin/pip install --quiet --no-deps torch==2.11.0 nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85
fi
.venv/bin/pip install --quiet PyYAML==6.0.3  # scripts/sweep.py reads its file with it
if [ "$plots" = yes ]; then
  .venv/bin/pip install --quiet matplotlib==3.11.2 tensorboardX==2.6.5
fi
if [ "$compare" = yes ]; then
  [ -x .venv-compare/bin/python ] || python3 -m venv .venv-compare
  .venv-compare/bin/pip install --quiet torch==2.11.0 transformers==5.17.0 numpy==2.4.6 zstandard==0.25.0 PyYAML==6.0.3 \
    onnx==1.23.2 onnxscript==0.7.2 onnxruntime==1.32.0 openvino==2026.4.1 \
    tokenizers==0.23.3 flash-tokenizer==1.2.0 blingfire==0.1.8  # scripts/compare_runtimes.py and compare_tokenizers.py
fi
