#!/usr/bin/env bash
# The Unicode tables equal the output of their script.
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 scripts/dev/make_unicode.py --check
