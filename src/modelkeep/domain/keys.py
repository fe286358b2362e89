"""Keys that users choose, as they are typed to sort and to show columns: ``metric.K``, ``param.K``, ``tag.K``."""

from __future__ import annotations

from collections.abc import Sequence

from modelkeep.domain.text import close_to, printable
from modelkeep.errors import UsageError

#: Of which kinds such keys are.
KINDS = ("metric", "param", "tag")
#: What the JSON calls them.
PLURALS = tuple(f"{kind}s" for kind in KINDS)
_SHOWN = 10


def split_key(key: str) -> tuple[str, str] | None:
    """Return kind and name of ``metric.K``, ``param.K`` or ``tag.K``, None for another text."""
    kind, _, name = key.partition(".")
    return (kind, name) if kind in KINDS and name else None


def keys_meant(text: str) -> list[str]:
    """Return the keys that a text without its kind may mean: ``metric.auc`` and the others of ``auc``.

    ``metrics.auc`` means ``metric.auc``, and ``metrics`` any ``metric.K``.
    """
    kind, _, name = text.partition(".")
    if kind in PLURALS:
        return [f"{kind[:-1]}.{name or 'K'}"]
    return [f"{kind}.{text if text and not text.endswith('.') else 'K'}" for kind in KINDS]


def unknown_key(key: str, known: Sequence[str]) -> UsageError | None:
    """Return the error for a key of which no version has a value, with the close ones of its kind; None if one has."""
    kind, _, name = key.partition(".")
    if name in known or (kind == "metric" and name.replace("@data:", "@") in known):
        return None
    message = f"no version has {printable(key)}"
    near = close_to(name, known) or known[:_SHOWN]
    return UsageError(message, printable(f"there are {', '.join(f'{kind}.{each}' for each in near)}") if near else None)
