"""The macros of man pages, and text as groff takes it."""

from __future__ import annotations

from collections.abc import Iterable


def head(title: str, chapter: int) -> str:
    """Return the head of a page; it has no date."""
    return f'.\\" Made from the commands by `make docs`; do not edit.\n.TH {title.upper()} {chapter} "" modelkeep\n.nh\n.ad l\n'


def section(title: str) -> str:
    """Return the head of a section."""
    return f".SH {title}\n"


def item(tag: str, text: str) -> str:
    """Return a tagged paragraph."""
    return f".TP\n{tag}\n{prose(text)}"


def call(command: str, rest: str) -> str:
    """Return a line of a synopsis."""
    return f"{bold(command)} {italic(rest)}\n"


def examples(lines: Iterable[str]) -> str:
    """Return lines that are typed as they are."""
    return ".nf\n.RS\n" + "".join(f"{exact(line)}\n" for line in lines) + ".RE\n.fi\n"


def bold(text: str) -> str:
    """Return text in bold, with each character as it is."""
    return f"\\fB{exact(text)}\\fR"


def italic(text: str) -> str:
    """Return text in italics, with each character as it is."""
    return f"\\fI{exact(text)}\\fR"


def prose(text: str) -> str:
    """Return lines of running text."""
    return "".join(f"{plain(line)}\n" for line in text.splitlines())


def listed(pages: Iterable[tuple[str, int]]) -> str:
    """Return names of pages with their sections, as SEE ALSO lists them."""
    return ",\n".join(f"{exact(name)}({chapter})" for name, chapter in pages) + "\n"


def plain(text: str) -> str:
    """Return running text without requests of groff, in which option names keep their hyphens."""
    escaped = _escaped(text)
    words = [
        word.replace("-", "\\-") if word.startswith(("-", "modelkeep-", "(-")) else word for word in escaped.split(" ")
    ]
    return " ".join(words)


def exact(text: str) -> str:
    """Return text that is copied and typed, with each character as it is."""
    escaped = _escaped(text)
    for character, name in (("-", "\\-"), ("'", "\\(aq"), ("`", "\\(ga"), ("^", "\\(ha"), ("~", "\\(ti")):
        escaped = escaped.replace(character, name)
    return escaped


def _escaped(text: str) -> str:
    safe = text.replace("\\", "\\e")
    safe = "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in safe)
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe
