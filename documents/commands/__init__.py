"""What the command line offers: every module of this folder is one command and has `add(commands)`.

`add` makes the command's parser and names, by `set_defaults(run=...)`, the function that takes the options and gives
the exit code. Libraries that are slow to load are imported inside that function.
"""

import argparse
import importlib
import pkgutil


def add_all(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Let every module of this folder add its command, in the order of their names."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}").add(commands)
