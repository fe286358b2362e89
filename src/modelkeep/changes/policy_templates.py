"""`policy init`: a commented ``policy.toml`` and a ``MODELS.md`` to begin with, made for the stages of the registry.

In a template, lines between ``#<lower>`` and ``#</lower>`` are for each stage below the highest. ``{{stage}}`` is that
stage, ``{{highest}}`` the highest, ``{{below}}`` the one below it; a line with ``{{below}}`` goes where there is none.
A line that begins with ``{{team,regulated}}`` is for these kinds alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress

import modelkeep
from modelkeep.domain.text import pattern, printable
from modelkeep.errors import Conflict, UsageError
from modelkeep.local_path import local_path
from modelkeep.store.named_paths import open_directory

_AGREEMENT = "MODELS.md"
_KINDS = pattern(r"\{\{((?:solo|team|regulated)(?:,(?:solo|team|regulated))*)\}\} ?(.*)")


def write_templates(kind: str, path: str, stages: Sequence[str], *, force: bool) -> tuple[str, ...]:
    """Write the policy to ``path`` and the agreement beside it; return both paths.

    Raises ``Conflict`` where one of them is there, unless ``force``.
    """
    path = local_path(path, "-o")
    agreement = os.path.join(os.path.dirname(path), _AGREEMENT)
    texts = {path: template(f"{kind}.toml", kind, stages), agreement: template(_AGREEMENT, kind, stages)}
    for each in texts if not force else ():
        if os.path.lexists(each):
            message = f"{printable(each)} is there already"
            raise Conflict(message, "--force overwrites it; -o FILE writes to another place")
    for each, text in texts.items():
        try:
            _write(each, text.encode(), force=force)
        except OSError as error:
            message = f"cannot write {printable(each)}: {error.strerror or error}"
            raise UsageError(message, "-o FILE names another place") from error
    return tuple(texts)


def _write(path: str, data: bytes, *, force: bool) -> None:
    """Write a new file; with ``force`` it takes the place of what has its name, also of a link."""
    above, name = os.path.split(path)
    with open_directory(above or os.curdir) as directory:
        written = f"{name}.{os.urandom(8).hex()}.tmp" if force else name
        try:
            with open(directory.create(written, 0o666), "wb") as file:
                file.write(data)
            if force:
                directory.rename(written, name)
        except OSError:
            if force:
                with suppress(OSError):
                    directory.unlink(written)
            raise


def template(name: str, kind: str, stages: Sequence[str]) -> str:
    """Return a template made for a kind of policy and the stages of a registry, lowest first."""
    place = os.path.join(os.path.dirname(modelkeep.__file__), "templates", name)
    with open(place, encoding="utf-8") as file:
        return "".join(f"{line}\n" for line in _lines(file.read().splitlines(), kind, stages))


def _lines(lines: Sequence[str], kind: str, stages: Sequence[str]) -> Iterator[str]:
    repeated: list[str] | None = None
    for line in lines:
        if line == "#<lower>":
            repeated = []
        elif line == "#</lower>":
            for stage in stages[:-1]:
                yield from (each for part in repeated or () for each in _line(part, kind, stages, stage))
            repeated = None
        elif repeated is None:
            yield from _line(line, kind, stages, stages[-1])
        else:
            repeated.append(line)


def _line(line: str, kind: str, stages: Sequence[str], stage: str) -> Iterator[str]:
    """Yield a line with its words filled in, nothing where it is not for this kind or these stages."""
    if match := _KINDS.fullmatch(line):
        if kind not in match[1].split(","):
            return
        line = match[2]
    if "{{below}}" in line and len(stages) < 2:
        return
    below = stages[-2] if len(stages) > 1 else ""
    yield line.replace("{{stage}}", stage).replace("{{highest}}", stages[-1]).replace("{{below}}", below)
