"""What a view is: one answer of the registry in every form that a command can print.

A command hands the answer to its view, and `cli/call.py` asks the view for the one form that is
printed: the JSON document, the lines of a pipe, the identifiers of ``-q`` or the table of a terminal.
Nothing is made that is not asked for.

A line of a pipe has cells separated by tabs. A cell is never empty and holds no tab, newline or control character.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeGuard

import msgspec
from msgspec import Struct, StructMeta

from modelkeep.domain.json_values import to_json, to_text
from modelkeep.domain.metrics import spelled
from modelkeep.domain.record import plain
from modelkeep.domain.text import escape_cell, escape_json
from modelkeep.errors import Damaged
from modelkeep.rendering import visible

if TYPE_CHECKING:
    from rich.console import RenderableType

    from modelkeep.rendering import Clock


class _AbstractStruct(StructMeta, ABCMeta):
    """The metaclass of a Struct with abstract methods."""


class View(Struct, frozen=True, metaclass=_AbstractStruct):
    """An answer that can be printed in several forms. Its fields make the document of ``--json``.

    The fields of the field ``answer`` stand in the document themselves; the fields that ``undocumented``
    names do not. ``record_field`` names the list whose rows are the records of the answer. With ``exact`` the lines are values that a script uses as they are, a path for example.
    Elsewhere control characters are escaped, whatever stands in the registry.
    """

    undocumented: ClassVar[tuple[str, ...]] = ()
    exact: ClassVar[bool] = False
    record_field: ClassVar[str] = ""

    @classmethod
    def schema(cls) -> str:
        """Return the name of the document's JSON Schema: ``modelkeep.tenures/1`` of a ``TenuresView``."""
        return f"modelkeep.{cls.__name__.removesuffix('View').lower()}/1"

    def document(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        document: dict[str, Any] = {"schema": self.schema()}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name == "answer":
                document |= plain(value)
            elif name not in self.undocumented:
                document[name] = plain(value)
        return document

    def record_document(self, form: str) -> dict[str, Any]:
        """Return the document whose records are printed in a format of records."""
        return self.document()

    @abstractmethod
    def identifiers(self) -> Iterable[str]:
        """Return what ``-q`` prints."""

    def lines(self) -> Iterable[str]:
        """Return what a pipe gets: a record a line, and the identifiers where these are all there is to say."""
        return self.identifiers()

    def table(self, clock: Clock) -> RenderableType | None:
        """Return what a terminal shows; None where it shows the lines too."""
        return None

    def columns_of_csv(self) -> tuple[Sequence[str], Iterable[Sequence[object]]] | None:
        """Return the heading and the rows of ``--format csv``, None where these are the fields of the records."""
        return None

    def notes(self) -> Iterable[str]:
        """Return the sentences that stand beside the answer on stderr.

        One that begins with ``warning:`` or ``error:`` is also printed with ``-q``.
        """
        return ()

    @property
    def acted(self) -> bool:
        """Whether something was done before the answer is printed: a file or a registry is there now."""
        return self.wrote

    @property
    def ends_newest(self) -> bool:
        """Whether what is wanted most stands at the end: a pager opens there."""
        return False

    @property
    def wrote(self) -> bool:
        """Whether the answer is about a change that was written to the registry."""
        return False


def as_json(document: Mapping[str, Any], *, pretty: bool = False) -> str:
    """Return a document as text that ends with a newline; on one line unless it is ``pretty``."""
    # The names of files may hold bytes that are not UTF-8. They are escaped here; msgspec would refuse them.
    text = escape_json(to_json(document))
    return (msgspec.json.format(text, indent=2) if pretty else text) + "\n"


def json_pages(pages: Iterable[View], *, pretty: bool = False) -> Iterator[str]:
    """Yield one document part by part; the pages differ in the rows of their only field, a list."""
    begun, filled, tail = False, False, "\n"
    for page in pages:
        head, _, rest = as_json(page.document(), pretty=pretty).partition("[")
        rows, _, tail = rest.rpartition("]")
        yield ("" if begun else f"{head}[") + ("," if filled and rows else "") + rows.rstrip()
        begun, filled = True, filled or bool(rows)
    yield ("\n  ]" if pretty and filled else "]") + tail


def line(*cells: object) -> str:
    """Return the cells of a record, separated by tabs."""
    return "\t".join(cell(each) for each in cells)


def cell(value: object) -> str:
    """Return a value as one cell: lists joined by commas, yes and no for truth, ``-`` for nothing."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (tuple, list)):
        return ",".join(cell(each) for each in value) or "-"
    return escape_cell(to_text(value))


def to_seconds(time: str | None) -> str | None:
    """Return a time of the log to the second, as lines have it."""
    if time is not None and not isinstance(time, str):
        # A flipped bit in the database can turn a text into a number.
        message = f"the registry holds a time that is none: {time!r}"  # type: ignore[unreachable]
        raise Damaged(message, "modelkeep verify --log")
    return None if time is None else f"{time[:19]}Z"


def field_lines(document: Mapping[str, Any]) -> Iterable[str]:
    """Return a document as lines of field and value: what is in objects as ``code.commit``, lists of them numbered."""
    for name, value in document.items():
        if name != "schema":
            yield from _field(name, value)


def _field(name: str, value: object) -> Iterable[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _field(f"{name}.{key}", each)
    elif has_objects(value):
        for number, each in enumerate(value):
            yield from _field(f"{name}.{number}", each)
    else:
        yield line(name, value)


def has_objects(value: object) -> TypeGuard[Sequence[Mapping[str, Any]]]:
    """Return whether a value is a list of objects."""
    return isinstance(value, (tuple, list)) and any(isinstance(each, Mapping) for each in value)


def flattened(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a document with metrics, params and tags as ``metric.K``, ``param.K``, ``tag.K``.

    The newest value on each data is ``metric.K@DATA``. Params are texts: JSON where they are JSON.
    """
    fields: dict[str, Any] = {}
    for name, value in document.items():
        if name == "evaluations":
            names = spelled((each["name"], each["data"]) for each in value)
            for each in value:
                if each["data"] is not None:
                    fields.setdefault(f"metric.{names[each['name'], each['data']]}", each["value"])
        elif name in {"metrics", "params", "tags"}:
            fields |= {f"{name[:-1]}.{key}": visible(to_text(each)) for key, each in value.items()}
        elif name not in {"as_of", "tenures"}:
            fields[name] = value
    return fields
