"""`report REF --annex-iv`: what the registry knows of a version, and where in Annex IV of the AI Act it belongs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from shlex import quote

from msgspec import Struct

from modelkeep.context import Context
from modelkeep.domain.annex_iv import PARTS
from modelkeep.domain.answers.annex import AnnexIv, AnnexSection, Known, Unrecorded
from modelkeep.domain.answers.pages import Dataset, Version
from modelkeep.domain.answers.period import Head
from modelkeep.domain.answers.reports import AuditEntry
from modelkeep.domain.answers.versions import AsOf, Tenure
from modelkeep.domain.json_values import to_text
from modelkeep.domain.policy.statements import Statement, statements
from modelkeep.reads.history import as_sentences
from modelkeep.reads.references import version_of
from modelkeep.reads.roles import rules_at
from modelkeep.reads.show import Judged, version_page
from modelkeep.reads.snapshot import dated_snapshot
from modelkeep.rendering import beginning, counted, ending, human_size, rule_word
from modelkeep.store.db.interface import Reader, Row
from modelkeep.store.db.sql import annex as select
from modelkeep.store.db.sql import audit, models, periods
from modelkeep.store.db.sql.roles import policy_ref
from modelkeep.store.db.sql.statement import EVER
from modelkeep.store.db.state import SqlState

#: How many files, signals and entries are listed.
_MOST = 200


class _Facts(Struct, frozen=True):
    """All that is known of a version, as it was read."""

    version: Version
    purpose: str | None
    checks: Sequence[Row]
    signals: Sequence[Row]
    deployments: Sequence[Row]
    items: Sequence[Row]
    rules: Sequence[Statement]
    entries: Sequence[AuditEntry]


def annex_iv(context: Context, ref: str, moment: str | AsOf | None) -> AnnexIv:
    """Return the documentation of a version."""
    with dated_snapshot(context, moment) as (reader, at, time):
        found = version_of(reader, ref, context.say, "report {} --annex-iv", at)
        assert found.number is not None
        state = SqlState(reader)
        last = audit.newest(reader) if at is None else at
        known = rules_at(reader, at)
        facts = _Facts(
            version=version_page(reader, at, found, judged=Judged(context, time)),
            purpose=models.description(reader, at, found.model, 0),
            checks=select.rows(reader, select.CHECKS, at, found.model, found.number),
            signals=select.rows(reader, select.SIGNALS, at, found.model, found.number, most=_MOST + 1),
            deployments=select.rows(reader, select.DEPLOYMENTS, at, found.model, found.number),
            items=select.rows(reader, select.ITEMS, at, found.model, found.number),
            rules=() if known is None else statements(known),
            entries=_entries(reader, found.model, found.number, at),
        )
        policy = policy_ref(reader, at)
        return AnnexIv(
            ref=found.ref,
            registry=state.registry_id() or "",
            digest=facts.version.digest,
            head=Head(*reader.one(periods.HEAD_AT, seq=last)),
            policy=None if policy is None else policy.digest,
            sections=_sections(facts),
        )


def _entries(reader: Reader, model: int, number: int, at: int | None) -> Sequence[AuditEntry]:
    """Return the newest entries about a version, the newest first."""
    wanted = audit.Wanted(about=(model, number))
    return as_sentences(reader, audit.entries(reader, wanted, last=at or EVER, limit=_MOST + 1))


def _sections(facts: _Facts) -> tuple[AnnexSection, ...]:
    known, unrecorded = _known(facts), _unrecorded(facts)
    return tuple(
        AnnexSection(
            part.number,
            part.title,
            tuple(Known(name, str(value)) for name, value in known.get(part.number, ()) if value not in (None, "")),
            tuple(Unrecorded(*each) for each in unrecorded.get(part.number, ())),
            part.unknown,
        )
        for part in PARTS
    )


def _known(facts: _Facts) -> Mapping[str, Iterable[tuple[str, object]]]:
    """Return what is known, by the number of the section."""
    version = facts.version
    code, trained = version.code, version.trained
    about_code = [
        ("Commit", code.commit),
        ("Uncommitted changes", None if code.dirty is None else ("yes" if code.dirty else "no")),
        ("Repository", code.remote),
        ("Branch", code.branch),
    ]
    params = [(f"Parameter {key}", to_text(value)) for key, value in version.params.items()]
    parents = [("Made from", each.ref or each.location) for each in version.parents]
    stages = [("In a stage", _tenure(each)) for each in version.tenures]
    deployments = [("Runs at", _deployment(row)) for row in facts.deployments]
    signals = _listed("Signal", [_signal(row) for row in facts.signals], f"modelkeep signals {quote(version.ref)}")
    items = [("Left for a person", _item(row)) for row in facts.items]
    changes = _listed(
        "Change",
        [f"{each.time}, {each.actor}: {each.sentence} (entry {each.seq})" for each in facts.entries],
        f"modelkeep audit {quote(version.ref)}",
    )[::-1]
    return {
        "1(a)": [
            ("Model", version.name), ("Version", version.version), ("Label", version.label),
            ("Description of the model", facts.purpose), ("Description of the version", version.description),
            ("Digest", version.digest), ("Registered", f"{version.created} by {version.actor}"),
            ("Author", version.author), ("State", version.state), ("Licence", version.licence), *parents,
            *[("Tag", f"{key} = {value}") for key, value in version.tags.items()],
        ],
        "1(b)": [("Was used to make", each) for each in version.children],
        "1(c)": about_code,
        "1(d)": [("Form of the artifact", version.form), ("Files", version.files), ("Size", human_size(version.size_bytes)), *deployments],
        "2(a)": [
            *about_code, ("Training began", trained.started),
            ("Training ended", trained.ended and f"{trained.ended}{' (the newest time of its files)' if trained.guessed else ''}"),
            *[("Run of a tracker", each.id) for each in version.runs], *parents, *params,
        ],
        "2(b)": params,
        "2(c)": _files(version),
        "2(d)": [("Data", _data(each)) for each in version.data],
        "2(f)": _rules(facts, "signal"),
        "2(g)": [
            *[("Metric", f"{each.name} = {to_text(each.value)} on {each.data or 'data that was not named'} ({each.since} by {each.actor})") for each in version.evaluations],
            *[("Check", _check(row)) for row in facts.checks],
            *_verdicts(version.tenures), *_approvals(version), *_rules(facts, "approval"),
        ],
        "2(h)": [("SHA-256 of the artifact's manifest", version.digest), *[("Check", _check(row)) for row in facts.checks]],
        "3": [*stages, *deployments, *signals, *items],
        "4": _rules(facts, "metric"),
        "5": [
            ("Marked as bad", "yes" if version.bad else None),
            *[("Held because rules were waived", stage) for stage in version.break_glass], *items,
        ],
        "6": [*changes, *stages],
        "9": [*_rules(facts, "signal"), *deployments, *signals, *items],
    }  # fmt: skip


def _unrecorded(facts: _Facts) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return what could be recorded and is not, each with the line that records it, by the number of the section."""
    version = facts.version
    ref, name = quote(version.ref), quote(version.name)
    again = " (at the next registration)"
    return {
        "1(a)": [
            *_absent(facts.purpose, "what the model is for", f'modelkeep describe {name} "..."'),
            *_absent(version.description, "what is new in this version", f'modelkeep describe {ref} "..."'),
            *_absent(version.licence, "its licence", f"modelkeep supplement {ref} --licence SPDX"),
        ],
        "1(c)": _absent(version.code.commit, f"the commit of its code{again}", f"modelkeep register {name} PATH --code HEAD"),
        "1(d)": _absent(facts.deployments, "where it runs", f"modelkeep deployment record {ref} --to TARGET"),
        "2(a)": _absent(version.params, f"its parameters{again}", f"modelkeep register {name} PATH --params FILE"),
        "2(d)": _absent(version.data, f"the data that it was made from{again}", f"modelkeep register {name} PATH --data train=NAME@VERSION"),
        "2(g)": [
            *_absent(version.evaluations, "any metric", f"modelkeep evaluate {ref} -M NAME=VALUE --on DATA"),
            *_absent(facts.checks, "any check", f"modelkeep check record {ref} NAME pass --evidence FILE"),
            *_absent(version.requests, "a request that persons approved", f"modelkeep promote {ref} STAGE --request"),
        ],
        "9": _absent(facts.signals, "any signal of monitoring", f"modelkeep signal {ref} NAME VALUE"),
    }  # fmt: skip


