#!/usr/bin/env python3
"""Compares three accounts of which module uses which: the rpp_module lines of CMake, the table in docs/architecture.md, and the
#include lines. Prints a line per fault; the exit status is 1 when there is one.
  scripts/dev/check_architecture.py          check
  scripts/dev/check_architecture.py --dot    prints the modules as a graph for Graphviz instead"""
import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CMAKE_FILES = ["cmake/RppRuntimeModules.cmake", "CMakeLists.txt"]
TABLE = "docs/architecture.md"
# The module that each public header of include/rpp/ belongs to.
PUBLIC = {
    "error.h": "core", "file_access.h": "core", "prune_config.h": "plan", "text_span.h": "tokenizer", "tokenizer.h": "tokenizer",
    "flat_matrix.h": "plan", "param_spec.h": "ops", "flat_params.h": "optim", "prox_adamw.h": "optim", "prox_optimizer.h": "optim",
    "pruner.h": "prune", "answerer.h": "runtime", "rpp.h": "runtime", "runtime_model.h": "runtime", "session.h": "runtime",
}
GENERIC = ["ops", "optim", "prune"]  # they prune any module and must not reach what knows BERT
KNOWS_BERT = ["bert_format", "model", "tokenizer", "runtime", "config", "data", "analysis", "tasks"]


class Module:
    def __init__(self, arguments: str):
        words = arguments.split()
        self.name, self.torch = words[0], "TORCH" in words
        self.uses: list[str] = []
        self.test_uses: list[str] = []
        target = None
        for word in words[1:]:
            if word in ("DEPENDS", "TEST_DEPENDS"):
                target = self.uses if word == "DEPENDS" else self.test_uses
            elif word.isupper():
                target = None
            elif target is not None:
                target.append(word)


def read_modules() -> dict[str, Module]:
    modules = {}
    for file in CMAKE_FILES:
        for arguments in re.findall(r"^ *rpp_module\(([^)]*)\)", (ROOT / file).read_text(), re.M):
            module = Module(arguments)
            modules[module.name] = module
    return modules


def reached(modules: dict[str, Module], names: list[str]) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += modules[name].uses
    return found


def order_faults(modules: dict[str, Module]):
    """A module uses only modules above it, and what prunes any network knows none in particular."""
    seen: set[str] = set()
    for module in modules.values():
        for used in module.uses:
            if used not in seen:
                yield f"CMakeLists.txt: {module.name} uses {used}, which is no module declared before it"
        seen.add(module.name)
    for name in GENERIC:
        for known in sorted(reached(modules, [name]) & set(KNOWS_BERT)):
            yield f"CMakeLists.txt: {name} reaches {known}, which knows BERT"


def table_faults(modules: dict[str, Module]):
    rows = re.findall(r"^\| ([a-z_]+) \| (yes|no) \| ([a-z_, ]*) ?\|", (ROOT / TABLE).read_text(), re.M)
    told = {name: (torch == "yes", sorted(uses.replace(",", " ").split())) for name, torch, uses in rows}
    for name, module in modules.items():
        if told.get(name) != (module.torch, sorted(module.uses)):
            yield f"{TABLE}: {name}: CMake says Torch {'yes' if module.torch else 'no'}, {', '.join(module.uses)}"
    for name in told.keys() - modules.keys():
        yield f"{TABLE}: {name} is no rpp_module"


def module_of_include(header: str) -> str | None:
    folder, _, name = header.partition("/")
    if folder == "rpp":
        return PUBLIC.get(name, f"no module: add rpp/{name} to scripts/dev/check_architecture.py")
    return folder if (ROOT / "src" / header).exists() else None


def include_faults(modules: dict[str, Module]):
    unused = {(module.name, used) for module in modules.values() for used in module.uses}
    files = [path for folder in ("src", "tests") for path in sorted((ROOT / folder).glob("*/*"))]
    for path in files + sorted((ROOT / "include/rpp").glob("*.h")):
        if path.suffix not in (".h", ".cpp", ".cu", ".inc"):
            continue
        place = path.relative_to(ROOT)
        name = PUBLIC.get(path.name, "") if place.parts[0] == "include" else place.parts[1]
        if name not in modules:  # programs of the tests, such as fuzz
            continue
        module = modules[name]
        may = {name, *module.uses}
        if place.parts[0] == "tests":
            may = reached(modules, [name, *module.test_uses])
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+["<]([^">]+)[">]', line)
            if not found:
                continue
            header = found.group(1)
            used = module_of_include(header)
            if place.parts[0] != "tests":
                unused.discard((name, used))
            if used is not None and used not in may:
                yield f"{place}:{number}: {name} may not include {header} ({used})"
            knows_torch = header.split("/")[0] in ("torch", "ATen", "c10")
            if knows_torch and (not module.torch or re.search(r"(_kernel\.(cpp|h)|\.cu)$", path.name)):
                yield f"{place}:{number}: no LibTorch here, neither in {'a kernel' if module.torch else 'module ' + name}"
    for name, used in sorted(unused):
        yield f"CMakeLists.txt: {name} does not include anything of {used}: take it out of DEPENDS"


def print_graph(modules: dict[str, Module]) -> None:
    print("digraph rpp {\n  rankdir=TB; node [shape=box];")
    for module in modules.values():
        print(f'  {module.name} [style={"filled" if module.torch else "solid"}];')
        indirect = reached(modules, [above for used in module.uses for above in modules[used].uses])
        for used in module.uses:
            if used not in indirect:  # the others are implied
                print(f"  {module.name} -> {used};")
    print("}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dot", action="store_true", help="print the modules as a graph for Graphviz")
    arguments = parser.parse_args()
    modules = read_modules()
    if arguments.dot:
        print_graph(modules)
        return 0
    faults = [*order_faults(modules), *table_faults(modules), *include_faults(modules)]
    print(*faults, sep="\n", end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
