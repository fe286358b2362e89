"""Where a version came from: its environment, its CI run, its attachments, as of a moment; and one attachment's bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from shlex import quote

from modelkeep.context import Context
from modelkeep.domain.answers.origin import (
    AttachmentContent,
    AttachmentRow,
    CiFacts,
    EnvironmentFacts,
    LockFileName,
    PackageList,
)
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.text import close_to, printable
from modelkeep.errors import Damaged, NotFound
from modelkeep.reads.references import version_of
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql.facts import Fact, document_of, facts_of, size_of_document

_ATTACHMENT = "attachment."

Facts = Mapping[tuple[str, str], Fact]


def environment(reader: Reader, facts: Facts) -> EnvironmentFacts | None:
    """Return the environment of a version by its facts."""
    fact = facts.get(("environment", ""))
    if fact is None:
        return None
    from modelkeep.domain.known_documents import parse_environment

    found = document_of(reader, fact.value, "environment", parse_environment)
    return EnvironmentFacts(
        digest=fact.value,
        python=found.python,
        implementation=found.implementation,
        system=found.system,
        machine=found.machine,
        accelerators=found.accelerators,
        lock=None if found.lock is None else LockFileName(found.lock.name, found.lock.digest),
        package_count=len(found.packages),
        packages=dict(found.packages),
    )


def ci(facts: Facts, text: Callable[[str], str | None]) -> CiFacts | None:
    """Return the CI run of a version by its facts; ``text`` returns a field of its registration's details."""
    fact = facts.get(("ci", ""))
    if fact is None:
        return None
    return CiFacts(fact.value, text("ci.url"), text("ci.actor"), text("ci.ref"), text("ci.job"))


def seeds(facts: Facts) -> tuple[str, ...]:
    """Return the seeds of a version in their order."""
    found = {name: fact.value for (kind, name), fact in facts.items() if kind == "seed"}
    return tuple(found[position] for position in sorted(found, key=lambda position: (len(position), position)))


def attachments(reader: Reader, facts: Facts) -> tuple[AttachmentRow, ...]:
    """Return the attachments of a version by name: of one name the newest."""
    return tuple(
        AttachmentRow(name, kind, fact.value, size_of_document(reader, fact.value, "attachment"))
        for name, (kind, fact) in sorted(_attached(facts).items())
    )


def attachment(context: Context, ref: str, name: str, moment: str | AsOf | None) -> AttachmentContent:
    """Return an attachment of a version; ``NotFound`` where it has none of that name, with those that it has."""
    with snapshot(context, moment) as (reader, at):
        found = version_of(reader, ref, context.say, f"show {{}} --attachment {quote(name)}", at)
        there = _attached(facts_of(reader, at, found.model, found.number or 0))
        if name not in there:
            message = f"{found.ref} has no attachment '{printable(name)}'"
            names = close_to(name, sorted(there)) or sorted(there)
            has = f"it has {', '.join(map(printable, names))}" if names else None
            raise NotFound(message, has or f"modelkeep supplement {quote(found.ref)} --attach FILE")
        kind, fact = there[name]
        content = document_of(reader, fact.value, "attachment", bytes)
        if digest_of(content) != fact.value:
            message = f"the attachment '{printable(name)}' of {found.ref} has other bytes than were attached"
            raise Damaged(message, "modelkeep verify --log")
        return AttachmentContent(found.ref, name, kind, fact.value, content)


def packages(context: Context, ref: str, moment: str | AsOf | None) -> PackageList:
    """Return the packages of the environment that made a version; ``NotFound`` where none was recorded."""
    with snapshot(context, moment) as (reader, at):
        found = version_of(reader, ref, context.say, "show {} --packages", at)
        made_by = environment(reader, facts_of(reader, at, found.model, found.number or 0))
        if made_by is None:
            message = f"no environment is recorded of {found.ref}"
            raise NotFound(message, f"modelkeep supplement {quote(found.ref)} --env requirements.txt")
        return PackageList(found.ref, made_by.digest, made_by.python, made_by.packages)


def _attached(facts: Facts) -> dict[str, tuple[str, Fact]]:
    """Return kind and fact of the newest attachment of each name."""
    found: dict[str, tuple[str, Fact]] = {}
    for (kind, name), fact in sorted(facts.items(), key=lambda item: item[1].seq):
        if kind.startswith(_ATTACHMENT):
            found[name] = kind.removeprefix(_ATTACHMENT), fact
    return found
