"""`card` and `bom`: what is known of a version, read once."""

from __future__ import annotations

from modelkeep.context import Context
from modelkeep.domain.answers.papers import PaperFacts, ParentFacts
from modelkeep.domain.answers.period import Head
from modelkeep.domain.answers.versions import AsOf
from modelkeep.domain.known_documents import parse_environment, parse_inspection
from modelkeep.domain.refs import parse_ref
from modelkeep.reads.references import version_or_latest
from modelkeep.reads.show import Judged, version_page
from modelkeep.reads.snapshot import dated_snapshot
from modelkeep.store.db.interface import Reader
from modelkeep.store.db.sql import audit, models, periods
from modelkeep.store.db.sql.facts import document_of, facts_of, interface_of
from modelkeep.store.db.sql.papers import PARENT_FACTS
from modelkeep.store.db.sql.references import Resolved, name_of
from modelkeep.store.db.state import SqlState


def paper_facts(context: Context, ref: str, moment: str | AsOf | None) -> PaperFacts:
    """Return what papers about a version say; a bare name is its latest version."""
    with dated_snapshot(context, moment) as (reader, at, time):
        found = version_or_latest(reader, parse_ref(ref), context.say, at)
        assert found.number is not None
        known = {kind: fact.value for (kind, _), fact in facts_of(reader, at, found.model, found.number).items()}
        environment, inspection, interface = (known.get(kind) for kind in ("environment", "inspection", "interface"))
        return PaperFacts(
            registry=SqlState(reader).registry_id() or "",
            head=Head(*reader.one(periods.HEAD_AT, seq=audit.newest(reader) if at is None else at)),
            version=version_page(reader, at, found, judged=Judged(context, time)),
            purpose=models.description(reader, at, found.model, 0),
            parents=_parents(reader, at, found),
            environment=None
            if environment is None
            else document_of(reader, environment, "environment", parse_environment),
            inspection=None if inspection is None else document_of(reader, inspection, "inspection", parse_inspection),
            interface=None if interface is None else interface_of(reader, interface),
        )


def _parents(reader: Reader, at: int | None, found: Resolved) -> tuple[ParentFacts, ...]:
    rows = reader.rows(PARENT_FACTS, model=found.model, number=found.number)
    return tuple(
        ParentFacts(None if model is None else f"{name_of(reader, at, model)}@{number}", digest, location, by)
        for model, number, digest, by, location in rows
    )