def _listed(name: str, newest: Sequence[str], command: str) -> list[tuple[str, object]]:
    """Return values, the newest first, and where there are more of them than are listed the line that shows all."""
    more = [(name, f"and earlier ones: {command}")] if len(newest) > _MOST else []
    return [*((name, each) for each in newest[:_MOST]), *more]


def _absent(value: object, name: str, command: str) -> list[tuple[str, str]]:
    return [] if value else [(name, command)]


def _tenure(tenure: Tenure) -> str:
    share = "" if tenure.share is None else f" at {tenure.share:g}%"
    until = f"until {tenure.until}: {ending(tenure)}" if tenure.until else "until now"
    return f"{tenure.stage}{share} since {tenure.since}: {beginning(tenure)}; {until}"


def _files(version: Version) -> list[tuple[str, object]]:
    more = len(version.contents) - _MOST
    listed = [("File", f"{each.path}, {each.size_bytes} B, {each.digest}") for each in version.contents[:_MOST]]
    return [*listed, *([("Files", f"and {more} more")] if more > 0 else [])]


def _data(dataset: Dataset) -> str:
    parts = [dataset.node, dataset.role and f"as {dataset.role}", dataset.digest, dataset.location]
    return ", ".join(part for part in parts if part)


def _approvals(version: Version) -> Iterator[tuple[str, object]]:
    for request in version.requests:
        for each in request.approvals:
            roles = f" as {', '.join(each.roles)}" if each.roles else ""
            yield (
                "Approved",
                f"for {request.stage} by {each.actor}{roles} at {each.time} (entry {each.seq}, {request.state})",
            )


