#!/usr/bin/env python3
"""Finds commands on pages of the documentation that cannot work: no such program, option, setting or file. Does not run
them: doc_run.py does.

    tests/tools/doc_commands.py --build build README.md docs/*.md

Commands are those of rpp-* and of scripts/, in code blocks of a shell or of no language, and in `code`. What a program takes is
asked of its --help, or of the source of a script. Programs that are not built are only looked for in tools/.
"""
import argparse
import ast
import functools
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RPP = re.compile(r"(?:build[\w-]*/)?(rpp-[a-z]+)")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:[^`\n]|\n(?!\n))+)`")
SHELLS = ("", "sh", "bash")
DRAWING = re.compile(r"[─│└┐]")
SEPARATORS = set(";|&<>()")
BEFORE_A_PROGRAM = {"do", "then", "else", "!", "python3", "python", "bash", "sh", ".venv/bin/python"}
OUR_PATH = re.compile(r"(?<![\w./-])(?:configs|docs|scripts|src|tests|tools)/[^\s,=\[\]'\"]+")
PLACEHOLDER = re.compile(r"[A-Z]{2,}|\$\w+|\$\{\w+\}|<[^>]*>|\.\.\.")


@dataclass(frozen=True)
class Command:
    place: str  # PAGE:LINE
    words: tuple

    @property
    def program(self):
        return self.words[0]

    @property
    def options(self):
        return [word.partition("=")[0] for word in self.words[1:] if re.match(r"--?[A-Za-z]", word)]

    @property
    def settings(self):
        """The key of every --set key=value."""
        return [value.partition("=")[0] for option, value in zip(self.words, self.words[1:])
                if option == "--set" and not value.startswith("key=")]


def split(line):
    """The commands of a line of a shell, each as its words."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="".join(SEPARATORS))
    lexer.whitespace_split = True
    commands = [[]]
    for word in lexer:
        if set(word) <= SEPARATORS or word == "--":  # rpp-launch starts another program
            commands.append([])
        elif commands[-1] or word not in BEFORE_A_PROGRAM:
            commands[-1].append(word)
    return [tuple(words) for words in commands if words]


def is_ours(word):
    return RPP.fullmatch(word) is not None or word.startswith("scripts/")


def commands_of_block(text, page, line):
    while text:
        # A command may go on behind a backslash.
        whole = re.match(r"(?:.*\\\n)*.*\n?", text)[0]
        for words in split(whole.replace("\\\n", " ")):
            if is_ours(words[0]):
                yield Command(f"{page}:{line}", words)
        line += whole.count("\n")
        text = text[len(whole):]


def commands_of_code(text, page, line):
    """Of `code` in a sentence, which may also be the name of something else."""
    first = text.partition(" ")[0]
    if not (first.startswith(("build/", "scripts/")) or is_program(first)):
        return
    try:
        words = split(text)[0]
    except ValueError:  # a quote without its end
        return
    if is_ours(words[0]):
        yield Command(f"{page}:{line}", words)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def shell_blocks(text):
    return [block for block in BLOCK.finditer(text) if block[1] in SHELLS and not DRAWING.search(block[2])]


def inline_codes(text):
    """Every `code` outside of blocks; it may go on in the next line of its paragraph."""
    sentences = BLOCK.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), text)
    return INLINE.finditer(sentences)


def commands_of(page):
    text = page.read_text(encoding="utf-8")
    for block in shell_blocks(text):
        yield from commands_of_block(block[2], page.name, line_of(text, block.start(2)))
    for code in inline_codes(text):
        yield from commands_of_code(code[1].replace("\n", " "), page.name, line_of(text, code.start()))


# What programs take.

def is_program(word):
    name = RPP.fullmatch(word)
    return name is not None and (ROOT / "tools" / f"{name[1].replace('-', '_')}.cpp").exists()


@functools.cache
def help_of(*command):
    return subprocess.run([*command, "--help"], capture_output=True, text=True, check=True).stdout


def subcommands(text):
    return re.findall(r"^  ([a-z][\w-]*) ", text.partition("Subcommands:\n")[2], re.MULTILINE)


def needs_subcommand(text):
    return re.search(r"^Usage: .* SUBCOMMAND", text, re.MULTILINE) is not None


def faults_of_program(command, build):
    name = RPP.fullmatch(command.program)[1]
    if not is_program(name):
        return [f"there is no {name}"]
    program = build / name
    if not program.exists():
        return []
    known, called = help_of(program), name
    word = command.words[1] if len(command.words) > 1 else "--"
    if word in subcommands(known):
        if (ROOT / "tools" / f"{name}-{word}.cpp".replace("-", "_")).exists() and not (build / f"{name}-{word}").exists():
            return []  # a subcommand that is a program of its own, and not built
        known, called = known + help_of(program, word), f"{name} {word}"
    elif needs_subcommand(known) and not word.startswith("-"):
        return [f"{name} has no subcommand {word}"]
    return [f"{called} has no option {option}" for option in command.options
            if not re.search(rf"(?<![\w-]){option}(?![\w-])", known)]


@functools.cache
def python_options(script):
    """Of the script and of the scripts that it imports."""
    options, tree = {"-h", "--help"}, ast.parse(script.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            options |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)}
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for beside in (script.parent / f"{name}.py" for name in names):
                options |= python_options(beside) if beside.exists() else set()
    return options


@functools.cache
def shell_options(script):
    """Every option in its code, and what a script takes that it hands its arguments to."""
    code = re.sub(r"^\s*#.*$", "", script.read_text(encoding="utf-8"), flags=re.MULTILINE)
    options = {"-h", *re.findall(r"(?<![\w-])--[a-z][\w-]*", code)}
    for called in re.findall(r'(scripts/[\w/]+\.sh)[^\n|]* "\$@"', code):
        if ROOT / called != script:
            options |= shell_options(ROOT / called)
    return options


def faults_of_script(command):
    script = ROOT / command.program
    if not script.is_file():  # faults_of_paths names one that is missing
        return []
    options = python_options(script) if script.suffix == ".py" else shell_options(script)
    return [f"{command.program} has no option {option}" for option in command.options if option not in options]


# What programs read.

def expand_braces(word):
    braces = re.search(r"\{([^{}]*,[^{}]*)\}", word)
    if not braces:
        return [word]
    return [whole for part in braces[1].split(",") for whole in expand_braces(word[:braces.start()] + part + word[braces.end():])]


def faults_of_paths(command):
    words = [whole for word in command.words for whole in expand_braces(word)]
    paths = [path for word in words for path in OUR_PATH.findall(word)]
    return [f"there is no {path}" for path in paths if not any(ROOT.glob(PLACEHOLDER.sub("*", path)))]


@functools.cache
def known_settings():
    return set(re.findall(r"^\| `([\w.]+)` \|", (ROOT / "docs/config.md").read_text(encoding="utf-8"), re.MULTILINE))


def faults_of_settings(command):
    return [f"there is no setting {key}" for key in command.settings if key not in known_settings()]


def faults_of(command, build):
    own = faults_of_script(command) if command.program.startswith("scripts/") else faults_of_program(command, build)
    return [*own, *faults_of_paths(command), *faults_of_settings(command)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", type=Path, nargs="+", metavar="PAGE.md")
    parser.add_argument("--build", type=Path, default=Path("build"), help="where the programs are")
    arguments = parser.parse_args()
    commands = [command for page in arguments.pages for command in commands_of(page)]
    faults = [f"{command.place}: {fault}" for command in commands for fault in faults_of(command, arguments.build.resolve())]
    print(*faults, sep="\n", end="\n" if faults else "")
    print(f"{len(commands)} commands on {len(arguments.pages)} pages, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
