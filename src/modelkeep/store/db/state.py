"""`domain.state.State`, answered from the tables; each answer is remembered within a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelkeep.domain.labels import fold
from modelkeep.domain.shares import parse_slots
from modelkeep.domain.stages import StageDef
from modelkeep.domain.state import DatasetRecord, Head, Model, Tenure, Version
from modelkeep.store.db.governed_state import GovernedSqlState
from modelkeep.store.db.interface import Row
from modelkeep.store.db.sql import deciding, version_states

if TYPE_CHECKING:
    from modelkeep.domain.verbs.evaluate import Data


class SqlState(GovernedSqlState):
    """A registry's state as its tables have it, or had it after entry ``at``; see `modelkeep.domain.state.State`.

    Of the past it answers what the rules of a policy ask, and raises ``LookupError`` for anything else.
    """

    def head(self) -> Head | None:
        row = self._one(deciding.HEAD)
        return None if row is None else Head(*row[:3])

    def registry_id(self) -> str | None:
        row = self._one(deciding.HEAD)
        return None if row is None or row[3] is None else str(row[3])

    def hash_at(self, seq: int) -> str | None:
        head = self.head()
        if head is not None and head.seq == seq:
            return head.hash
        row = self._one(deciding.HASH_AT, seq=seq)
        return None if row is None else str(row[0])

    def has_intent(self, intent_id: str) -> bool:
        return self.entry_of_intent(intent_id) is not None

    def entry_of_intent(self, intent_id: str) -> int | None:
        """Return the entry that bears an intent, None where no entry does."""
        row = self._one(deciding.INTENT, intent=intent_id)
        return None if row is None else int(row[0])

    def imported(self, system: str, registry: str, entry: str) -> str | None:
        row = self._one(deciding.IMPORTED, system=system, source=registry, entry=entry)
        return None if row is None else str(row[0])

    def stages(self) -> tuple[StageDef, ...]:
        return version_states.stages(self._reader, self._at)

    def model_named(self, name: str) -> Model | None:
        row = self._one(deciding.MODEL_NAMED, folded=fold(name))
        return None if row is None else self.model(row[0])

    def model(self, seq: int) -> Model | None:
        row = self._one(deciding.MODEL if self._at is None else deciding.MODEL_NAME, model=seq)
        if row is None:
            return None
        name, *known, deleted = row
        newest = known[0] if known else version_states.newest(self._reader, self._at, seq)
        return Model(seq, name, newest, deleted=bool(deleted))

    def version(self, model: int, number: int) -> Version | None:
        row = self._one(deciding.VERSION, model=model, number=number)
        if row is None:
            return None
        digest, label, form, bad, archived, deleted = row
        flags = {"bad": bool(bad), "archived": bool(archived), "deleted": bool(deleted)}
        return Version(model, number, digest, label, **flags, form=form)

    def version_labelled(self, model: int, key: str) -> int | None:
        row = self._one(deciding.VERSION_LABELLED, model=model, key=key)
        return None if row is None else int(row[0])

    def highest_label(self, model: int) -> str | None:
        row = self._one(deciding.HIGHEST_LABEL, model=model)
        return None if row is None else str(row[0])

    def version_with_digest(self, model: int, digest: str) -> int | None:
        row = self._one(deciding.VERSION_WITH_DIGEST, model=model, digest=digest)
        return None if row is None or row[0] is None else int(row[0])

    def holder(self, model: int, stage: str) -> Tenure | None:
        newest = self.last_holder(model, stage)
        return None if newest is None or newest.until is not None else newest

    def last_holder(self, model: int, stage: str) -> Tenure | None:
        return _tenure(model, stage, self._one(deciding.LAST_HOLDER, model=model, stage=stage))

    def shares(self, model: int, stage: str) -> tuple[Tenure, ...]:
        rows = self._rows(deciding.SHARES, model=model, stage=stage)
        return tuple(
            Tenure(seq, model, stage, version, share, None, None, parse_slots(slots))
            for seq, version, share, slots in rows
        )

    def stages_held(self, model: int, version: int) -> tuple[str, ...]:
        rows = self._rows(deciding.STAGES_HELD, model=model, version=version)
        return tuple(stage for (stage,) in rows)

    def latest_tenure(self, model: int, stage: str, version: int) -> Tenure | None:
        row = self._one(deciding.LATEST_TENURE, model=model, stage=stage, version=version)
        return _tenure(model, stage, row)

    def tenure(self, model: int, stage: str, seq: int) -> Tenure | None:
        return _tenure(model, stage, self._one(deciding.TENURE, model=model, stage=stage, seq=seq))

    def open_tenures(self, model: int, first: int, last: int) -> tuple[Tenure, ...]:
        rows = self._rows(deciding.OPEN_TENURES, model=model, first=first, last=last)
        return tuple(
            Tenure(seq, model, stage, version, share, came_from, until=None)
            for seq, stage, version, share, came_from in rows
        )

    def was_left(self, model: int, stage: str, version: int) -> bool:
        row = self._one(deciding.WAS_LEFT, model=model, stage=stage, version=version)
        return row is not None and bool(row[0])

    def last_rollback(self, model: int, stage: str) -> str | None:
        row = self._one(deciding.LAST_ROLLBACK, model=model, stage=stage)
        return None if row is None else str(row[0])

    def archived_ranges(self, model: int, first: int, last: int) -> tuple[tuple[int, int], ...]:
        found = self._rows(deciding.ARCHIVED_RANGES, model=model, first=first, last=last)
        return tuple((start, end) for start, end in found)

    def all_archived(self, model: int) -> bool:
        row = self._one(deciding.ALL_ARCHIVED, model=model)
        return row is not None and bool(row[0])

    def alias(self, model: int, name: str) -> int | None:
        row = self._one(deciding.ALIAS, model=model, alias=name)
        return None if row is None else int(row[0])

    def aliases_of(self, model: int, version: int) -> tuple[str, ...]:
        rows = self._rows(deciding.ALIASES_OF, model=model, version=version)
        return tuple(alias for (alias,) in rows)

    def has_tag_line(self, model: int, version: int | None, line: str) -> bool:
        return self._one(deciding.TAG_LINE, model=model, version=version or 0, line=line) is not None

    def newest_metric(self, model: int, version: int, name: str, on: Data | None) -> str | None:
        row = self._one(
            deciding.NEWEST_METRIC,
            model=model,
            version=version,
            name=name,
            on_name=None if on is None else on.name,
            on_version=None if on is None else on.version,
            on_digest=None if on is None else on.digest,
        )
        return None if row is None else str(row[0])

    def has_run(self, model: int, version: int, run: str) -> bool:
        return self._one(deciding.RUN, model=model, version=version, run=run) is not None

    def fact(self, model: int, version: int, kind: str, name: str) -> str | None:
        row = self._one(deciding.FACT, model=model, version=version, kind=kind, name=name)
        return None if row is None else str(row[0])

    def document(self, digest: str) -> bytes | None:
        row = self._one(deciding.DOCUMENT, digest=digest)
        return None if row is None else bytes(row[0])

    def dataset(self, name: str, version: str) -> DatasetRecord | None:
        row = self._one(deciding.DATASET, name=name, version=version)
        if row is None:
            return None
        parents = self._rows(deciding.DATASET_PARENTS, name=name, version=version)
        seq, digest, checksum, count, schema = row
        return DatasetRecord(
            seq, digest, checksum, count, schema, tuple((each[0], each[1], each[2]) for each in parents)
        )


def _tenure(model: int, stage: str, row: Row | None) -> Tenure | None:
    if row is None:
        return None
    seq, version, share, came_from, until = row
    return Tenure(seq, model, stage, version, share, came_from, until)
