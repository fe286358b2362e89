"""The completion scripts of the package, under `modelkeep/completions/`; `make docs` renews them."""

from __future__ import annotations

import os

_DIRECTORY = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(__file__))), "completions")
#: How the script of bash registers its function for the program.
_REGISTRATION = "-F _modelkeep modelkeep\n"


def read(shell: str, program: str = "modelkeep") -> str:
    """Return the completion script of a shell, for a program installed under this name."""
    from shlex import quote

    with open(os.path.join(_DIRECTORY, f"modelkeep.{shell}"), encoding="utf-8") as file:
        text = file.read()
    return text.replace(_REGISTRATION, f"-F _modelkeep {quote(program)}\n")
