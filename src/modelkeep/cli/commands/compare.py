"""`diff` and `lineage`: versions side by side, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.name_selector import refs_to_compare
from modelkeep.cli.options import FORMATS
from modelkeep.cli.usage import positive_number
from modelkeep.cli.views.relations import DiffView, LineageView
from modelkeep.errors import NotFound

if TYPE_CHECKING:
    from modelkeep.domain.answers.reports import Lineage
    from modelkeep.registry import Registry

_TREE = "tree"


@command()
def diff(
    call: Call,
    refs: Annotated[
        list[str] | None,
        Argument(
            metavar="[REF...]",
            help="The versions; of one model also as: fraud 3 4, or fraud@3 @4. A name alone is its latest version.",
        ),
    ] = None,
    exit_code: Annotated[bool, Option("--exit-code", help="Exit with 1 if they differ.")] = False,
    notes: Annotated[
        bool, Option("--notes", help="Print release notes of the versions between the two, as Markdown.")
    ] = False,
) -> int:
    """Show versions side by side."""
    registry, words = call.registry(), refs or []

    def ask(word: str) -> tuple[bool, bool]:
        return is_of_model(registry, words[0], word), is_model(registry, word)

    refs = refs_to_compare(words, ask)
    if notes:
        from modelkeep.cli.views.papers import NotesView

        told = registry.release_notes(refs)
        call.show(NotesView(answer=told))
        return 1 if exit_code and not told.diff.same else 0
    found = registry.diff(refs)
    call.show(DiffView(found))
    return 1 if exit_code and not found.same else 0


def is_of_model(registry: Registry, name: str, word: str) -> bool:
    """Tell whether a word is a stage, or an alias of a model."""
    from modelkeep.domain.labels import fold
    from modelkeep.domain.stages import is_development, resolve_stage

    stages = registry.stages()
    stage = resolve_stage(word, stages) is not None or is_development(word, stages)
    return stage or fold(word) in registry.model(name).aliases


def is_model(registry: Registry, name: str) -> bool:
    """Tell whether a model bears or bore a name."""
    try:
        registry.model(name)
    except NotFound:
        return False
    return True


#: What else is printed than a tree, a table, lines or a document: for Graphviz, Mermaid and OpenLineage.
_TEXTS = ("dot", "mermaid", "openlineage")


@command("as_of", formats=(_TREE, *FORMATS, *_TEXTS))
def lineage(
    call: Call,
    node: Annotated[
        str,
        Argument(
            metavar="NODE",
            help="A version, data:NAME[@VERSION], code:COMMIT, run:ID, environment:HEX or deployment:TARGET.",
        ),
    ],
    up: Annotated[bool, Option("--up", help="Only what it was made from.")] = False,
    down: Annotated[bool, Option("--down", help="Only what was made from it, and where it runs.")] = False,
    depth: Annotated[str | None, Option("--depth", metavar="N", help="Follow at most N steps.")] = None,
) -> None:
    """Show where a version comes from and what came from it."""
    both, steps = up == down, positive_number(depth, "--depth")
    found = call.registry().lineage(node, up=up or both, down=down or both, depth=steps, as_of=call.flags.as_of)
    nothing = f"nothing is known that {found.root} was made from or went into"
    call.show(LineageView(found, _text(call.format, found)), nothing=None if found.edges else lambda: nothing)


def _text(wanted: str, found: Lineage) -> list[str] | None:
    """Return the lineage in a format of another program, None where another one is wanted."""
    if wanted not in _TEXTS:
        return None
    from modelkeep.papers.graphs import to_dot, to_mermaid
    from modelkeep.papers.openlineage import to_openlineage

    return {"dot": to_dot, "mermaid": to_mermaid, "openlineage": to_openlineage}[wanted](found)
