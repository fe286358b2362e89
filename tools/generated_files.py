"""The generated files of the checkout: the text of each, which are out of date, and how to renew them."""

from __future__ import annotations

import os

from tools import api_page, command_tree, completion_grammar, completion_scripts, json_schemas, man_pages, marked_tables

#: The command that renews the files; the test that compares them prints it.
COMMAND = "make docs"
#: The directory of the checkout.
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def generated(root: str = ROOT) -> dict[str, str]:
    """Return the text of each generated file by its path below the checkout."""
    program = command_tree.read()
    grammar = completion_grammar.build(program)
    files = {
        "src/modelkeep/cli/complete/grammar.py": grammar.source(),
        "docs/api.md": api_page.text(),
    }
    files |= {
        f"src/modelkeep/completions/modelkeep.{shell}": completion_scripts.text(shell, grammar)
        for shell in completion_scripts.SHELLS
    }
    files |= {f"man/{name}": text for name, text in man_pages.texts(program).items()}
    files |= {f"src/modelkeep/schemas/{name}": text for name, text in json_schemas.texts().items()}
    for name in ("README.md", *(f"docs/{each}" for each in sorted(os.listdir(os.path.join(root, "docs"))))):
        if name.endswith(".md") and "<!-- generated: " in (text := _read(os.path.join(root, name)) or ""):
            files[name] = marked_tables.renewed(text)
    return files


def stale(root: str = ROOT) -> list[str]:
    """Return the files that differ from what is generated, and the man pages of commands that are gone."""
    files = generated(root)
    different = [name for name, text in files.items() if _read(os.path.join(root, name)) != text]
    extra = [name for name in _manual(root) if name not in files]
    return sorted(different + extra)


def _manual(root: str) -> list[str]:
    sections = ("man/man1", "man/man7")
    return [f"{each}/{name}" for each in sections for name in os.listdir(os.path.join(root, each))]


def renew(root: str = ROOT) -> list[str]:
    """Write the files that are out of date, remove those that should not exist, and return the names of both."""
    files = generated(root)
    names = stale(root)
    for name in names:
        path = os.path.join(root, name)
        if name not in files:
            os.unlink(path)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(files[name])
    return names


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
