"""What a filter says, as data."""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from modelkeep.domain.text import pattern

#: What a field is compared with: a text in quotes, or a number.
Value: TypeAlias = str | Decimal
_PLAIN_KEY = pattern(r"[A-Za-z_][\w@/:+-]*(\.[\w@/:+-]+)*")


class Field(Struct, frozen=True):
    """A field of a version: ``name``, or of ``kind`` ``metric``, ``param`` or ``tag`` with the key of the user."""

    kind: str
    key: str | None = None

    def __str__(self) -> str:
        """Return it as a filter names it: a key that is no plain word stands in backticks."""
        if self.key is None:
            return self.kind
        return f"{self.kind}.{self.key}" if _PLAIN_KEY.fullmatch(self.key) else f"{self.kind}.`{self.key}`"


class Comparison(Struct, frozen=True):
    """A field beside a value; ``operator`` is one of ``= != < <= > >= LIKE ILIKE``."""

    field: Field
    operator: str
    value: Value


class Membership(Struct, frozen=True):
    """A field that has one of some values."""

    field: Field
    values: tuple[Value, ...]


class Missing(Struct, frozen=True):
    """A field that has no value: ``IS NULL``."""

    field: Field


class Not(Struct, frozen=True):
    """What does not hold."""

    expression: Expression


class All(Struct, frozen=True):
    """Each of these holds: ``AND``."""

    expressions: tuple[Expression, ...]


class Any(Struct, frozen=True):
    """One of these holds: ``OR``."""

    expressions: tuple[Expression, ...]


Expression: TypeAlias = Comparison | Membership | Missing | Not | All | Any
