"""The registry itself: its identity, its stages, and `status`, which shows it at a glance."""

from __future__ import annotations

from modelkeep.context import Context
from modelkeep.domain.answers.reports import Identity, OpenItem, Status
from modelkeep.domain.answers.versions import Holder, Share
from modelkeep.domain.stages import StageDef
from modelkeep.errors import Damaged
from modelkeep.reads.authority import authority
from modelkeep.reads.history import as_sentences
from modelkeep.reads.snapshot import snapshot
from modelkeep.store import backup_mark
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import audit
from modelkeep.store.db.sql import status as select
from modelkeep.store.db.sql.references import name_of
from modelkeep.store.db.sql.roles import policy_ref
from modelkeep.store.db.state import SqlState

#: How many files are added up without being asked to: it takes a few milliseconds, for a million files 150.
FEW = 10_000

_LAST_ENTRIES = 5
#: How many open items are shown.
_ITEMS = 10


def registry_id(context: Context) -> str:
    """Return the registry's own identity."""
    with snapshot(context) as (reader, _):
        return SqlState(reader).registry_id() or ""


def stages(context: Context) -> tuple[StageDef, ...]:
    """Return the stages, lowest first."""
    with snapshot(context) as (reader, _):
        return SqlState(reader).stages()


def status(context: Context, origin: str, *, size: bool) -> Status:
    """Return the registry at a glance; ``origin`` is the setting that names it.

    What was deleted is counted apart. Many files are added up only where ``size`` asks for it.
    """
    with snapshot(context) as (reader, _):
        models, registered, deleted = reader.one(select.COUNTS)
        head, identity = SqlState(reader).head(), SqlState(reader).registry_id()
        if head is None or identity is None:
            message = "the log of this registry is empty"
            raise Damaged(message)
        adds_up = size or reader.one(select.FILES, most=FEW + 1)[0] <= FEW
        last = SqlState(reader).stages()[-1].name
        items, requests = reader.one(select.OPEN_COUNTS)
        return Status(
            registry=context.directory,
            origin=origin,
            id=identity,
            models=models,
            versions=registered - deleted,
            entries=head.seq,
            size_bytes=reader.one(select.SIZE)[0] if adds_up else None,
            head_hash=head.hash,
            production_stage=last,
            production=_in_stage(reader, last),
            last=as_sentences(reader, reversed(audit.entries(reader, audit.Wanted(), limit=_LAST_ENTRIES))),
            deleted=deleted,
            backup_of=backup_mark.backup_of(context.directory),
            policy=policy_ref(reader, None),
            open_items=items,
            open_requests=requests,
            items=tuple(
                OpenItem(seq, item, f"{name_of(reader, None, model)}@{version}", time, actor)
                for seq, item, model, version, time, actor in reader.rows(select.OPEN_ITEMS, most=_ITEMS)
            ),
        )


def _in_stage(reader: Reader, stage: str) -> dict[str, Holder]:
    """Return who holds a stage of each model, with the shares beside."""
    shares: dict[int, list[Share]] = {}
    for model, version, share, waived in reader.rows(select.SHARES_IN_STAGE, stage=stage):
        shares.setdefault(model, []).append(Share(version, share / 100, waived))
    rows = reader.rows(select.IN_STAGE, stage=stage)
    return {
        name: Holder(stage, version, label, since, actor, tuple(shares.get(model, ())), waived)
        for name, model, version, label, since, actor, waived in rows
    }


def whoami(context: Context) -> Identity:
    """Return the author that an entry written now would name, and what the policy allows that account."""
    from modelkeep.provenance import machine

    found, account = authority(context), context.account
    rules, person = None if found.policy is None else found.policy.rules, None
    if rules is not None:
        from modelkeep.domain.policy.identity import person_of  # a registry without a policy does not need it

        person = person_of(rules, account.user)
    return Identity(
        user=account.user,
        uid=account.uid,
        user_namespace=account.user_namespace,
        claimed=context.claim(),
        host=machine.hostname() or "",
        login=account.login,
        login_user=account.login_user,
        person=None if person == account.user else person,
        groups=found.observed.groups,
        roles=found.roles,
        may=found.permissions,
        by_roles=found.rules is not None,
    )
