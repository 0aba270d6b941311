#!/usr/bin/env bash
# The Unicode tables are what their script writes.
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 scripts/dev/make_unicode.py --check
