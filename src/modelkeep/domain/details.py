r"""Details: the free text of an entry, in salted lines beside the log that can be redacted one by one.

    modelkeep details 1
    ["<128 random bits in hex>","tag.owner","risk"]
    sha256:<hex>                                          a line that was redacted

The digest is the SHA-256 of the text with each field's line replaced by ``sha256:`` and its own SHA-256, so a
line that gives way to that digest changes nothing. Lines end with ``\n`` alone: ``splitlines()`` would break at U+2028.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct
from msgspec.json import Decoder

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.record import Hash, decode_canonical_lines, encode_canonical
from modelkeep.domain.text import pattern
from modelkeep.errors import Damaged, ModelkeepError, NotFound

HEADER = "modelkeep details 1"

#: Fields of which an entry has one line at most.
_ONCE = ("tag.", "param.", "description")
_DIGEST = pattern(r"sha256:[0-9a-f]{64}")


class Line(Struct, frozen=True, array_like=True):
    """One field with its value; the salt keeps the value from being guessed from the digest."""

    salt: Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
    field: str
    value: str

    @property
    def text(self) -> str:
        """The line as it stands in the details, without its end."""
        return encode_canonical(self).decode()

    @property
    def line_digest(self) -> str:
        """What stands in its place once it is redacted."""
        return digest_of(self.text.encode())


class RedactedLine(Struct, frozen=True):
    """The digest that was left of a line, and stands in its place."""

    line_digest: str

    @property
    def text(self) -> str:
        """The line as it stands in the details, without its end."""
        return self.line_digest


AnyLine: TypeAlias = Line | RedactedLine


class Details(Struct, frozen=True):
    """The free text of one entry, line by line; never without a line (an entry without has null)."""

    lines: tuple[AnyLine, ...]

    @classmethod
    def parse(cls, text: str) -> Details:
        """Return the details that a text is, to the letter, or raise ``Damaged``."""
        try:
            text.encode()
        except UnicodeEncodeError as error:
            message = "not details: the text is not UTF-8"
            raise Damaged(message) from error
        header, *lines = text.split("\n")
        if header != HEADER or len(lines) <= 1 or lines[-1]:
            message = f"not details: they begin with '{HEADER}', then come lines, each with an end"
            raise Damaged(message)
        details = cls(tuple(_parse_lines(lines[:-1])))
        once = [line.field for line in details.lines if isinstance(line, Line) and line.field.startswith(_ONCE)]
        if len(once) != len(set(once)):
            message = "not details: a tag, a param or the description stands in them twice"
            raise Damaged(message)
        return details

    @property
    def text(self) -> str:
        r"""The text as it is stored, each line ended by ``\n``."""
        return "".join(line + "\n" for line in (HEADER, *(line.text for line in self.lines)))

    def to_bytes(self) -> bytes:
        """Return the text in UTF-8."""
        return self.text.encode()

    @property
    def digest(self) -> str:
        """The digest that the entry names; redacting does not change it."""
        return digest_of_text(self.text)

    def fields(self) -> list[tuple[str, str]]:
        """Return field and value of each line that still has its text, in order."""
        return [(line.field, line.value) for line in self.lines if isinstance(line, Line)]

    def value(self, field: str) -> str | None:
        """Return the first value of a field, None if it is not there or redacted."""
        return next((value for name, value in self.fields() if name == field), None)

    def redact(self, line_digest: str) -> Details:
        """Return the details with this digest in place of its line, or raise ``NotFound``."""
        if all(line.line_digest != line_digest for line in self.lines):
            message = f"these details have no line {line_digest}"
            raise NotFound(message)
        gone = RedactedLine(line_digest)
        return Details(tuple(gone if line.line_digest == line_digest else line for line in self.lines))


def write(fields: Sequence[tuple[str, str]], salts: Iterator[str]) -> Details:
    """Return details of fields and values in this order, each with the next salt: 32 random hex digits."""
    if not fields:
        message = "details without a field: an entry without details has null"
        raise ModelkeepError(message)
    return Details(tuple(Line(next(salts), field, value) for field, value in fields))


def digest_of_text(text: str, sha256: Hash = digest_of) -> str:
    """Return the digest of details from a text that `Details.parse` takes: its lines are canonical.

    For many of them pass a quicker SHA-256.
    """
    header, *lines = text[:-1].split("\n")
    parts = [line if line.startswith("sha256:") else sha256(line.encode()) for line in lines]
    return sha256("\n".join([header, *parts, ""]).encode())


_LINE = Decoder(Line)


def _parse_lines(texts: Sequence[str]) -> Iterator[AnyLine]:
    """Yield the line that each text is; all that were not redacted are read at once."""
    redacted = [_DIGEST.fullmatch(text) is not None for text in texts]
    kept = "".join(f"{text}\n" for text, is_digest in zip(texts, redacted, strict=True) if not is_digest)
    lines = iter(decode_canonical_lines(kept.encode(), _LINE, "not a line of details"))
    for text, is_digest in zip(texts, redacted, strict=True):
        yield RedactedLine(text) if is_digest else next(lines)
