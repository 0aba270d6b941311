"""Runs a script in the Python environment that it needs, whichever Python it was started with.

    import environment
    environment.need("compare", "torch", "transformers")    # before the imports of these

If a module is missing, the script restarts itself in the environment that scripts/setup.sh creates for it; if it is
missing there as well, the script exits and names the command that installs it.

Scripts in compare/ and dev/ add this folder at the end of sys.path: tensorboard.py must not hide the package of that name.
"""
import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Environment name -> its folder, and the command that creates it.
ENVIRONMENTS = {
    "base": (".venv", "scripts/setup.sh"),
    "plots": (".venv", "scripts/setup.sh --plots"),
    "compare": (".venv-compare", "scripts/setup.sh --compare"),
}


def first_missing(modules):
    return next((module for module in modules if importlib.util.find_spec(module) is None), None)


def runs_in(folder):
    return folder.exists() and os.path.samefile(sys.prefix, folder)


def need(environment, *modules):
    missing = first_missing(modules)
    if missing is None:
        return
    folder, command = ENVIRONMENTS[environment]
    python = ROOT / folder / "bin/python"
    if python.exists() and not runs_in(ROOT / folder):
        sys.stdout.flush()
        os.execv(python, [str(python), *sys.argv])
    print(f"{Path(sys.argv[0]).name}: error: {missing} is missing: {command} installs it", file=sys.stderr)
    sys.exit(2)
