#!/usr/bin/env bash
# Checks that the driver of damaged files detects faulty readers. Usage: damage_test.sh PATH_OF_FAULTY_DAMAGE
source "$(dirname "$0")/expect.sh"
damage=$1

# find FORMAT CASES TEXT: the faulty reader with that name is detected.
find_fault() { expect 1 "$3" "$damage" --only "$1" --count "$2"; }
expect 0 'sound: 50 cases of seed 1, ' "$damage" --only sound --count 50
expect 0 '0 read, 50 refused, 0 failed' "$damage" --only sound --count 50
find_fault nameless 1 'refused without the name of the file: it is damaged'
find_fault foreign 1 'not an rpp::Error: an exception of a library'
find_fault crash 3 'case 2 of seed 1: crashed with signal 11'
find_fault memory 1 ' MB'
find_fault hang 1 'case 0 of seed 1: did not end in time'
expect 2 'no format is called other' "$damage" --only other
expect 0 'nameless' "$damage" --list
[ "$("$damage" --only foreign --count 1 --first 7 | sed -n 1p)" = "$("$damage" --only foreign --count 8 | sed -n 8p)" ] ||
  { failures=$((failures + 1)); echo 'FAILED: a case alone is another one'; }
