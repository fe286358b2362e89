"""Tenures: which version held a stage from when to when, by whom, for whom, and why."""

from __future__ import annotations

from modelkeep.domain.answers.changes import findings
from modelkeep.domain.answers.versions import Tenure, TenureChange
from modelkeep.domain.policy.results import parse_results
from modelkeep.domain.shares import to_percent
from modelkeep.domain.verbs.rows import RESIZED, WHOLE
from modelkeep.store.db.interface import Reader, Row, Value
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.statement import EVER, statement

# How a tenure began or ended, by the verb of the entry.
_BEGINNINGS = {"promote": "promoted", "register": "registered", "rollback": "rolled_back"}
_ENDS = {
    WHOLE: "promoted",
    RESIZED: "share_changed",
    "promote": "replaced",
    "register": "replaced",
    "rollback": "rolled_back",
    "retire": "retired",
    "archive": "archived",
    "delete": "deleted",
}

# An end after the moment asked for is not known there, so the bounds are parameters of every form.
_TENURE = """
SELECT tenure.model, tenure.version, CASE WHEN KNOWN(version.label_seq) THEN version.label END, tenure.stage, tenure.share,
    tenure.since_seq, began.time, opener.actor, tenure.opened_by,
    (SELECT value FROM entry_text WHERE seq = tenure.since_seq AND field = 'reason' ORDER BY position LIMIT 1),
    (SELECT CASE WHEN former.until_seq = tenure.since_seq THEN former.version END FROM tenure AS former
        WHERE former.model = tenure.model AND former.stage = tenure.stage AND former.since_seq < tenure.since_seq
            AND former.share IS NULL
        ORDER BY former.since_seq DESC LIMIT 1),
    tenure.until_seq, ended.time, ender.actor, tenure.ended_by, tenure.ended_for,
    COALESCE(
        (SELECT value FROM entry_text WHERE seq = tenure.until_seq AND field = 'reason' ORDER BY position LIMIT 1),
        (SELECT 'signal ' || name || ' ' || value FROM signal WHERE seq = tenure.until_seq)),
    EXISTS (SELECT 1 FROM model_name WHERE model = tenure.model AND until_seq = tenure.until_seq),
    tenure.request, tenure.waived, tenure.verdict
FROM tenure
JOIN version ON version.model = tenure.model AND version.number = tenure.version
JOIN entry_index AS began ON began.seq = tenure.since_seq
JOIN entry_action AS opener ON opener.seq = tenure.since_seq
LEFT JOIN entry_index AS ended ON ended.seq = tenure.until_seq
LEFT JOIN entry_action AS ender ON ender.seq = tenure.until_seq
WHERE tenure.since_seq <= :last AND (tenure.until_seq IS NULL OR tenure.until_seq > :after)
"""

OF_MODEL = statement(_TENURE + "AND tenure.model = :model ORDER BY tenure.since_seq, tenure.stage")
OF_MODEL_IN_STAGE = statement(_TENURE + "AND tenure.model = :model AND tenure.stage = :stage ORDER BY tenure.since_seq")
OF_VERSION = statement(
    _TENURE + "AND tenure.model = :model AND tenure.version = :version ORDER BY tenure.since_seq, tenure.stage"
)
IN_STAGE = statement(_TENURE + "AND tenure.stage = :stage ORDER BY tenure.since_seq")


def tenures(
    reader: Reader,
    at: int | None,
    *,
    model: int | None = None,
    version: int | None = None,
    stage: str | None = None,
    after: int = 0,
    last: int | None = None,
    limit: int | None = None,
) -> tuple[Tenure, ...]:
    """Return tenures of a version, a model, a stage of it or a stage of all models, oldest first; ``limit`` of them, the newest.

    Those that were over by entry ``after`` or began after entry ``last`` are left out; a tenure that ended after the
    moment asked for is still open there.
    """
    last = min(last or EVER, at or EVER)
    if model is None:
        asked = IN_STAGE
    elif version is not None:
        asked = OF_VERSION
    else:
        asked = OF_MODEL if stage is None else OF_MODEL_IN_STAGE
    values: dict[str, Value] = {
        "model": model,
        "version": version,
        "stage": stage,
        "after": after,
        "last": last,
    }
    names: dict[int, str] = {}
    found = []
    rows = asked.rows(reader, at, **values)
    for row in rows if limit is None else rows[max(len(rows) - limit, 0) :]:
        if row[0] not in names:
            names[row[0]] = name_of(reader, at, row[0])
        found.append(_tenure(row, names[row[0]], at))
    return tuple(found)


def _tenure(row: Row, name: str, at: int | None) -> Tenure:
    (
        _, version, label, stage, share,
        since_seq, since, actor, opened_by, reason, former,
        until_seq, until, ended_actor, ended_by, ended_for, ended_reason, model_ended,
        request, waived, verdict,
    ) = row  # fmt: skip
    if until_seq is not None and at is not None and until_seq > at:
        until_seq = until = ended_by = None
    began = TenureChange(
        what=str(_BEGINNINGS.get(opened_by, opened_by)),
        actor=actor,
        reason=None if opened_by == "rollback" else reason,
        other=None if former is None else f"{name}@{former}",
    )
    ended = None
    if ended_by is not None:
        ended = TenureChange(
            what="model_deleted" if ended_by == "delete" and model_ended else str(_ENDS.get(ended_by, ended_by)),
            actor=ended_actor,
            # What replaced it or gave its version another share has the reason too.
            reason=None if _ENDS.get(ended_by) in ("replaced", "promoted", "share_changed") else ended_reason,
            other=None if ended_for is None else f"{name}@{ended_for}",
        )
    return Tenure(
        ref=f"{name}@{version}",
        name=name,
        version=version,
        label=label,
        stage=stage,
        since=since,
        since_seq=since_seq,
        until=until,
        until_seq=until_seq,
        began=began,
        ended=ended,
        share=to_percent(share),
        request=request,
        waived=waived,
        rules=() if verdict is None else findings(parse_results(verdict.encode())),
    )
