"""Registering the same bytes again: a success where nothing that was given differs, else a conflict that says what.

Given means typed: captured provenance never differs, and neither does ``--bump``. A stage or an alias that the
version does not hold is no metadata but a change of state, which a late retry must not make.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from modelkeep.domain.entry import Subject
from modelkeep.domain.labels import label_key
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.domain.verbs.register import Parent, Register
from modelkeep.errors import Conflict
from modelkeep.store.db.sql.registration import Known


class Given(Struct, frozen=True):
    """What was typed, resolved: ``command`` and ``subject`` are the intent's, ``fields`` its details.

    ``runs`` are those that were typed; ``commit`` and ``trained`` are None where they were captured.
    """

    command: Register
    subject: Subject
    fields: tuple[tuple[str, str], ...]
    runs: tuple[str, ...]
    commit: str | None
    trained: str | None


def check(known: Known, given: Given, ref: str) -> None:
    """Raise ``Conflict`` where something given differs from what is known of the version."""
    stage, name = given.subject.stage, given.subject.name
    if stage is not None and stage not in known.stages:
        message = f"these bytes are {ref} already, and that is not in {stage}"
        raise Conflict(message, f"modelkeep promote {ref} {stage}")
    for alias in given.command.aliases:
        if alias not in known.aliases:
            message = f"these bytes are {ref} already, and {name}@{alias} is not that"
            raise Conflict(message, f"modelkeep alias {ref} {alias}")
    different = list(_differences(known, given))
    if different:
        message = f"these bytes are {ref} already, with another {', '.join(different)}"
        hint = f"modelkeep evaluate or tag {ref}, or register with --if-exists new"
        raise Conflict(message, hint)


def _differences(known: Known, given: Given) -> Iterator[str]:
    command = given.command
    on = None if command.metrics_on is None else _place(command.metrics_on)
    for name, value in command.metrics:
        measured = known.metrics.get((name, value))
        if measured is None or (on is not None and on not in measured):
            yield f"metric {name}"
    yield from (field.replace(".", " ", 1) for field, value in given.fields if _text(known, field, value) != value)
    if command.label is not None and (known.label is None or label_key(known.label) != label_key(command.label)):
        yield "label (it has none)" if known.label is None else f"label (it is {known.label})"
    yield from (f"data {data.name}" for data in command.data if _key(data) not in known.data)
    addresses = dict(given.fields)
    for position, parent in enumerate(command.parents):
        if (_version(parent) or addresses.get(f"parent.{position}", "")) not in known.parents:
            yield "parent"
    yield from (f"run {run}" for run in given.runs if run not in known.runs)
    if given.commit is not None and given.commit != known.commit:
        yield "code"
    if given.trained is not None and given.trained != known.trained:
        yield "time of training"


def _text(known: Known, field: str, value: str) -> str | None:
    """Return the present text that a given one is compared with; a captured one is compared with itself."""
    if field.startswith("tag."):
        return known.tags.get(field.removeprefix("tag."))
    if field == "description":
        return known.description
    return known.text(field) if field.startswith("param.") or field == "author" else value


def _version(parent: Parent) -> tuple[int, int] | None:
    return None if parent.model is None or parent.version is None else (parent.model, parent.version)


def _key(data: Data) -> tuple[str | None, str, str | None, str | None]:
    return data.role, data.name, data.version, data.digest


def _place(data: Data) -> tuple[str, str | None, str | None]:
    return data.name, data.version, data.digest