def _rules(facts: _Facts, word: str) -> Iterator[tuple[str, object]]:
    """Yield the rules of the policy that are about something."""
    for each in facts.rules:
        if word in (text.split(" ")[0].rstrip("s") for text in (each.rule, each.subject)):
            yield "Rule of the policy", f"{each.subject}, {each.rule}: {each.says}"


def _verdicts(tenures: Iterable[Tenure]) -> Iterator[tuple[str, object]]:
    for tenure in tenures:
        for each in tenure.rules:
            yield (
                f"Judged for {tenure.stage}",
                f"{each.rule}: {each.value}, must be {each.bound}: {rule_word(each)} ({tenure.since})",
            )


def _check(row: Row) -> str:
    name, result, time, actor, evidence, expires, seq = row
    more = [*([f"evidence {evidence}"] if evidence else []), *([f"expires {expires}"] if expires else [])]
    return ", ".join([f"{name}: {result} ({time} by {actor}, entry {seq})", *more])


def _signal(row: Row) -> str:
    name, value, time, observations = row
    return f"{name} = {value} at {time}" + (
        "" if observations is None else f" over {counted(observations, 'observation')}"
    )


def _deployment(row: Row) -> str:
    target, status, since, until = row
    return f"{target} ({status}) since {since}{f' until {until}' if until else ''}"


def _item(row: Row) -> str:
    item, time, closed = row
    return f"{item} of {time}: " + ("open" if closed is None else f"acknowledged in entry {closed}")
