"""`deployments`: what runs where, and whether that is what the registry says should run."""

from __future__ import annotations

from modelkeep.context import Context
from modelkeep.domain.answers.serving import DeploymentRow
from modelkeep.domain.answers.versions import AsOf, Holder
from modelkeep.domain.shares import to_percent
from modelkeep.reads.references import version_or_model
from modelkeep.reads.snapshot import snapshot
from modelkeep.store.db.interface import Reader, Row
from modelkeep.store.db.sql import serving as select
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.version_states import holders, standing

#: Shares have two decimals: what differs by less is the same.
_ROUNDING = 0.001


def deployments(
    context: Context, name: str | None, moment: str | AsOf | None, *, target: str | None, drift: bool
) -> tuple[DeploymentRow, ...]:
    """Return what runs, by target; of one model or version, at one ``target``, or only what should not run."""
    with snapshot(context, moment) as (reader, at):
        if name is None:
            rows = select.DEPLOYMENTS.rows(reader, at, target=target)
        else:
            found = version_or_model(reader, name, context.say, at)
            asked = select.OF_MODEL if found.number is None else select.OF_VERSION
            about = {"model": found.model} | ({} if found.number is None else {"version": found.number})
            rows = asked.rows(reader, at, target=target, **about)
        listed = [_deployment(reader, at, row) for row in rows]
    return tuple(each for each in listed if each.drift is not None or not drift)


def of_version(reader: Reader, at: int | None, model: int, number: int) -> tuple[DeploymentRow, ...]:
    """Return where a version runs."""
    rows = select.OF_VERSION.rows(reader, at, target=None, model=model, version=number)
    return tuple(_deployment(reader, at, row) for row in rows)


def _deployment(reader: Reader, at: int | None, row: Row) -> DeploymentRow:
    seq, model, version, target, status, share, stage, endpoint, since, actor = row
    name = name_of(reader, at, model)
    state = standing(reader, at, model, version, version).state(version)
    held = next((each for each in holders(reader, at, model) if each.stage == stage), None)
    return DeploymentRow(
        ref=f"{name}@{version}",
        name=name,
        version=version,
        target=target,
        status=status,
        share=to_percent(share),
        stage=stage,
        endpoint=endpoint,
        since=since,
        seq=seq,
        actor=actor,
        expected=() if held is None else tuple(f"{name}@{each.version}" for each in held.versions),
        drift=_drift(state, version, name, stage, held, to_percent(share)),
    )


def _drift(
    state: str, version: int, name: str, stage: str | None, held: Holder | None, share: float | None
) -> str | None:
    """Return why a version should not run where it runs, or not with that share; None where all is well or not known."""
    if state in ("bad", "deleted"):
        return "marked bad" if state == "bad" else "deleted"
    if stage is None:
        return None
    if held is None:
        return f"nothing is in {stage}"
    part = next((each for each in held.shares if each.version == version), None)
    if held.version != version and part is None:
        others = "".join(f", {name}@{each.version} has {each.share:g}%" for each in held.shares)
        return f"{stage} is {name}@{held.version}{others}"
    due = 100 - sum(each.share for each in held.shares) if part is None else part.share
    if share is not None and abs(share - due) > _ROUNDING:
        return f"{stage} gives it {due:g}%"
    return None
