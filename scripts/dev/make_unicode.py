#!/usr/bin/env python3
"""Writes src/tokenizer/unicode_classes.inc and unicode_decompositions.inc: what the tokenizer must know of each code point, from Python's own tables.

BERT's reference tokenizer uses Python's str and unicodedata, so the tables are derived from them; properties without a
function (cased, case-ignorable) follow from how str.lower() treats a capital sigma. Another Python may have a newer Unicode.

    python3 scripts/dev/make_unicode.py            writes the files
    python3 scripts/dev/make_unicode.py --check    fails when a file differs from what this Python would write; skipped
                                                   with another version of Unicode
"""
import argparse
import sys
import unicodedata
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "src/tokenizer"
SIGMA, FINAL_SIGMA = "\u03a3", "\u03c2"
HANGUL = range(0xAC00, 0xD7A4)  # syllables decompose by arithmetic
COLUMNS = 110

# The bits of unicode_data.h.
SPACE, CONTROL, PUNCTUATION, MARK, WORD, CASED, IGNORABLE = (1 << bit for bit in range(7))


def is_ignorable(c):
    return ("A" + c + SIGMA).lower().endswith(FINAL_SIGMA) and not (c + SIGMA).lower().endswith(FINAL_SIGMA)


def flags_of(c):
    category = unicodedata.category(c)
    tests = {SPACE: category == "Zs", CONTROL: category in ("Cc", "Cf"), PUNCTUATION: category[0] == "P",
             MARK: category == "Mn", WORD: c == "_" or c.isalnum(), IGNORABLE: is_ignorable(c),
             CASED: (c + SIGMA).lower().endswith(FINAL_SIGMA)}
    return sum(flag for flag, holds in tests.items() if holds)


def all_characters():
    return (chr(point) for point in range(0x110000))


def class_runs():
    """Runs of code points with equal class, each as its first code point and class number; and the classes."""
    classes, runs = {}, []
    for c in all_characters():
        number = classes.setdefault((flags_of(c), unicodedata.combining(c)), len(classes))
        if not runs or runs[-1][1] != number:
            runs.append((ord(c), number))
    return runs, classes


def lower_runs():
    """[first, last, step, difference] of the characters that lower() maps to another one."""
    runs = []
    for c in all_characters():
        lower = c.lower()
        if lower == c or len(lower) > 1:  # only U+0130 becomes two characters
            continue
        point, difference = ord(c), ord(lower) - ord(c)
        if runs and runs[-1][3] == difference:
            first, last, step, _ = runs[-1]
            if point - last in ((step,) if last > first else (1, 2)):
                runs[-1] = [first, point, point - last, difference]
                continue
        runs.append([point, point, 1, difference])
    return runs


def decompositions():
    for c in all_characters():
        parts = unicodedata.normalize("NFD", c)
        if parts != c and ord(c) not in HANGUL:
            yield ord(c), [ord(part) for part in parts]


def array(declaration, items):
    lines = [""]
    for item in items:
        if len(lines[-1]) + len(item) + 1 > COLUMNS:
            lines.append("")
        lines[-1] += item + ","
    return f"constexpr {declaration} = {{\n" + "\n".join(lines) + "\n};\n"


def contents():
    """The contents of each file, by its name."""
    runs, classes = class_runs()
    tables = {
        "unicode_classes.inc": [
            array("CharClass kClasses[]", ("{%d,%d}" % key for key in classes)),
            array("uint32_t kClassRuns[]", ("0x%x" % (point << 8 | number) for point, number in runs)),
            array("LowerRun kLowerRuns[]", ("{0x%x,0x%x,%d,%d}" % tuple(run) for run in lower_runs()))],
        "unicode_decompositions.inc": [
            array("uint32_t kDecompositions[]", ("0x%x,%s" % (len(to) << 24 | point, ",".join("0x%x" % p for p in to))
                                                 for point, to in decompositions()))]}
    heading = f"// Made by scripts/dev/make_unicode.py of Unicode {unicodedata.unidata_version}: not to be edited.\n"
    return {name: heading + "".join(arrays) for name, arrays in tables.items()}


def check(name, text):
    found = (FOLDER / name).read_text(encoding="utf-8")
    if found.splitlines()[0] != text.splitlines()[0]:
        print(f"{name} not checked: this Python knows Unicode {unicodedata.unidata_version}")
    elif found != text:
        sys.exit(f"make_unicode.py: error: {FOLDER / name} is not what this Python gives: run the script without --check")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    only_check = parser.parse_args().check
    for name, text in contents().items():
        if only_check:
            check(name, text)
        else:
            (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
