"""All generated files of the checkout: their texts, and how they are renewed."""

from __future__ import annotations

import os
from types import SimpleNamespace

from modelkeep.cli import schemas
from modelkeep.cli.complete import bash_script
from modelkeep.cli.reference import api, grammar, man, readme
from modelkeep.cli.reference.tree import tree

#: What renews them; the test that compares them says so.
COMMAND = "make docs"
_PACKAGE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
#: The checkout, where the package is used from one.
ROOT = os.path.dirname(os.path.dirname(_PACKAGE))


def generated(root: str = ROOT) -> dict[str, str]:
    """Return the text of each generated file by its path below the checkout."""
    program = tree()
    typed = grammar.text(program)
    newest = SimpleNamespace()
    exec(typed, vars(newest))  # noqa: S102 - our own text of a moment ago, newer than the module may be
    found = {"src/modelkeep/cli/complete/grammar.py": typed, "completions/modelkeep.bash": bash_script.script(newest)}
    found |= {f"man/{name}": text for name, text in man.pages(program).items()}
    found |= {f"src/modelkeep/schemas/{name}": text for name, text in schemas.texts().items()}
    found["docs/api.md"] = api.text()
    for name in ("README.md", *(f"docs/{each}" for each in sorted(os.listdir(os.path.join(root, "docs"))))):
        if name.endswith(".md") and "<!-- generated: " in (text := _read(os.path.join(root, name)) or ""):
            found[name] = readme.renewed(text)
    return found


def stale(root: str = ROOT) -> list[str]:
    """Return the generated files that are not as they would be made, or should be no more."""
    made = generated(root)
    wrong = [name for name, text in made.items() if _read(os.path.join(root, name)) != text]
    left = [f"man/{name}" for name in os.listdir(os.path.join(root, "man")) if f"man/{name}" not in made]
    return sorted(wrong + left)


def renew(root: str = ROOT) -> list[str]:
    """Write the generated files that are not as they should be; return their names."""
    made = generated(root)
    wrong = stale(root)
    for name in wrong:
        path = os.path.join(root, name)
        if name not in made:
            os.unlink(path)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(made[name])
    return wrong


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return None
