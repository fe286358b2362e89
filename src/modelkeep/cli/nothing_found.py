"""What is said on stderr where an answer is empty: what was looked for, and what is near."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.usage import closest
from modelkeep.domain.text import printable

if TYPE_CHECKING:
    from modelkeep.domain.answers.versions import AsOf
    from modelkeep.registry import Registry

#: How many names are compared with what was typed.
_MOST_NAMES = 1_000
#: How many values of a tag are named.
_MOST_VALUES = 10


def no_models(registry: Registry, pattern: str | None, moment: AsOf | None) -> str:
    """Return why `list` shows no model."""
    names = [row.name for row in registry.models(all=True, limit=_MOST_NAMES, as_of=moment)]
    if not names:
        return "there is no model yet: modelkeep register NAME FILE" if moment is None else "there was no model then"
    if pattern is None:
        return "every model is archived or deleted: --all shows them"
    if registry.models(pattern, all=True, limit=1, as_of=moment):
        return f"all that match '{printable(pattern)}' are archived or deleted: --all shows them"
    return f"no model matches '{printable(pattern)}'{_near(pattern, names)}"


def no_versions(
    registry: Registry, name: str | None, stage: str | None, tags: Sequence[str], moment: AsOf | None, where: str | None
) -> str:
    """Return why `list` shows no version of a model, of the models that match a pattern, or of all."""
    shown = printable(name or "")
    if name is not None and any(each in name for each in "*?[") and not registry.models(name, all=True, limit=1):
        return no_models(registry, name, moment)
    whose = "there is no version" if name is None else f"{shown} has no version"
    if stage is not None:
        whose += f" in {printable(stage)}"
    if where is not None:
        return f"{whose} of which this holds: {printable(where)}"
    if tags:
        return f"{whose} with the tag {printable(' and '.join(tags))}{_near_tag(registry, tags, moment)}"
    if stage is not None:
        return whose
    return f"{whose} that is not archived or deleted: --all shows them"


def no_words(registry: Registry, text: str, moment: AsOf | None) -> str:
    """Return what a search did not find: what is archived, or otherwise not as asked for, or the nearest name of a model."""
    if registry.search(text, limit=1, as_of=moment):
        return f"nothing with '{printable(text)}' in it is otherwise as asked for"
    if registry.search(text, limit=1, all=True, as_of=moment):
        return f"all with '{printable(text)}' in it are archived or deleted: --all shows them"
    names = [row.name for row in registry.models(limit=_MOST_NAMES, as_of=moment)]
    near = next(filter(None, (_near(word, names) for word in text.split())), "")
    return f"no name, description or tag has '{printable(text)}' in it{near}"


def _near_tag(registry: Registry, tags: Sequence[str], moment: AsOf | None) -> str:
    """Return the values that versions have of the first tag whose value none has, else the nearest key."""
    for key, _, value in (tag.partition("=") for tag in tags):
        values = {row.tags[key] for row in registry.versions(tags={key: None}, limit=_MOST_NAMES, as_of=moment)}
        if value and values and value not in values:
            return "; there is " + printable(", ".join(f"{key}={each}" for each in sorted(values)[:_MOST_VALUES]))
        if not values:
            return _near(key, registry.keys("tag", as_of=moment))
    return ""


def no_tenures(name: str | None, stage: str | None, *, bounded: bool) -> str:
    """Return what `history` did not find; ``bounded`` by --since or --until."""
    who = "no version" if name is None else f"no version of {printable(name)}"
    what = "the highest stage" if name is None and stage is None else printable(stage or "a stage")
    return f"{who} {'held' if bounded else 'ever held'} {what}{' in that time' if bounded else ''}"


def no_entries(registry: Registry, ref: str | None, actor: str | None, action: str | None, *, bounded: bool) -> str:
    """Return what `audit` did not find; ``bounded`` by --since or --until."""
    parts = ["no entry"]
    parts += [f"about {printable(ref)}"] if ref else []
    parts += [f"of {printable(action)}"] if action else []
    parts += [f"by {printable(actor)}"] if actor else []
    parts += ["in that time"] if bounded else []
    actors = {row.actor for row in registry.audit(limit=_MOST_NAMES)} if actor else set()
    return " ".join(parts) + (_near(actor, actors) if actor and actor not in actors else "")


def _near(pattern: str, names: Iterable[str]) -> str:
    """Return the name that is closest to a pattern, as a whole or in its beginning: ``; near: fraud``."""
    literal = re.sub(r"[*?]|\[[^]]*\]?", "", pattern)
    beginnings = {name.lower()[: len(literal)]: name for name in sorted(names, reverse=True) if literal}
    wholes = {name.lower(): name for name in names}
    found = closest(literal, wholes) or closest(literal, beginnings)
    return "" if found is None else f"; near: {wholes.get(found) or beginnings[found]}"
