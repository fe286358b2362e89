"""Text that users give: which may be stored, which may be a key, how it is matched and escaped for a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from modelkeep.errors import UsageError

if TYPE_CHECKING:
    pattern = re.compile
else:

    def pattern(text: Any, flags: int = 0) -> _LazyPattern:
        """Return what ``re.compile(text, flags)`` does, compiled when it is first used: a short command uses few."""
        return _LazyPattern(text, flags)


class _LazyPattern:
    """A pattern that is compiled when a method of it is first used."""

    def __init__(self, text: Any, flags: int) -> None:
        self._given = text, flags

    def __getattr__(self, name: str) -> Any:
        method = getattr(re.compile(*self._given), name)
        setattr(self, name, method)
        return method


_LONGEST_KEY, _LONGEST_QUOTATION = 250, 200

# Control characters, marks that turn the direction of writing, separators of lines, lone surrogates,
# and characters without width: what could move the cursor, hide or reorder text, make two names look
# alike, or fail to encode. The joiners U+200C and U+200D stay: Persian, Hindi and emoji are written with them.
_RANGES = (
    r"\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164"
    r"\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f"
)
_UNSAFE = pattern(f"[{_RANGES}]")
_UNSAFE_IN_LINES = pattern(rf"(?![\t\n])[{_RANGES}]")
_UNSAFE_IN_CELL = pattern(rf"[{_RANGES}\\]")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r", "\\": "\\\\"}
_ONE_BYTE, _TWO_BYTES = 0xFF, 0xFFFF
_HEX_DIGITS = frozenset("0123456789abcdef")


def check_text(text: str, what: str) -> str:
    """Return a text that can be stored: valid UTF-8 without NUL; else raise ``UsageError``.

    ``what`` names the text in the message: "the reason", "tag owner".
    """
    if "\0" in text:
        message = f"{what} has a NUL character in it: {printable(text)}"
        raise UsageError(message, "take it out: text is UTF-8 without NUL")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"{what} is not valid UTF-8: {printable(text)}"
        raise UsageError(message, "give it as UTF-8 text") from error
    return text


def check_key(text: str, what: str = "key") -> str:
    """Return a key of params, metrics or tags as the tool that chose it wrote it; ``UsageError`` for what cannot be shown.

    A key has 1 to 250 characters, none of them a control character, and no white space at its ends.
    """
    if 0 < len(text) <= _LONGEST_KEY and text == text.strip() and not _UNSAFE.search(text):
        return text
    shown = printable(text[: _LONGEST_KEY + 1]) + ("..." if len(text) > _LONGEST_KEY + 1 else "")
    message = f"not a legal {what}: '{shown}'"
    raise UsageError(message, f"1 to {_LONGEST_KEY} characters without control characters, and no space at the ends")


def close_to(word: str, known: Iterable[str]) -> list[str]:
    """Return the known words that are close to a word, the closest first, three at most."""
    from difflib import get_close_matches

    return get_close_matches(word, list(known), n=3)


def shell_word(text: str) -> str:
    """Return a word as a shell reads it: in double quotes where it has single ones and these are enough."""
    from shlex import quote

    return quote(text) if "'" not in text or any(each in text for each in '"$`\\!') else f'"{text}"'


def translate_glob(glob: str) -> str:
    """Return the regular expression of a glob, in time that grows with its length.

    Where no ``]`` follows, ``[`` is a plain character; `fnmatch` would look for the end of a class at each one.
    """
    from fnmatch import translate

    closed = glob.rfind("]") + 1
    return translate(glob[:closed] + glob[closed:].replace("[", "[[]"))


def caseless(text: str) -> str:
    """Return a text as it is compared where neither case nor the Unicode form of a letter counts."""
    if text.isascii():
        return text.lower()
    from unicodedata import normalize  # nearly all texts are ASCII

    return normalize("NFC", normalize("NFC", text).casefold())


def is_hex(text: str, digits: int) -> bool:
    """Tell whether a text is that many hex digits in lower case, as ids and digests are written."""
    return len(text) == digits and _HEX_DIGITS.issuperset(text)


def printable(text: str) -> str:
    r"""Return text for a person's terminal: control and direction characters shown as ``\x1b``."""
    return text if _is_plain(text) else _UNSAFE.sub(_escape, text)


def first_line(text: str) -> str:
    """Return the first line of what another program wrote, cut and escaped for a message; empty where there is none."""
    lines = text.strip().splitlines()
    return printable(lines[0])[:_LONGEST_QUOTATION] if lines else ""


def printable_lines(text: str) -> str:
    """Return lines of cells for a person's terminal: their tabs and newlines stay."""
    return text if _is_plain_lines(text) else _UNSAFE_IN_LINES.sub(_escape, text)


def escape_json(text: str) -> str:
    r"""Return a JSON document in which nothing harms a terminal: ``\u009b`` instead of the character.

    JSON's own white space stays; all else that is unsafe can only stand inside its strings.
    """
    return text if _is_plain_lines(text) else _UNSAFE_IN_LINES.sub(_escape_json, text)


def escape_cell(text: str) -> str:
    r"""Return text as one cell of a tab separated line: never empty, no tab, newline or control.

    An empty text is ``-``; tab, newline, return and backslash are ``\t \n \r \\``.
    """
    if _is_plain(text) and "\\" not in text:
        return text or "-"
    return _UNSAFE_IN_CELL.sub(_escape, text) or "-"


def _is_plain(text: str) -> bool:
    """Tell whether there can be nothing to escape, as in nearly all texts; it saves compiling a pattern."""
    return text.isascii() and text.isprintable()


def _is_plain_lines(text: str) -> bool:
    return _is_plain(text.replace("\t", "").replace("\n", ""))


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    if character in _SHORT:
        return _SHORT[character]
    point = ord(character)
    if point > _TWO_BYTES:
        return f"\\U{point:08x}"
    return f"\\x{point:02x}" if point <= _ONE_BYTE else f"\\u{point:04x}"


def _escape_json(match: re.Match[str]) -> str:
    units = match.group().encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
