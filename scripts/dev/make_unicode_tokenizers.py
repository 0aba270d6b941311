#!/usr/bin/env python3
"""Writes src/tokenizer/unicode_tokenizers.inc: how the tokenizers library of Hugging Face treats each code point.

The library takes its character classes from several versions of Unicode, so they are found by calling it. Combining classes
are those of Python, except where the library does not reorder a mark. Needs the package `tokenizers`.

    scripts/dev/make_unicode_tokenizers.py
"""
import sys
import unicodedata
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import environment

environment.need("compare", "tokenizers")

import tokenizers
from tokenizers.normalizers import NFD, NFKD, BertNormalizer, StripAccents
from tokenizers.pre_tokenizers import BertPreTokenizer, ByteLevel, Whitespace

from make_unicode import CONTROL, FOLDER, HANGUL, MARK, PUNCTUATION, SPACE, WORD, array

LETTER, NUMBER, ANY_MARK = 128, 256, 512  # bits of unicode_data.h that only this table has
FIRST_MARK, LAST_MARK = "\u0334", "\u0345"  # marks of the lowest and the highest combining class, 1 and 240


def normalizer(**switches):
    return BertNormalizer(**(dict.fromkeys(("clean_text", "handle_chinese_chars", "strip_accents", "lowercase"), False) | switches))


clean, strip, lower = normalizer(clean_text=True), normalizer(strip_accents=True), normalizer(lowercase=True)
decompose, split_bert, split_words = NFD(), BertPreTokenizer(), Whitespace()
decompose_compatible, strip_marks = NFKD(), StripAccents()
split_bytes = ByteLevel(add_prefix_space=False)


def is_one_word(text):
    return len(split_bytes.pre_tokenize_str(text)) == 1


def flags_of(c):
    bert = len(split_bert.pre_tokenize_str(f"a{c}b"))
    tests = {SPACE: bert == 2, PUNCTUATION: bert == 3, CONTROL: clean.normalize_str(c) == "",
             MARK: strip.normalize_str(c) == "", WORD: len(split_words.pre_tokenize_str(f"a{c}b")) == 1,
             LETTER: is_one_word(f"a{c}a"), NUMBER: is_one_word(f"1{c}1"), ANY_MARK: strip_marks.normalize_str(c) == ""}
    if tests[SPACE] == (tests[LETTER] or tests[NUMBER] or is_one_word(f"!{c}!")):
        raise ValueError(f"{ord(c):#x} is a blank to one of BertPreTokenizer and ByteLevel: it needs a flag of its own")
    return sum(flag for flag, holds in tests.items() if holds)


def combining_class(c):
    number = unicodedata.combining(c)
    text = f"a{c}{FIRST_MARK}" if number > 1 else f"a{LAST_MARK}{c}"
    return number if number and decompose.normalize_str(text) == unicodedata.normalize("NFD", text) else 0


def characters():
    return (chr(point) for point in range(0x110000) if not 0xD800 <= point < 0xE000)


def class_runs():
    classes, runs = {}, []
    for c in characters():
        number = classes.setdefault((flags_of(c), combining_class(c)), len(classes))
        if not runs or runs[-1][1] != number:
            runs.append((ord(c), number))
    return runs, classes


def lower_differences():
    """Runs [first, last, difference] of characters whose lower case is not Python's."""
    runs = []
    for c in characters():
        lowered = lower.normalize_str(c)
        if lowered == c.lower():
            continue
        if len(lowered) != 1:
            raise ValueError(f"{ord(c):#x} becomes {lowered!r}: only single characters are expected here")
        point, difference = ord(c), ord(lowered) - ord(c)
        if runs and runs[-1][1:] == [point - 1, difference]:
            runs[-1][1] = point
        else:
            runs.append([point, point, difference])
    return runs


def compatible_decompositions():
    """Those that are not the canonical ones."""
    for c in characters():
        parts = decompose_compatible.normalize_str(c)
        if ord(c) not in HANGUL and parts != unicodedata.normalize("NFD", c):
            yield ord(c), [ord(part) for part in parts]


def main():
    runs, classes = class_runs()
    text = (f"// Made by scripts/dev/make_unicode_tokenizers.py of tokenizers {tokenizers.__version__}: not to be edited.\n"
            + array("CharClass kLibraryClasses[]", ("{%d,%d}" % key for key in classes))
            + array("uint32_t kLibraryClassRuns[]", ("0x%x" % (point << 8 | number) for point, number in runs))
            + array("LowerRun kLibraryLowerRuns[]", ("{0x%x,0x%x,1,%d}" % tuple(run) for run in lower_differences()))
            + array("uint32_t kCompatibleDecompositions[]", ("0x%x,%s" % (len(to) << 24 | point, ",".join("0x%x" % p for p in to))
                                                             for point, to in compatible_decompositions())))
    (FOLDER / "unicode_tokenizers.inc").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
