#!/usr/bin/env bash
# Cross-builds the runtime for 64-bit ARM and runs its tests in an emulator; prints 'skipped' if the tools are missing
# (scripts/setup.sh --arm installs them). The output of ctest is kept in build-arm/ctest.txt.
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in aarch64-linux-gnu-g++ qemu-aarch64; do
  command -v "$tool" >/dev/null || { echo "arm.sh: skipped: no $tool"; exit 0; }
done
for package in libfmt-dev libhwy-dev libgtest-dev; do
  dpkg-query -W -f='${Status}' "$package:arm64" 2>/dev/null | grep -q 'ok installed' ||
    { echo "arm.sh: skipped: no $package:arm64"; exit 0; }
done
cmake --preset arm
cmake --build --preset arm
ctest --preset arm --parallel "$(nproc)" | tee build-arm/ctest.txt
