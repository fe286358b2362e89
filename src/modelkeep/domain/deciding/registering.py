"""Deciding `register` and `evaluate`: the next number, the label, the same bytes again."""

from __future__ import annotations

from modelkeep.domain import intents
from modelkeep.domain.deciding.common import AlreadySo, Decision, Question, once
from modelkeep.domain.deciding.staging import opened
from modelkeep.domain.events import AliasSet, Event, MetricsRecorded, ModelCreated, VersionRegistered
from modelkeep.domain.labels import bump_label, check_label, label_key, label_order
from modelkeep.domain.names import check_name
from modelkeep.domain.state import Model
from modelkeep.errors import Conflict, IntegrityError, UsageError


def register(question: Question, arguments: intents.Register) -> Decision:
    """Make the next version, with the stage and the aliases asked for, all or none."""
    subject = question.subject()
    _check(question, arguments)
    existing = question.state.model_named(subject.name) if subject.model is None else question.model()
    digest = subject.digest
    if digest is None or subject.version is not None:
        message = "a version is registered by the digest of its bytes and gets its number here"
        raise UsageError(message)
    if existing is not None and arguments.if_exists != "new":
        same = question.state.version_with_digest(existing.seq, digest)
        if same is not None:
            return AlreadySo(f"already registered as {existing.name}@{same}", version=same)
    if digest in question.observed.absent:
        message = "the bytes to register are not in the store"
        raise IntegrityError(message, "register again")
    happened: list[Event] = []
    if existing is None:
        check_name(subject.name)
        happened.append(ModelCreated(question.seq))
        existing = Model(question.seq, subject.name, newest=0)
    number = existing.newest + 1
    happened.append(VersionRegistered(_label(question, existing, arguments), existing.seq, number))
    if subject.stage is not None:
        stage = question.stage()
        holder = question.state.holder(existing.seq, stage.name)
        question.check_expected(None if holder is None else holder.version, f"the holder of {stage.name}")
        happened.append(opened(question, existing, stage.name, number))
    for alias in arguments.aliases:
        question.check_alias(alias)
        happened.append(AliasSet(alias, existing.seq, number))
    return tuple(happened)


def evaluate(question: Question, arguments: intents.Evaluate) -> Decision:
    """Add metrics; the same value on the same data again is no change."""
    model = question.model()
    version = question.version(model)
    if not arguments.metrics and not arguments.runs:
        message = "evaluate needs a metric"
        raise UsageError(message, f"modelkeep evaluate {model.name}@{version.number} -M auc=0.9")
    once("metric", [name for name, _ in arguments.metrics])
    once("run", arguments.runs)
    known = all(
        question.state.newest_metric(model.seq, version.number, name, arguments.metrics_on) == value
        for name, value in arguments.metrics
    )
    if known and all(question.state.has_run(model.seq, version.number, run) for run in arguments.runs):
        return AlreadySo(f"{model.name}@{version.number} has these metrics", version=version.number)
    return (MetricsRecorded(model.seq, version.number),)


def _label(question: Question, model: Model, arguments: intents.Register) -> str | None:
    if arguments.bump is not None:
        return bump_label(label_order(question.state.labels(model.seq)), arguments.bump)
    if arguments.label is None:
        return None
    check_label(arguments.label)
    taken = question.state.version_labelled(model.seq, label_key(arguments.label))
    if taken is not None:
        message = f"{model.name}@{taken} bears the label {arguments.label} already"
        known = question.state.version(model.seq, taken)
        if known is not None and known.deleted:
            message = f"{model.name}@{taken}, which was deleted, bore the label {arguments.label}"
            raise Conflict(message, "a label is never given again: give another")
        raise Conflict(message, f"modelkeep show {model.name}@{taken}")
    return arguments.label


def _check(question: Question, arguments: intents.Register) -> None:
    """Refuse what this format has a place for but no rule yet, and what contradicts itself."""
    later = (
        arguments.ci,
        arguments.environment,
        arguments.inspected,
        arguments.interface,
        arguments.licence,
        arguments.number,
        arguments.share,
    )
    if any(value is not None for value in later) or arguments.attachments:
        message = "the intent names what this log has no rules for yet"
        raise Conflict(message)
    once("metric", [name for name, _ in arguments.metrics])
    once("alias", arguments.aliases)
    once("run", arguments.runs)
    if arguments.form not in ("file", "tree") or arguments.if_exists not in ("error", "skip", "new"):
        message = f"not a form or a way to treat the same bytes: {arguments.form}, {arguments.if_exists}"
        raise UsageError(message)
    if arguments.label is not None and arguments.bump is not None:
        message = "a version has one label: give --label or --bump"
        raise UsageError(message)
    if question.intent.expect is not None and question.subject().stage is None:
        message = "--expect compares with the holder of a stage"
        raise UsageError(message, "add --stage")
