"""A signature as people write it: an object with inputs, outputs and params, in our own shape or in MLflow's.

MLflow writes each of the three as a list of columns or tensors, or as the JSON text of that list
(https://mlflow.org/docs/latest/model/signatures). A dimension that is not known is ``?``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from modelkeep.domain.known_documents import LARGEST, Field, Interface, to_document
from modelkeep.domain.numbers import as_number
from modelkeep.domain.text import check_text, printable
from modelkeep.domain.urls import scrub_text
from modelkeep.errors import UsageError

UNKNOWN_DIMENSION = "?"
_PARTS = ("inputs", "outputs", "params")
_EXAMPLE = '{"inputs": [{"name": "amount", "dtype": "float32", "shape": ["?", 30]}], "outputs": [{"dtype": "float32"}]}'
_LONGEST_TEXT = 1000
_MOST_DIMENSIONS = 64
_DEEPEST_TYPE = 16
_LONGEST_WORDS = 80


def parse_signature(document: Mapping[str, Any]) -> Interface:
    """Return the signature that an object says; an ``MLmodel`` has it under ``signature``. `UsageError` where it says none."""
    inner = document.get("signature")
    said = inner if isinstance(inner, Mapping) else document
    if not any(said.get(part) for part in _PARTS):
        message = "a signature has inputs, outputs or params"
        raise UsageError(message, _EXAMPLE)
    inputs, outputs, params = (_fields(part, said.get(part)) for part in _PARTS)
    interface = Interface(inputs, outputs, params)
    if len(to_document(interface)) > LARGEST["interface"]:
        message = f"a signature has at most {LARGEST['interface'] >> 20} MiB"
        raise UsageError(message)
    return interface


def _fields(part: str, value: Any) -> tuple[Field, ...]:
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(str(value))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            message = f"the {part} of the signature are no JSON: {error}"
            raise UsageError(message, _EXAMPLE) from error
    if value is None:
        return ()
    if not isinstance(value, Sequence):
        message = f"the {part} of a signature are a list, not {_shown(value)}"
        raise UsageError(message, _EXAMPLE)
    return tuple(_field(f"{part}[{place}]", each) for place, each in enumerate(value))


def _field(where: str, value: Any) -> Field:
    if not isinstance(value, Mapping):
        message = f"{where} of the signature is no object with a dtype: {_shown(value)}"
        raise UsageError(message, _EXAMPLE)
    tensor = value.get("tensor-spec")
    typed = {**value, **tensor} if isinstance(tensor, Mapping) else value
    name = value.get("name")
    required = value.get("required", True)
    optional = value.get("optional", required is False)
    return Field(
        dtype=_dtype(where, typed, 0),
        name=None if name is None else _text(f"the name of {where}", name),
        shape=_shape(where, typed.get("shape")),
        optional=optional is True,
    )


def _dtype(where: str, value: Mapping[str, Any], depth: int) -> str:
    """Return the type of a field in one text; MLflow nests arrays, maps and objects."""
    kind = value.get("dtype") or value.get("type")
    if kind is None or depth > _DEEPEST_TYPE:
        message = f"{where} of the signature has no dtype" if kind is None else f"{where} is nested too deep"
        raise UsageError(message, _EXAMPLE)
    inner = {"array": "items", "map": "values"}.get(kind) if isinstance(kind, str) else None
    if inner is not None and isinstance(value.get(inner), Mapping):
        return _text(where, f"{kind}<{_dtype(where, value[inner], depth + 1)}>")
    properties = value.get("properties")
    if kind == "object" and isinstance(properties, Mapping):
        members = [
            f"{name}{'' if each.get('required', True) else '?'}: {_dtype(where, each, depth + 1)}"
            for name, each in properties.items()
            if isinstance(each, Mapping)
        ]
        return _text(where, f"object<{', '.join(members)}>")
    return _text(f"the dtype of {where}", kind)


def _shape(where: str, value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Sequence) or len(value) > _MOST_DIMENSIONS:
        message = f"the shape of {where} is a list of numbers and names, not {_shown(value)}"
        raise UsageError(message, _EXAMPLE)
    return tuple(_dimension(where, each) for each in value)


def _dimension(where: str, value: Any) -> str:
    """Return a dimension; -1 and null are not known."""
    if isinstance(value, bool) or not isinstance(value, (int, str, type(None))):
        message = f"a dimension of {where} is a number or a name, not {_shown(value)}"
        raise UsageError(message, _EXAMPLE)
    text = UNKNOWN_DIMENSION if value is None else _text(f"a dimension of {where}", str(value))
    if as_number(text) is None or (text.isascii() and text.isdigit()):
        return text
    if text.removeprefix("-").isdigit():
        return UNKNOWN_DIMENSION
    message = f"a dimension of {where} is a whole number, not {_shown(text)}"
    raise UsageError(message, _EXAMPLE)


def _text(what: str, value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_TEXT:
        message = f"{what} is a text of 1 to {_LONGEST_TEXT} characters, not {_shown(value)}"
        raise UsageError(message, _EXAMPLE)
    return scrub_text(check_text(str(value), what))


def _shown(value: object) -> str:
    text = printable(repr(value))
    return text if len(text) <= 60 else f"{text[:57]}..."


def signature_words(interface: Interface) -> str:
    """Return a signature in short: ``(amount float32[?, 30]) -> (float32)``, or how many fields where there are many."""
    inputs, outputs = (_list_words(fields) for fields in (interface.inputs, interface.outputs))
    params = f", {len(interface.params)} param{'s' * (len(interface.params) > 1)}" if interface.params else ""
    return f"({inputs}) -> ({outputs}){params}"


def field_words(field: Field) -> str:
    """Return a field as ``amount float32[?, 30]``, with a question mark behind the name where it is optional."""
    shape = f"[{', '.join(field.shape)}]" if field.shape else ""
    name = f"{field.name}{'?' * field.optional} " if field.name is not None else ""
    return f"{name}{field.dtype}{shape}"


def _list_words(fields: Sequence[Field]) -> str:
    words = ", ".join(map(field_words, fields))
    return words if len(words) <= _LONGEST_WORDS else f"{len(fields)} fields"
