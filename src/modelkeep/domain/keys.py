"""Keys that users choose, as they are typed to sort and to show columns: ``metric.K``, ``param.K``, ``tag.K``."""

from __future__ import annotations

from collections.abc import Sequence

from modelkeep.domain.text import close_to, printable
from modelkeep.errors import UsageError

#: Of which kinds such keys are.
KINDS = ("metric", "param", "tag")
#: What the JSON calls them.
PLURALS = tuple(f"{kind}s" for kind in KINDS)
#: How they are written where no name of one is known.
ANY_KEYS = tuple(f"{kind}.K" for kind in KINDS)
_SHOWN = 10


def split_key(key: str) -> tuple[str, str] | None:
    """Return kind and name of ``metric.K``, ``param.K`` or ``tag.K``, None for another text."""
    kind, _, name = key.partition(".")
    return (kind, name) if kind in KINDS and name else None


def nearest_keys(text: str, plain: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return which of some ``plain`` words and ``known`` keys (``metric.auc``) a text was likely meant to be, the closest first.

    A text without its kind means the key of that name: ``auc`` is ``metric.auc``, and ``metrics.auc`` is it too.
    """
    kind, _, name = text.partition(".")
    typed = f"{kind[:-1]}.{name}" if kind in PLURALS and name else text
    by_name: dict[str, list[str]] = {}
    for key in (*plain, *known):
        split = split_key(key)
        by_name.setdefault((key if split is None else split[1]).lower(), []).append(key)
    if typed in known:
        return [typed]
    if typed in (*KINDS, *PLURALS):
        return [key for key in known if key.startswith(f"{typed.removesuffix('s')}.")]
    if typed.lower() in by_name:
        return by_name[typed.lower()]
    # A key is compared whole where its kind was typed too: metrc.auc.
    if "." in typed:
        return close_to(typed, (*plain, *known))
    return [key for near in close_to(typed.lower(), by_name) for key in by_name[near]]


def unknown_key(key: str, known: Sequence[str]) -> UsageError | None:
    """Return the error for a key of which no version has a value, with the close ones of its kind; None if one has."""
    kind, _, name = key.partition(".")
    if name in known or (kind == "metric" and name.replace("@data:", "@") in known):
        return None
    message = f"no version has {printable(key)}"
    near = close_to(name, known) or known[:_SHOWN]
    return UsageError(message, printable(f"there are {', '.join(f'{kind}.{each}' for each in near)}") if near else None)
