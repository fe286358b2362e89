"""`request`, `approve`, `reject` and `acknowledge`: a promotion is asked for and decided, what was left open is closed."""

from __future__ import annotations

from contextlib import suppress
from shlex import quote

from msgspec.structs import replace

from modelkeep.changes.change_answer import answer
from modelkeep.changes.change_request import ChangeRequest, Resolve, subject_of
from modelkeep.changes.runner import ChangeOutcome
from modelkeep.context import Context
from modelkeep.domain.answers.approvals import RequestRow
from modelkeep.domain.answers.changes import Change, Effect, RuleFinding, findings
from modelkeep.domain.entry import Entry, Subject
from modelkeep.domain.governed_state import Approval, PromotionRequest
from modelkeep.domain.policy.identity import identity_of
from modelkeep.domain.text import pattern, printable
from modelkeep.domain.verbs.acknowledge import Acknowledge
from modelkeep.domain.verbs.approve import Approve, Reject, RequestApproved
from modelkeep.domain.verbs.interface import Command
from modelkeep.domain.verbs.request import Request
from modelkeep.errors import Conflict, ModelkeepError, NotFound, UsageError
from modelkeep.reads import requests as reads
from modelkeep.reads.judging import Judge
from modelkeep.reads.references import Say, stage_named, version_of, version_or_model
from modelkeep.reads.snapshot import snapshot
from modelkeep.rendering import counted, finding_words
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import requests as select
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.status import OPEN_ITEMS
from modelkeep.store.db.state import SqlState

_NUMBER = pattern(r"#?([1-9][0-9]{0,15})")
_ITEMS_SHOWN = 5
#: Who chooses the values of two plans can make fewer digits the same: an approver would see one and approve the other.
_DIGEST = pattern(r"(?:sha256:)?([0-9a-f]{32,64})")


def request(context: Context, ref: str, stage: str, share: int | None) -> Resolve:
    """Return the change that asks for a version to get a stage, or a share of it."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found = version_of(reader, ref, say, f"promote {{}} {quote(stage)} --request")
        stage_def = stage_named(reader, stage)
        wanted = PromotionRequest(0, found.model, found.number or 0, stage_def.name, share, until=None, ended_by=None)
        judgement = Judge.of(context, reader).judgement(wanted)
        return ChangeRequest(
            Request(share),
            subject_of(found, stage_def),
            rules=() if judgement is None else findings(judgement.results),
            plan=None if judgement is None else judgement.plan.plan_digest,
        )

    return resolve


def approve(context: Context, asked: str, stage: str | None, plan: str | None) -> Resolve:
    """Return the change that approves a request; ``plan`` is the digest of what the approver saw, else of what is now."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found, subject = _request_named(reader, say, asked, stage, "approve")
        judgement = Judge.of(context, reader).judgement(found)
        if judgement is None:
            message = f"{found.stage} asks for no approval"
            raise Conflict(message, f"modelkeep promote {_line_of(subject)}")
        digest = judgement.plan.plan_digest
        if plan is not None and not digest.startswith(f"sha256:{_hex(plan)}"):
            message = f"what request {found.seq} rests on is not what it was when you looked: the plan is {digest} now"
            raise Conflict(message, f"modelkeep approve {found.seq} -n        (look again)")
        return ChangeRequest(
            Approve(found.seq, digest),
            subject,
            documents={digest: judgement.plan.to_bytes()},
            needed=((found.model, found.version),),
            rules=findings(judgement.results),
            plan=digest,
        )

    return resolve


def reject(asked: str, stage: str | None) -> Resolve:
    """Return the change that closes a request: rejected, or withdrawn by who asked."""

    def resolve(reader: Reader, say: Say) -> ChangeRequest:
        found, subject = _request_named(reader, say, asked, stage, "reject")
        return ChangeRequest(Reject(found.seq), subject)

    return resolve


def acknowledge(entry: str) -> Resolve:
    """Return the change that closes the item that an entry opened."""

    def resolve(reader: Reader, _say: Say) -> ChangeRequest:
        number = _NUMBER.fullmatch(entry.strip())
        item = None if number is None else SqlState(reader).open_item(int(number[1]))
        if number is None or item is None:
            message = f"entry {printable(entry)} opened nothing that has to be acknowledged"
            if number is None:
                message = f"an open item is named by the number of its entry, not by {printable(entry)!r}"
            raise NotFound(message, _open_items(reader) or "nothing is open")
        subject = _subject(reader, item.model, item.version, None)
        return ChangeRequest(
            Acknowledge(int(number[1])), subject, effects=(Effect(f"entry {number[1]}", "open", "acknowledged"),)
        )

    return resolve


def _open_items(reader: Reader) -> str:
    """Return the lines that acknowledge the oldest open items."""
    items = reader.rows(OPEN_ITEMS, most=_ITEMS_SHOWN)
    return "\n".join(
        f"modelkeep acknowledge {seq}        ({kind} of {name_of(reader, None, model)}@{version})"
        for seq, kind, model, version, _time, _actor in items
    )


