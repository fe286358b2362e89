"""Answers of one value: a path, a field, a description, a setting, a script. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.views.output import Page, document, line
from modelkeep.cli.views.reads import field_text, raw_field
from modelkeep.domain.text import printable

if TYPE_CHECKING:
    from modelkeep.domain.answers.care import Access, BackedUp, Migration


def path(ref: str, where: str) -> Page:
    """Return where a version can be read."""
    return Page(document("path", ref=ref, path=where), [where], [where], exact=True)


def field(ref: str, found: Mapping[str, object], wanted: str) -> Page:
    """Return one field of a document: null is an empty line, an unknown one raises ``UsageError``."""
    value = raw_field(found, wanted)
    text = field_text(value)
    return Page(document("field", ref=ref, field=wanted, value=value), [text], [text])


def description(ref: str, text: str | None) -> Page:
    """Return a description as it was written, line by line; none is no line."""
    lines = [] if text is None else [printable(each) for each in text.split("\n")]
    return Page(document("description", ref=ref, description=text), lines, lines)


def setting(key: str, value: str | None) -> Page:
    """Return the value of a setting; one that has none is an empty line."""
    return Page(document("setting", key=key, value=value, changed=False), [value or ""], [value or ""], exact=True)


def setting_made(key: str, value: str) -> Page:
    """Return a setting that was just set, or with an empty value taken out."""
    return Page(document("setting", key=key, value=value or None, changed=True), [line(key, value)], [key])


def trust(directories: Sequence[str], *, changed: bool) -> Page:
    """Return the directories of others that are trusted, a line each."""
    made = document("trust", directories=list(directories), changed=changed)
    return Page(made, [line(each) for each in directories], directories)


def script(shell: str, text: str) -> Page:
    """Return a script, to be read by a shell."""
    lines = text.rstrip("\n").split("\n")
    return Page(document("completion", shell=shell, script=text), lines, lines)


def init(where: str, registry_id: str, stages: Sequence[str], access: Access, *, created: bool) -> Page:
    """Return a registry that was made, or was there."""
    made = document("init", access, path=where, id=registry_id, created=created, stages=list(stages))
    return Page(made, [where], [where], exact=True)


def migration(found: Migration) -> Page:
    """Return from which schema to which."""
    lines = [f"schema: {found.schema_before} -> {found.schema_after}"] if found.changed else []
    return Page(document("migration", found), lines, lines)


def backed_up(found: BackedUp) -> Page:
    """Return where the backup is."""
    return Page(document("backup", found), [found.path], [found.path])
