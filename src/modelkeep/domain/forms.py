"""The text of entries as nearly all are written, as one pattern: what matches is canonical and of the right form.

Of what does not match nothing is said: a text with an escape in it, a long number, a signature are
read by `modelkeep.domain.entry`, which also says what is wrong. Keys stand in their order, no white
space is anywhere, and numbers and texts have one spelling each, so nothing needs to be read and
written again to tell. Compiling one takes as long as reading three hundred entries whole.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Mapping

from modelkeep.domain import entry as chain
from modelkeep.domain import events, intents

_LETTERS = r'[^"\\\x00-\x1f]*'
_TEXT = f'"{_LETTERS}"'
_NUMBER = r"(?:0|-?[1-9][0-9]{0,14})"
_PLAIN = {str: _TEXT, int: _NUMBER, bool: "(?:true|false)"}


def entry(kind: str) -> str:
    """Return the pattern of an entry by the word for its kind of intent.

    Its groups are ``clock``, ``registry``, ``id``, ``details``, ``asked`` (the intent's time), ``digest`` (the
    subject's), ``prev``, ``seq`` and ``time``. Nobody signed it or said who he is, and it does not expire.
    """
    happened = "|".join(_record(each, {"kind": _literal(word)}) for word, each in events.KINDS.items())
    intent = {
        "actor": _record(intents.Actor, dict.fromkeys(intents.Actor.__match_args__, "null")),
        "arguments": _record(intents.KINDS[kind], {}),
        "details": _or_null(_group("details")),
        "format": _literal(intents.FORMAT),
        "id": _group("id"),
        "kind": _literal(kind),
        "not_after": "null",
        "registry": _group("registry"),
        "subject": _or_null(_record(intents.Subject, {"digest": _or_null(_group("digest"))})),
        "time": _group("asked"),
    }
    whole = {
        "clock": _group("clock"),
        "events": rf"\[{_items(f'(?:{happened})')}+\]",
        "format": _literal(chain.FORMAT),
        "intent": _record(intents.Intent, intent),
        "prev": _or_null(_group("prev")),
        "seq": f"(?P<seq>{_NUMBER})",
        "signatures": r"\[\]",
        "time": _group("time"),
    }
    return _record(chain.Entry, whole)


def _record(kind: type, fields: Mapping[str, str]) -> str:
    """Return the pattern of a record; those of ``fields`` are given, or stand there besides."""
    attributes: tuple[str, ...] = kind.__match_args__  # type: ignore[attr-defined]  # mypy: every record has it
    hints = typing.get_type_hints(kind)
    names = {attribute.rstrip("_"): attribute for attribute in attributes}
    own = {name: _value(hints[attribute]) for name, attribute in names.items() if name not in fields}
    return r"\{" + ",".join(f'"{name}":{value}' for name, value in sorted({**own, **fields}.items())) + r"\}"


def _value(hint: object) -> str:
    """Return the pattern of a value of a kind."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        (some,) = [option for option in inner if option is not types.NoneType]
        return _or_null(_value(some))
    if origin is tuple and inner[-1] is Ellipsis:
        return rf"\[{_items(_value(inner[0]))}*\]"
    if origin is tuple:
        return r"\[" + ",".join(map(_value, inner)) + r"\]"
    kind = typing.cast("type", hint)
    return _PLAIN.get(kind) or _record(kind, {})


def _items(item: str) -> str:
    """Return an item of a list that is to be repeated: a comma stands between two, and only there."""
    return rf"(?:{item}(?:,(?!\])|(?=\])))"


def _or_null(value: str) -> str:
    return f"(?:null|{value})"


def _group(name: str) -> str:
    return f'"(?P<{name}>{_LETTERS})"'


def _literal(text: str) -> str:
    return re.escape(f'"{text}"')