def answered(context: Context, outcome: ChangeOutcome) -> Change:
    """Return the answer of a request, an approval or a rejection, with how the request stands and the lines that are next."""
    change, command = answer(outcome), outcome.request.command
    if outcome.entry is None:
        return change
    seq = getattr(command, "request", None) or outcome.entry.seq
    shown = "request" if change.dry_run and isinstance(command, Request) else f"request {seq}"
    change = replace(change, effects=(Effect(shown, *_before_and_after(outcome, command)), *change.effects))
    if change.dry_run:
        return replace(change, rules=_once_approved(context, outcome.entry) or change.rules)
    found = None
    with suppress(ModelkeepError):  # the change is committed: nothing here may look like a refusal
        found = reads.request(context, seq)
    if found is None or found.state != "open":
        return change
    return replace(
        change, rules=found.rules, notes=(*change.notes, *_standing(found)), hints=(*change.hints, *_lines(found))
    )


def _once_approved(context: Context, entry: Entry) -> tuple[RuleFinding, ...]:
    """Return what the rules say of a request once the approval of an entry, which is not written, is given."""
    event = next((each for each in entry.events if isinstance(each, RequestApproved)), None)
    if event is None or len(entry.events) > 1:  # a promotion has what it rests on
        return ()
    given = Approval(
        entry.seq,
        identity_of(entry.observed),
        entry.intent.command.plan,  # type: ignore[attr-defined]
        event.roles,
        entry.observed.groups,
        entry.time,
    )
    with snapshot(context) as (reader, _):
        asked = SqlState(reader).request(event.request)
        judgement = None if asked is None else Judge.of(context, reader).judgement(asked, [given])
    return () if judgement is None else findings(judgement.results)


def _before_and_after(outcome: ChangeOutcome, command: Command) -> tuple[str, str]:
    if isinstance(command, Request):
        return "none", "open"
    if isinstance(command, Approve):
        by = "" if outcome.entry is None else f" by {outcome.entry.actor}"
        return "open", f"approved{by}"
    withdrawn = outcome.entry is not None and any(getattr(each, "withdrawn", False) for each in outcome.entry.events)
    return "open", "withdrawn" if withdrawn else "rejected"


def _standing(found: RequestRow) -> list[str]:
    """Return which rules do not hold yet, and who may approve."""
    missing = [each for each in found.rules if not (each.passed or each.warn)]
    notes = [finding_words(each) for each in missing]
    return [*notes, *([f"who may approve: {found.who_may_approve}"] if found.who_may_approve else [])]


def _lines(found: RequestRow) -> list[str]:
    """Return the lines that are next: to approve and reject, or to promote where nothing is missing."""
    if all(each.passed or each.warn for each in found.rules):
        share = "" if found.share is None else f" --share {found.share:g}"
        return [f'next: modelkeep promote {quote(found.ref)} {quote(found.stage)}{share} -m "why"']
    if found.who_may_approve is None:
        return []
    return [f"approve: modelkeep approve {found.request}", f'reject: modelkeep reject {found.request} -m "why"']


def _hex(plan: str) -> str:
    found = _DIGEST.fullmatch(plan.strip().lower())
    if found is None:
        message = f"a plan is named by its digest, 32 hex digits of it at least, not by '{printable(plan)}'"
        raise UsageError(message, "modelkeep requests        (shows the plan of each request)")
    return str(found[1])


def _request_named(
    reader: Reader, say: Say, asked: str, stage: str | None, verb: str
) -> tuple[PromotionRequest, Subject]:
    """Return the request that was typed: its number, or a version and a stage; without a stage the only open one."""
    state = SqlState(reader)
    number = _NUMBER.fullmatch(asked.strip())
    if number is not None and stage is None:
        found = state.request(int(number[1]))
        if found is None:
            message = f"entry {number[1]} asks for no promotion"
            raise NotFound(message, "modelkeep requests --open")
        return found, _subject(reader, found.model, found.version, found.stage)
    meant = version_or_model(reader, asked, say)
    if meant.number is None:
        waiting = [
            f"modelkeep {verb} {seq}        ({meant.name}@{version} in {name})"
            for seq, version, name in reader.rows(select.OPEN_OF_MODEL, model=meant.model)
        ]
        many = counted(len(waiting), "open request") if waiting else "no open request"
        message = f"{verb} needs a request or a version: {meant.name} has {many}"
        raise UsageError(message, "\n".join(waiting) or f"modelkeep requests {quote(meant.name)}")
    wanted = None if stage is None else stage_named(reader, stage).name
    open_ones = reader.rows(select.OPEN_OF_VERSION, model=meant.model, version=meant.number)
    fitting = [(seq, name) for seq, name in open_ones if wanted in (None, name)]
    if not fitting:
        message = f"nobody asks for {meant.ref} in {wanted or 'any stage'}"
        raise NotFound(message, f"modelkeep requests {quote(meant.ref)}")
    if len(fitting) > 1:
        message = f"{meant.ref} is asked for in {' and in '.join(name for _, name in fitting)}: which is meant?"
        raise UsageError(message, "\n".join(f"modelkeep {verb} {seq}        ({name})" for seq, name in fitting))
    found = state.request(fitting[0][0])
    if found is None:
        message = f"entry {fitting[0][0]} asks for no promotion"
        raise NotFound(message)
    return found, _subject(reader, found.model, found.version, found.stage)


def _subject(reader: Reader, model: int, number: int, stage: str | None) -> Subject:
    state = SqlState(reader)
    known, version = state.model(model), state.version(model, number)
    return Subject(
        name="" if known is None else known.name,
        model=model,
        version=number,
        digest=None if version is None else version.digest,
        stage=stage,
    )


def _line_of(subject: Subject) -> str:
    return f"{quote(f'{subject.name}@{subject.version}')} {quote(subject.stage or '')}"
