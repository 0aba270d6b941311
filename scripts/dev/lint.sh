#!/usr/bin/env bash
# Checks that need no build: formatting, which module includes which, file length. Prints file:line of every fault and
# ends with 1 when there is one.
#   scripts/dev/lint.sh [--fix]      --fix formats the files first
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

max_lines=500
# The version decides the layout: 14 is what .clang-format was written for.
formatter=$(command -v clang-format-14 || command -v clang-format) ||
  { echo "lint.sh: error: clang-format-14 is missing: run scripts/setup.sh" >&2; exit 1; }
mapfile -t files < <(find include src tests tools -name '*.h' -o -name '*.cpp' -o -name '*.cu' | sort)
[ "${1:-}" != --fix ] || "$formatter" -i "${files[@]}"

check_format() { "$formatter" --dry-run -Werror "${files[@]}" 2>&1 | grep -E '^[^ ]+:[0-9]+:[0-9]+: error'; }

check_length() {
  awk -v max=$max_lines 'FNR == max + 1 {print FILENAME ":" FNR ": longer than " max " lines: one file is one idea"}' "${files[@]}"
}

# The rpp_module lines of CMakeLists.txt say what a module may include and whether it may know Torch. Kernels are loops
# over plain pointers: no Torch in them anywhere.
check_includes() {
  grep -nE '^#include' "${files[@]}" | awk '
    FILENAME == "CMakeLists.txt" {
      if ($0 !~ /^ *rpp_module\(/) next
      gsub(/rpp_module\(|\)| LIBS .*/, " ")
      module = $1
      may[module, module] = may[module, "core"] = 1
      for (i = 2; i <= NF; ++i) if ($i == "TORCH") torch[module] = 1; else may[module, $i] = 1
      next
    }
    BEGIN {
      split("core io text config data eval prune train infer bench", tools, " ")
      for (i in tools) may["tools", tools[i]] = 1
      torch["tools"] = 1
      split("core io text config data eval infer prune train", fuzzed, " ")
      for (i in fuzzed) may["fuzz", fuzzed[i]] = 1
      may["cuda_emulation", "core"] = may["cuda_emulation", "ops"] = 1
    }
    {
      split($0, place, ":")
      count = split(place[1], path, "/")
      module = path[1] == "include" ? path[3] : path[1] == "tools" ? "tools" : count > 2 ? path[2] : ""
      at = place[1] ":" place[2] ": "
      split($0, quoted, /[<"]/)
      split(quoted[2], header, "/")
      if (header[1] == "rpp" && module != "" && !((module, header[2]) in may))
        print at module " may not include " header[2] " (rpp_module in CMakeLists.txt)"
      if (header[1] ~ /^(torch|ATen|c10)$/ && !(module in torch)) print at module " does without Torch"
      else if (header[1] ~ /^(torch|ATen|c10)$/ && place[1] ~ /(_kernel\.(cpp|h)|\.cu)$/) print at "a kernel does without Torch"
    }' CMakeLists.txt -
}

# The table in docs/architecture.md says the same as the rpp_module lines.
check_architecture() {
  awk '
    function sorted(text,   words, count, i, j, word, joined) {
      count = split(text, words, " ")
      for (i = 2; i <= count; ++i) {
        word = words[i]
        for (j = i - 1; j > 0 && words[j] > word; --j) words[j + 1] = words[j]
        words[j + 1] = word
      }
      for (i = 1; i <= count; ++i) joined = joined " " words[i]
      return joined
    }
    FILENAME == "CMakeLists.txt" && /^ *rpp_module\(/ {
      gsub(/rpp_module\(|\)| LIBS .*| PLAIN .*/, " ")
      module = $1; uses = module == "core" ? "" : "core "; torch = "no"
      for (i = 2; i <= NF; ++i) if ($i == "TORCH") torch = "yes"; else if ($i !~ /^(DEPENDS|core)$/) uses = uses $i " "
      line[module] = torch " |" sorted(uses)
    }
    FILENAME != "CMakeLists.txt" && /^\| [a-z]+ \| (yes|no) \|/ {
      split($0, cell, "|")
      gsub(/[ ]/, "", cell[2]); gsub(/[ ]/, "", cell[3]); gsub(/,/, " ", cell[4])
      told[cell[2]] = cell[3] " |" sorted(cell[4])
    }
    END {
      for (module in line) if (line[module] != told[module])
        print "docs/architecture.md: " module ": \"" told[module] "\", CMakeLists.txt has \"" line[module] "\""
      for (module in told) if (!(module in line)) print "docs/architecture.md: " module " is no rpp_module"
    }' CMakeLists.txt docs/architecture.md
}

checked() { "$1" || [ $? -lt 2 ] || echo "lint.sh: $1 could not run"; }  # 1: grep has found no fault

faults=$(checked check_format; checked check_length; checked check_includes; checked check_architecture)
[ -z "$faults" ] && { echo "lint: ${#files[@]} files are fine"; exit 0; }
echo "$faults"
echo "lint.sh: error: $(wc -l <<<"$faults") faults; scripts/dev/lint.sh --fix repairs the formatting" >&2
exit 1
