"""YAML as params and metrics are kept: the scalars as they are written, so ``1e-3``, ``no`` and ``012`` stay these texts.

PyYAML's BaseLoader reads the events; the tree is made here, because a key that stands twice, a tag that YAML itself does
not define and a document that grows by its aliases are refused. Aliases and merge keys (``<<``) are followed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelkeep.domain.json_values import JSON_NUMBER, WORDS
from modelkeep.domain.text import pattern
from modelkeep.errors import UsageError
from modelkeep.provenance.plain_values import Number, shorten

_MOST_CHARACTERS = 64 << 10
_IF_LARGER = "as JSON it may be larger: the same in a file that ends in .json"
#: Of a file that a tool writes: a ``dvc.lock``, an export of conda.
LARGEST_OF_TOOL = 256 << 10
_MOST_MERGED = 10_000
#: Values and characters, each as often as aliases repeat it.
_MOST_EXPANDED = 1 << 20
_DEEPEST = 32
_TAGS = {None, "!"} | {
    f"tag:yaml.org,2002:{name}" for name in ["str", "int", "float", "bool", "null", "timestamp", "seq", "map"]
}
_MERGE = "<<"
# The first line with content begins a document, or has a key before any `=`, which TOML would have.
_BEGINS_YAML = pattern(r"(?:[ \t]*(?:#[^\n]*)?\n)*+(?:---(?:\s|$)|[^\[{=#\n][^=\n]*?:(?:\s|$))")


def looks_like_yaml(text: str) -> bool:
    """Tell whether a text whose file has no ending is YAML and not TOML."""
    return _BEGINS_YAML.match(text) is not None


def parse_yaml(
    text: str, shown: str, *, most_characters: int = _MOST_CHARACTERS, if_larger: str = _IF_LARGER
) -> object:
    """Return the value of a YAML document, its plain numbers as `Number`; ``shown`` names the file in messages.

    ``if_larger`` is the hint for a text of more than ``most_characters``.
    """
    import yaml  # type: ignore[import-untyped]

    if len(text) > most_characters:
        message = f"'{shorten(shown)}' is larger than {most_characters >> 10} KiB"
        raise UsageError(message, if_larger)
    try:
        return _Document(yaml.parse(text, Loader=yaml.BaseLoader)).value()
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # of \UFFFFFFFF, which is no character
        mark = getattr(error, "problem_mark", None)
        place = "" if mark is None else f" at line {mark.line + 1}, column {mark.column + 1}"
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or error
        message = f"{shown} is not YAML: {shorten(str(why))}{place}"
        raise UsageError(message, "mend it there; JSON has its own ending, .json") from error


class _Document:
    """The one document of a file, read event by event."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._anchors: dict[str, object] = {}
        self._merged = 0
        self._expanded = 0
        self._sizes: dict[str, int] = {}

    def value(self) -> object:
        """Return the value of the document, None where there is none."""
        value: object = None
        documents = 0
        for event in self._events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise _refused(event, "a second document begins", "one document a file")
            elif kind not in ("StreamStartEvent", "StreamEndEvent", "DocumentEndEvent"):
                value = self._node(event, 0)
        return value

    def _node(self, event: Any, depth: int) -> object:
        if depth > _DEEPEST:
            raise _refused(event, f"it is nested more than {_DEEPEST} deep", "give it flatter")
        kind = type(event).__name__
        if kind == "AliasEvent":
            if event.anchor not in self._anchors:
                raise _refused(event, f"*{shorten(event.anchor)} is no value before it", f"&{shorten(event.anchor)}")
            self._grow(event, self._sizes.get(event.anchor, 1))
            return self._anchors[event.anchor]
        if event.tag not in _TAGS:
            raise _refused(event, f"it has the tag {shorten(event.tag)}", "write the value itself: no tag is followed")
        before = self._expanded
        self._grow(event, 1 + len(getattr(event, "value", "")))
        if kind == "ScalarEvent":
            value = _scalar(event)
        elif kind == "SequenceStartEvent":
            value = [self._node(item, depth + 1) for item in self._until("SequenceEndEvent")]
        else:
            value = self._mapping(depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = value
            self._sizes[event.anchor] = self._expanded - before
        return value

    def _grow(self, event: Any, size: int) -> None:
        self._expanded += size
        if self._expanded > _MOST_EXPANDED:
            raise _refused(event, "its aliases make it too large", "write the values themselves")

    def _until(self, end: str) -> Iterator[Any]:
        for event in self._events:
            if type(event).__name__ == end:
                return
            yield event

    def _mapping(self, depth: int) -> dict[str, object]:
        own: dict[str, object] = {}
        merged: dict[str, object] = {}
        for event in self._until("MappingEndEvent"):
            if type(event).__name__ != "ScalarEvent":
                raise _refused(event, "a key is no plain text", "a key is one line of text")
            if event.tag not in _TAGS:
                raise _refused(
                    event, f"it has the tag {shorten(event.tag)}", "write the value itself: no tag is followed"
                )
            if event.anchor is not None:
                self._anchors[event.anchor] = _scalar(event)
            value = self._node(next(self._events), depth + 1)
            if event.value == _MERGE and event.style is None:
                self._merge(event, merged, value)
            elif event.value in own:
                raise _refused(event, f"the key '{shorten(event.value)}' stands twice", "give it once")
            else:
                own[event.value] = value
        return {**merged, **own}

    def _merge(self, event: Any, merged: dict[str, object], value: object) -> None:
        """Add the keys of one mapping or several; the first that has a key wins."""
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                raise _refused(event, "<< merges what is no mapping", "<<: *NAME")
            self._merged += len(source)
            if self._merged > _MOST_MERGED:
                raise _refused(event, f"its << merge more than {_MOST_MERGED:,} keys", "write the values themselves")
            for key in source:
                merged.setdefault(key, source[key])


def _scalar(event: Any) -> object:
    """Return a scalar as it is written; a plain number and the words of JSON as they stand in a list of JSON."""
    text: str = event.value
    if event.style is not None or not event.implicit[0]:
        return text
    return Number(text) if JSON_NUMBER.fullmatch(text) else WORDS.get(text, text)


def _refused(event: Any, why: str, hint: str) -> UsageError:
    mark = event.start_mark
    return UsageError(f"this YAML cannot be kept: {why} (line {mark.line + 1}, column {mark.column + 1})", hint)
