"""What a view is: one answer of the registry in every form that a command can print.

A command hands the answer to its view, and `cli/call.py` asks the view for the one form that is
printed: the JSON document, the lines of a pipe, the identifiers of ``-q`` or the table of a terminal.
Nothing is made that is not asked for.

A new answer gets a `Document`, which names its fields for ``--json`` and for the JSON Schema, and a
`View` beside it, in the module of its family.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from msgspec import Struct, StructMeta, to_builtins

from modelkeep.domain.record import Answer
from modelkeep.domain.text import escape_json
from modelkeep.rendering import Clock

if TYPE_CHECKING:
    from modelkeep.cli.views.layout import Block


def _schema_name(class_name: str) -> str:
    return f"modelkeep.{class_name.removesuffix('Document').lower()}/1"


class Document(Answer, frozen=True, tag_field="schema", tag=_schema_name):
    """What ``--json`` prints: its first field ``schema`` is made of the name of the class."""

    @classmethod
    def of(cls, answer: Answer, **more: Any) -> Self:
        """Return the document that has the fields of an answer, and ``more``."""
        return cls(**{name: getattr(answer, name) for name in answer.__struct_fields__}, **more)


def as_json(document: Document, *, pretty: bool = False) -> str:
    """Return a document as text that ends with a newline; on one line unless it is ``pretty``."""
    import json

    layout: dict[str, Any] = {"indent": 2} if pretty else {"separators": (",", ":")}
    # The names of files may hold bytes that are not UTF-8, which the JSON encoder of msgspec refuses.
    return escape_json(json.dumps(to_builtins(document), ensure_ascii=False, **layout)) + "\n"


class _AbstractStruct(StructMeta, ABCMeta):
    """The metaclass of a Struct with abstract methods."""


class View(Struct, frozen=True, metaclass=_AbstractStruct):
    """An answer that can be printed in several forms.

    With ``exact`` the lines are values that a script uses as they are, a path for example. Elsewhere
    control characters are escaped, whatever stands in the registry.
    """

    exact: ClassVar[bool] = False

    @abstractmethod
    def document(self) -> Document:
        """Return what ``--json`` prints."""

    @abstractmethod
    def lines(self) -> Iterable[str]:
        """Return what a pipe gets: a record a line."""

    @abstractmethod
    def identifiers(self) -> Iterable[str]:
        """Return what ``-q`` prints."""

    def table(self, clock: Clock) -> Block | None:
        """Return what a terminal shows; None where it shows the lines too."""
        return None

    def notes(self) -> Iterable[str]:
        """Return the sentences that stand beside the answer on stderr.

        One that begins with ``warning:`` or ``error:`` is also printed with ``-q``.
        """
        return ()

    @property
    def wrote(self) -> bool:
        """Whether the answer is about a change that was written to the registry."""
        return False
