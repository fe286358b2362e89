"""`register`: the next version of a model, with all that explains it, and a stage and aliases where asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.labels import bump_label, check_label, label_key, label_order
from modelkeep.domain.manifest import parse_artifact
from modelkeep.domain.record import LogValue, Ordinal
from modelkeep.domain.state import Model
from modelkeep.domain.verbs.alias import AliasSet, check_free_of_stages
from modelkeep.domain.verbs.create import new_model
from modelkeep.domain.verbs.describe import description_rows
from modelkeep.domain.verbs.evaluate import Data, metric_rows, run_rows
from modelkeep.domain.verbs.interface import (
    AlreadySo,
    Command,
    Decision,
    Event,
    Question,
    check_once,
    refuse_unbuilt,
)
from modelkeep.domain.verbs.label import check_label_is_free
from modelkeep.domain.verbs.promote import VersionPromoted, check_stored, promoted
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.tag import tag_rows
from modelkeep.domain.verbs.wording import Texts, in_place_of, join_words, model_name
from modelkeep.errors import Conflict, Damaged, IntegrityError, UsageError

if TYPE_CHECKING:
    from modelkeep.domain.entry import Entry

#: The largest number that a version may be given.
_LARGEST_VERSION = 999_999_999
#: So many numbers may be left out at once: each has a row.
_MOST_SKIPPED = 10_000


class Code(LogValue, frozen=True):
    """The commit a version was made from.

    ``state`` is ``clean`` or ``dirty``, absent where it is unknown; ``diff`` the digest of what was not committed;
    ``submodules`` the commits of the submodules, in the order of their paths.
    """

    commit: str | None = None
    diff: str | None = None
    state: str | None = None
    submodules: tuple[str, ...] = ()


class Parent(LogValue, frozen=True):
    """What a version was made from, and how (``by``); empty where it is only an address in the details."""

    digest: str | None = None
    model: Ordinal | None = None
    version: Ordinal | None = None
    by: str | None = None


class Trained(LogValue, frozen=True):
    """When a version was trained; ``guessed`` when ``ended`` is only the newest time of its files."""

    started: str | None = None
    ended: str | None = None
    guessed: bool = False
    seeds: tuple[str, ...] = ()


class Attachment(LogValue, frozen=True):
    """A document that belongs to a version."""

    digest: str
    kind: str
    name: str


class Register(Command, frozen=True, kw_only=True):
    """Make the next version of a model; the digest of its artifact is that of the subject.

    ``form`` is ``file``, ``tree`` or ``pointer`` (bytes that live elsewhere); ``if_exists`` is ``match``, ``skip`` or
    ``new``; metrics are pairs of name and exact text, measured on ``metrics_on``; ``number`` leaves numbers out.
    """

    form: str
    if_exists: str
    aliases: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    bump: str | None = None
    ci: str | None = None
    code: Code | None = None
    data: tuple[Data, ...] = ()
    environment: str | None = None
    inspected: str | None = None
    interface: str | None = None
    label: str | None = None
    licence: str | None = None
    metrics: tuple[tuple[str, str], ...] = ()
    metrics_on: Data | None = None
    number: Ordinal | None = None
    parents: tuple[Parent, ...] = ()
    reuse: bool = False
    runs: tuple[str, ...] = ()
    share: Ordinal | None = None
    symlinks: bool = False
    trained: Trained | None = None


class VersionRegistered(Event, frozen=True):
    """A version exists."""

    model: Ordinal
    version: Ordinal
    label: str | None = None


class NumbersSkipped(Event, frozen=True):
    """The numbers from ``first`` to ``last`` were never given: an imported version kept its own, higher one."""

    model: Ordinal
    first: Ordinal
    last: Ordinal


def decide(question: Question, command: Register) -> Decision:
    """Make the version, with the stage and the aliases asked for, all or none; the same bytes again may be no change."""
    subject = question.subject()
    _check(question, command)
    known = question.state.model_named(subject.name) if subject.model is None else question.model()
    existing = None if known is not None and known.deleted else known
    digest = subject.digest
    if digest is None or subject.version is not None:
        message = "a version is registered by the digest of its bytes and gets its number here"
        raise UsageError(message)
    if existing is not None and command.if_exists != "new":
        same = question.state.version_with_digest(existing.seq, digest)
        if same is not None:
            return AlreadySo(f"already registered as {existing.name}@{same}", version=same)
    if digest in question.observed.absent:
        message = "the bytes to register are not in the store"
        raise IntegrityError(message, "register again")
    events: list[Event] = []
    if existing is None:
        events.append(new_model(question, question.state.model_named(subject.name), reuse=command.reuse))
        existing = Model(question.seq, subject.name, newest=0)
    number = existing.newest + 1
    if command.number is not None:
        events += _skipped(existing, number, command.number)
        number = command.number
    events.append(VersionRegistered(existing.seq, number, _label(question, existing, command)))
    if subject.stage is not None:
        events.append(_promoted(question, command, existing, number))
    for alias in command.aliases:
        check_free_of_stages(question, alias)
        events.append(AliasSet(alias, existing.seq, number))
    return tuple(events)


def _skipped(model: Model, next_number: int, number: int) -> list[NumbersSkipped]:
    """Return the event that says which numbers are left out, none where the number is the next one."""
    if not next_number <= number <= _LARGEST_VERSION:
        message = f"a version gets a number from {next_number} to {_LARGEST_VERSION}, not {number}"
        raise Conflict(message)
    if number - next_number > _MOST_SKIPPED:
        message = f"at most {_MOST_SKIPPED} numbers may be left out at once, not {number - next_number}"
        raise Conflict(message)
    return [] if number == next_number else [NumbersSkipped(model.seq, next_number, number - 1)]


def _promoted(question: Question, command: Register, model: Model, number: int) -> VersionPromoted:
    stage = question.stage()
    check_stored(stage, command.form)
    holder = question.state.holder(model.seq, stage.name)
    question.check_expected(None if holder is None else holder.version, f"the holder of {stage.name}")
    return promoted(question, model, stage.name, number)


def _label(question: Question, model: Model, command: Register) -> str | None:
    if command.bump is not None:
        return check_label(bump_label(label_order(question.state.labels(model.seq)), command.bump))
    if command.label is not None:
        check_label_is_free(question, model, command.label)
    return command.label


def _check(question: Question, command: Register) -> None:
    """Refuse what the log has a field for but no rule yet, and arguments that contradict each other."""
    refuse_unbuilt(
        command.attachments, command.ci, command.environment, command.inspected, command.interface, command.share
    )
    check_once("metric", [name for name, _ in command.metrics])
    check_once("alias", command.aliases)
    check_once("run", command.runs)
    for parent in command.parents:
        _check_parent(question, parent)
    if command.form not in ("file", "tree", "pointer") or command.if_exists not in ("match", "skip", "new"):
        message = f"not a form or a way to treat the same bytes: {command.form}, {command.if_exists}"
        raise UsageError(message)
    if command.code is not None and command.code.state not in (None, "clean", "dirty"):
        message = f"code is clean or dirty, not {command.code.state!r}"
        raise UsageError(message)
    if command.label is not None and command.bump is not None:
        message = "a version has one label: give --label or --bump"
        raise UsageError(message)
    if question.intent.expect is not None and question.subject().stage is None:
        message = "--expect compares with the holder of a stage"
        raise UsageError(message, "add --stage")


def _check_parent(question: Question, parent: Parent) -> None:
    """Refuse a parent that is half named, or no version of this registry with that digest."""
    if parent.model is None and parent.version is None:
        return
    version = None
    if parent.model is not None and parent.version is not None:
        version = question.state.version(parent.model, parent.version)
    if version is None or version.digest != parent.digest:
        message = "a parent is named by model, version and digest, or by its address alone"
        raise Conflict(message)


def skipped_rows(recorded: Recorded, event: NumbersSkipped) -> Changes:
    """Yield a tombstone for each number that was left out: it has no version, as a deleted one."""
    if event.last - event.first >= _MOST_SKIPPED:
        message = f"entry {recorded.seq}: it leaves out more than {_MOST_SKIPPED} numbers"
        raise Damaged(message)
    for number in range(event.first, event.last + 1):
        yield Insert("deleted", {"model": event.model, "version": number, "seq": recorded.seq, "skipped": 1})


def registered_rows(recorded: Recorded, event: VersionRegistered) -> Changes:
    """Yield the rows of a new version: itself, its files, what it was made from and what is said of it."""
    command = recorded.command(Register)
    digest = recorded.subject.digest
    artifact = parse_artifact(command.form, recorded.document(digest, "manifest"))
    code, trained = command.code or Code(), command.trained or Trained()
    yield Insert(
        "version",
        {
            "model": event.model,
            "number": event.version,
            "seq": recorded.seq,
            "time": recorded.entry.time,
            "digest": digest,
            "form": command.form,
            "files": len(artifact.files),
            "size_bytes": artifact.size_bytes,
            "symlinks": int(command.symlinks),
            "label": event.label,
            "label_key": None if event.label is None else label_key(event.label),
            "label_seq": None if event.label is None else recorded.seq,
            "licence": command.licence,
            "actor": recorded.entry.actor,
            "code_commit": code.commit,
            "code_state": code.state,
            "code_diff": code.diff,
            "trained_started": trained.started,
            "trained_ended": trained.ended,
            "trained_guessed": int(trained.guessed),
        },
    )
    key: Row = {"model": event.model, "version": event.version}
    for path, blob, size in artifact.blobs():
        yield Insert("version_blob", {**key, "path": path, "digest": blob, "size_bytes": size})
    for position, data in enumerate(command.data):
        row: Row = {"role": data.role, "name": data.name, "data_version": data.version, "digest": data.digest}
        yield Insert("dataset", {**key, "position": position, **row})
    for position, parent in enumerate(command.parents):
        row = {"parent_model": parent.model, "parent_version": parent.version, "digest": parent.digest}
        yield Insert("parent", {**key, "position": position, **row})
    yield from metric_rows(recorded.seq, event.model, event.version, command.metrics, command.metrics_on)
    yield from run_rows(recorded.seq, event.model, event.version, command.runs)
    yield from tag_rows(recorded.seq, event.model, event.version, recorded.details)
    yield from description_rows(recorded.seq, event.model, event.version, recorded.details)


def sentence(entry: Entry, _command: Register, _texts: Texts) -> str:
    """Return what the entry did."""
    parts = []
    for event in entry.events:
        match event:
            case VersionRegistered():
                label = "" if event.label is None else f" as {event.label}"
                parts.append(f"registered {model_name(entry)}@{event.version}{label}")
            case VersionPromoted():
                parts.append(f"put it in {event.stage}{in_place_of(entry, event.ends)}")
            case _:
                pass
    aliases = [event.alias for event in entry.events if isinstance(event, AliasSet)]
    if aliases:
        parts.append(f"called it {join_words(aliases)}")
    return ", ".join(parts)
