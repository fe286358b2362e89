"""`register`: the next version of a model, with all that explains it, and a stage and aliases where asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modelkeep.domain.labels import bump_label, check_label, fold, label_key, label_sort_key
from modelkeep.domain.manifest import parse_artifact
from modelkeep.domain.policy.patterns import check_model_name, check_new_label
from modelkeep.domain.record import LogValue, Ordinal, Sha256
from modelkeep.domain.stages import check_imported_alias
from modelkeep.domain.state import Model
from modelkeep.domain.text import printable
from modelkeep.domain.times import check_stored_time
from modelkeep.domain.verbs.alias import AliasSet
from modelkeep.domain.verbs.create import ModelCreated, check_name_is_free
from modelkeep.domain.verbs.describe import description_rows
from modelkeep.domain.verbs.evaluate import Data, check_metrics, metric_rows, metrics_documents, run_rows
from modelkeep.domain.verbs.interface import (
    AlreadySo,
    Command,
    Decision,
    Event,
    Proposal,
    check_once,
    check_reserved,
    permission_of_stage,
)
from modelkeep.domain.verbs.label import check_label_is_free
from modelkeep.domain.verbs.numbers import skipped_numbers
from modelkeep.domain.verbs.promote import VersionPromoted, make_promotion
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.supplement import WORD, Attachment, check_facts, fact_documents, fact_rows
from modelkeep.domain.verbs.tag import tag_rows
from modelkeep.domain.verbs.words import EntryWords, join_words
from modelkeep.errors import Conflict, IntegrityError, UsageError

if TYPE_CHECKING:
    from modelkeep.domain.entry import Subject
    from modelkeep.domain.policy.gate import Judgement


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
    """What a version was made from, and how (``by``: ``fine-tune``, ``quantize``); else empty where it is only an address."""

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


class Register(Command, frozen=True, kw_only=True):
    """Make the next version of a model; the digest of its artifact is that of the subject.

    ``form`` is ``file``, ``tree`` or ``pointer`` (bytes that live elsewhere); ``if_exists`` is ``match``, ``skip`` or
    ``new``; metrics are pairs of name and exact text, measured on ``metrics_on``; ``number`` leaves numbers out; ``ci``
    is the CI system that ran it: ``github``.
    """

    PERMISSION = "register"
    MAY_EXPECT = True

    form: str
    if_exists: str
    aliases: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    bump: str | None = None
    ci: str | None = None
    code: Code | None = None
    data: tuple[Data, ...] = ()
    environment: Sha256 | None = None
    inspected: Sha256 | None = None
    interface: Sha256 | None = None
    label: str | None = None
    licence: str | None = None
    metrics: tuple[tuple[str, str], ...] = ()
    metrics_document: Sha256 | None = None
    metrics_on: Data | None = None
    number: Ordinal | None = None
    parents: tuple[Parent, ...] = ()
    reuse: bool = False
    runs: tuple[str, ...] = ()
    share: Ordinal | None = None
    symlinks: bool = False
    trained: Trained | None = None

    @property
    def document_kind(self) -> str:
        return "pointer" if self.form == "pointer" else "manifest"

    def documents(self) -> Mapping[str, str]:
        return {**metrics_documents(self.metrics_document), **fact_documents(self)}

    def permissions(self, subject: Subject | None) -> tuple[str, ...]:
        stage = () if subject is None or subject.stage is None else (permission_of_stage("promote", subject),)
        return (self.PERMISSION, *stage, *(("alias",) if self.aliases else ()))

    def decide(self, proposal: Proposal) -> Decision:
        """Make the version, with the stage and the aliases, all or none; the same bytes again may be no change."""
        subject, state = proposal.subject(), proposal.state
        self._check_arguments(proposal)
        bearer = state.model_named(subject.name) if subject.model is None else proposal.model()
        model = None if bearer is not None and bearer.deleted else bearer
        digest = subject.digest
        if digest is None or subject.version is not None:
            message = "a version is registered by the digest of its bytes and gets its number here"
            raise UsageError(message)
        if model is not None and self.if_exists != "new":
            same = state.version_with_digest(model.seq, digest)
            if same is not None:
                return AlreadySo(f"already registered as {model.ref(same)}", version=same)
        if digest in proposal.observed.absent:
            message = "the bytes to register are not in the store"
            raise IntegrityError(message, "register again")
        events: list[Event] = []
        if model is None:
            check_name_is_free(subject.name, bearer, reuse=self.reuse)
            check_model_name(proposal, subject.name)
            events.append(ModelCreated(proposal.seq))
            model = Model(proposal.seq, subject.name, newest=0)
        number = model.newest + 1
        if self.number is not None:
            events += skipped_numbers(model, number, self.number)
            number = self.number
        label = self._new_label(proposal, model)
        events.append(VersionRegistered(model.seq, number, label))
        if subject.stage is not None:
            judgement = self._judgement(proposal, model, number, label)
            stage = proposal.stage()
            events.append(make_promotion(proposal, model, stage, number, self.form, judgement=judgement))
        for alias in self.aliases:
            check_imported_alias(alias, state.stages())
            events.append(AliasSet(alias, model.seq, number))
        return tuple(events)

    def _judgement(self, proposal: Proposal, model: Model, number: int, label: str | None) -> Judgement | None:
        """Return what the policy says of the stage that the new version asks for."""
        stage = proposal.subject().stage
        if stage is None or proposal.state.policy() is None:
            return None
        from modelkeep.domain.policy.candidate import registering  # a registry without a policy does not need it
        from modelkeep.domain.policy.gate import open_gate

        return open_gate(proposal, registering(proposal, self, model, number, label), stage, None)

    def _check_arguments(self, proposal: Proposal) -> None:
        """Refuse what the log has a field for but no rule yet, and arguments that contradict each other."""
        check_reserved(self.share)
        check_facts(proposal, self)
        check_metrics(self.metrics, self.metrics_document)
        check_once("alias", [fold(alias) for alias in self.aliases])
        check_once("run", self.runs)
        for parent in self.parents:
            _check_parent(proposal, parent)
        for word in (self.ci, *(parent.by for parent in self.parents)):
            if word is not None and not WORD.fullmatch(word):
                message = f"not a word for a CI system or a derivation: {printable(word)!r}"
                raise UsageError(message)
        if self.form not in ("file", "tree", "pointer") or self.if_exists not in ("match", "skip", "new"):
            message = f"not a form or a way to treat the same bytes: {self.form}, {self.if_exists}"
            raise UsageError(message)
        if self.code is not None and self.code.state not in (None, "clean", "dirty"):
            message = f"code is clean or dirty, not {self.code.state!r}"
            raise UsageError(message)
        if self.label is not None and self.bump is not None:
            message = "a version has one label: give --label or --bump"
            raise UsageError(message)
        if self.trained is not None:
            check_stored_time(self.trained.started, self.trained.ended)
        if proposal.intent.expect is not None and proposal.subject().stage is None:
            message = "--expect compares with the holder of a stage"
            raise UsageError(message, "add --stage")

    def _new_label(self, proposal: Proposal, model: Model) -> str | None:
        label = self.label
        if self.bump is not None:
            label = check_label(bump_label(proposal.state.highest_label(model.seq), self.bump))
        elif label is not None:
            check_label_is_free(proposal, model, label)
        if label is not None:
            check_new_label(proposal, label)
        return label

    def sentence(self, words: EntryWords) -> str:
        parts, aliases = [], []
        for event in words.entry.events:
            match event:
                case VersionRegistered():
                    label = "" if event.label is None else f" as {event.label}"
                    parts.append(f"registered {words.ref(event.version)}{label}")
                case VersionPromoted():
                    parts.append(f"put it in {event.stage}{words.in_place_of(event.ends)}")
                case AliasSet():
                    aliases.append(event.alias)
                case _:
                    pass
        return ", ".join([*parts, *([f"called it {join_words(aliases)}"] if aliases else [])])


class VersionRegistered(Event, frozen=True):
    """A version exists."""

    model: Ordinal
    version: Ordinal
    label: str | None = None

    def project(self, recorded: Recorded) -> Changes:
        """Yield the rows of the version: the version, its files, its data, runs and parents, its metrics and tags."""
        command = recorded.command(Register)
        digest = recorded.subject.digest
        artifact = parse_artifact(command.form, recorded.document(digest, "manifest"))
        code, trained = command.code or Code(), command.trained or Trained()
        yield Insert(
            "version",
            {
                "model": self.model,
                "number": self.version,
                "seq": recorded.seq,
                "time": recorded.entry.time,
                "digest": digest,
                "form": command.form,
                "files": len(artifact.files),
                "size_bytes": artifact.size_bytes,
                "symlinks": int(command.symlinks),
                "label": self.label,
                "label_key": None if self.label is None else label_key(self.label),
                "label_seq": None if self.label is None else recorded.seq,
                "actor": recorded.entry.actor,
                "code_commit": code.commit,
                "code_state": code.state,
                "code_diff": code.diff,
                "trained_started": trained.started,
                "trained_ended": trained.ended,
                "trained_guessed": int(trained.guessed),
            },
        )
        key: Row = {"model": self.model, "version": self.version}
        if self.label is not None:
            yield Insert("label_order", {**key, "sort_key": label_sort_key(self.label)})
        for path, blob, size in artifact.blobs():
            yield Insert("version_blob", {**key, "path": path, "digest": blob, "size_bytes": size})
        for position, data in enumerate(command.data):
            row: Row = {"role": data.role, "name": data.name, "data_version": data.version, "digest": data.digest}
            yield Insert("dataset", {**key, "position": position, **row})
        for position, parent in enumerate(command.parents):
            row = {"parent_model": parent.model, "parent_version": parent.version, "digest": parent.digest}
            row["derived_by"] = parent.by
            yield Insert("parent", {**key, "position": position, **row})
        yield from metric_rows(recorded, self.model, self.version, command)
        yield from run_rows(recorded, self.model, self.version, command.runs)
        more = [("seed", str(position), seed) for position, seed in enumerate(trained.seeds)]
        more += [] if command.ci is None else [("ci", "", command.ci)]
        yield from fact_rows(recorded, self.model, self.version, command, more)
        yield from tag_rows(recorded, self.model, self.version)
        yield from description_rows(recorded, self.model, self.version)


def _check_parent(proposal: Proposal, parent: Parent) -> None:
    """Refuse a parent with only a model or only a number, and one that is no version here with that digest."""
    if parent.model is None and parent.version is None:
        return
    version = None
    if parent.model is not None and parent.version is not None:
        version = proposal.state.version(parent.model, parent.version)
    if version is None or version.digest != parent.digest:
        message = "a parent is named by model, version and digest, or by its address alone"
        raise Conflict(message)
