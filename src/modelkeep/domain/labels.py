"""Labels of versions, as 1.1 or 2.0.0-rc1: how they look, when two are the same, which is highest."""

from __future__ import annotations

import re

from modelkeep.domain.text import pattern, printable
from modelkeep.errors import UsageError

_LONGEST = 64
_LABEL = pattern(r"[vV]?[0-9](?=[0-9A-Za-z.+-]*[.-])[0-9A-Za-z.+-]*[0-9A-Za-z]")
_ZEROS = pattern(r"(?:\.0)+\Z")
_RELEASE = pattern(r"([vV]?)(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?")
_CORE = pattern(r"[0-9]+(?:\.[0-9]+)*")
_DIGITS = pattern(r"[0-9]+")
_FIRST = "0.1.0"
_UPPER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")

PARTS = ("major", "minor", "patch")


def fold(text: str) -> str:
    """Return the text with A-Z as a-z and nothing else changed: every comparison without case uses it."""
    return text.translate(_UPPER)


def is_label(text: str) -> bool:
    """Say whether a text reads as a label."""
    return len(text) <= _LONGEST and bool(_LABEL.fullmatch(text))


def check_label(text: str) -> str:
    """Return a label as typed; one that breaks the pattern raises ``UsageError`` with a legal one."""
    if is_label(text):
        return text
    message = f"not a legal label: '{printable(text)}'"
    bare = text[1:] if text[:1] in {"v", "V"} else text
    if bare.isascii() and bare.isdigit():
        message = f"'{printable(text)}' reads as a version's number, not as a label"
    raise UsageError(message, f"{_legal(text)}   (a label begins with a digit and has a '.' or '-' in it)")


def label_key(label: str) -> str:
    """Return what makes a label unique in a model: ``1.1``, ``1.1.0`` and ``V1.1`` have one key."""
    return _ZEROS.sub("", fold(label).removeprefix("v"))


def label_sort_key(label: str) -> str:
    """Return a text that sorts, by code point, as labels do: 1.9 < 1.10-rc2 < 1.10-rc10 < 1.10."""
    key = label_key(label)
    match = _CORE.match(key)
    core = match.group() if match else ""
    tail = key[len(core) :]
    numbers = _ZEROS.sub("", core).split(".")
    # '!' < '#' < '$' < any digit: what leads up to 1.10 stands before it, a build after it.
    mark = "#" if not tail else "$" if tail[0] == "+" else "!"
    return "".join(_padded(number) for number in numbers) + mark + _DIGITS.sub(lambda m: _padded(m.group()), tail)


def bump_label(highest: str | None, part: str) -> str:
    """Return the label after the highest one: a major, minor or patch release up; ``0.1.0`` where there is none.

    A leading ``v`` and a missing PATCH stay as they are, unless it is the patch that goes up. ``UsageError`` where the
    highest does not read as MAJOR.MINOR[.PATCH]: there is nothing to count on from.
    """
    if part not in PARTS:
        message = f"not a part of a label: '{printable(part)}'"
        raise UsageError(message, "major, minor or patch")
    if highest is None:
        return _FIRST
    v, major, minor, patch = _release(highest)
    if part == "major":
        return f"{v}{major + 1}.0" + ("" if patch is None else ".0")
    if part == "minor":
        return f"{v}{major}.{minor + 1}" + ("" if patch is None else ".0")
    return f"{v}{major}.{minor}.{(patch or 0) + 1}"


def _release(label: str) -> tuple[str, int, int, int | None]:
    match = _RELEASE.fullmatch(label)
    if match is None:
        message = f"the highest label is {label}, which is not MAJOR.MINOR[.PATCH]: there is no next one to count to"
        raise UsageError(message, "name the label: --label 1.2.0")
    v, major, minor, patch = match.groups()
    return v, int(major), int(minor), None if patch is None else int(patch)


def _padded(digits: str) -> str:
    number = digits.lstrip("0") or "0"
    return f"{len(number):02}{number}"


def _legal(text: str) -> str:
    start = re.search(r"[vV]?[0-9].*", text, re.ASCII | re.DOTALL)
    words = re.findall(r"[0-9A-Za-z.+]+", start.group()) if start else []
    likely = "-".join(words)[: _LONGEST - 2].rstrip(".+-")
    for spelling in (likely, likely + ".0"):
        if is_label(spelling):
            return spelling
    return "1.0"
