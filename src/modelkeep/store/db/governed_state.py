"""`domain.governed_state.GovernedState`, answered from the tables; each answer is remembered within a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from modelkeep.domain.governed_state import (
    Approval,
    Binding,
    CheckResult,
    Deployment,
    MetricRecord,
    OpenItem,
    Particulars,
    PolicyInForce,
    PromotionRequest,
)
from modelkeep.store.db.interface import Reader, Row, Value
from modelkeep.store.db.sql import deciding
from modelkeep.store.db.sql.statement import Statement

if TYPE_CHECKING:
    from modelkeep.domain.policy.identity import Identity


class GovernedSqlState:
    """The part of `SqlState` that the rules of a policy and the verbs about them ask."""

    def __init__(self, reader: Reader, at: int | None = None) -> None:
        self._reader = reader
        self._at = at

    def policy(self) -> PolicyInForce | None:
        row = self._one(deciding.POLICY)
        if row is None:
            return None
        from modelkeep.domain.policy.rules import parse_rules  # a registry without a policy does not need it

        seq, digest, rules, source = row
        return PolicyInForce(seq, digest, parse_rules(rules.encode()), source)

    def bindings(self) -> tuple[Binding, ...]:
        return tuple(Binding(*row) for row in self._rows(deciding.BINDINGS))

    def roles_of(self, user: str, groups: Sequence[str]) -> tuple[str, ...]:
        bearers = [("user", user), *(("group", group) for group in groups)]
        rows = (self._rows(deciding.ROLES_OF, kind=kind, name=name) for kind, name in bearers)
        return tuple(dict.fromkeys(str(role) for found in rows for (role,) in found))

    def identity(self, seq: int) -> Identity | None:
        row = self._one(deciding.IDENTITY, seq=seq)
        return None if row is None else _identity(row)

    def is_held(self, stage: str) -> bool:
        return self._one(deciding.STAGE_IS_HELD, stage=stage) is not None

    def alias_among(self, words: Sequence[str]) -> str | None:
        rows = (self._one(deciding.ALIAS_OF_ANY_MODEL, alias=word) for word in words)
        return next((str(row[0]) for row in rows if row is not None), None)

    def deployments(self, model: int, target: str) -> tuple[Deployment, ...]:
        return tuple(Deployment(*row) for row in self._rows(deciding.DEPLOYMENTS, model=model, target=target))

    def stage_of_target(self, model: int, target: str) -> str | None:
        row = self._one(deciding.STAGE_OF_TARGET, model=model, target=target)
        return None if row is None else str(row[0])

    def has_open_signal(self, model: int, number: int, name: str) -> bool:
        return self._one(deciding.OPEN_SIGNAL, model=model, number=number, name=name) is not None

    def time_of(self, seq: int) -> str:
        return str(deciding.TIME_OF.one(self._reader, self._at, seq=seq)[0])

    def particulars(self, model: int, number: int) -> Particulars:
        seq, licence, commit, state, has_data, description = deciding.PARTICULARS.one(
            self._reader, self._at, model=model, number=number
        )
        return Particulars(
            seq, licence, commit, state, has_data=bool(has_data), is_described=bool(description and description.strip())
        )

    def names_given(self, seq: int) -> tuple[str, ...]:
        return tuple(name for (name,) in self._rows(deciding.NAMES_GIVEN, seq=seq))

    def registrants(self, digest: str) -> tuple[Identity, ...]:
        return tuple(_identity(row) for row in self._rows(deciding.REGISTRANTS, digest=digest))

    def tag_keys(self, model: int, number: int) -> tuple[str, ...]:
        return tuple(key for key, value in self._rows(deciding.TAGS, model=model, number=number) if value.strip())

    def metric_values(self, model: int, number: int, name: str) -> tuple[MetricRecord, ...]:
        rows = self._rows(deciding.METRIC_VALUES, model=model, number=number, name=name)
        return tuple(MetricRecord(*row) for row in rows)

    def check(self, model: int, number: int, name: str) -> CheckResult | None:
        row = self._one(deciding.CHECK, model=model, number=number, name=name)
        return None if row is None else CheckResult(*row)

    def request(self, seq: int) -> PromotionRequest | None:
        row = self._one(deciding.REQUEST, seq=seq)
        return None if row is None else PromotionRequest(*row)

    def open_request(self, model: int, number: int, stage: str) -> PromotionRequest | None:
        row = self._one(deciding.OPEN_REQUEST, model=model, number=number, stage=stage)
        return None if row is None else PromotionRequest(*row)

    def open_requests(self) -> tuple[PromotionRequest, ...]:
        return tuple(PromotionRequest(*row) for row in self._rows(deciding.OPEN_REQUESTS))

    def approvals(self, request: int) -> tuple[Approval, ...]:
        return tuple(
            Approval(seq, _identity(account), plan, tuple(roles.split()), tuple(filter(None, groups.split(":"))), time)
            for seq, plan, roles, groups, time, *account in self._rows(deciding.APPROVALS, request=request)
        )

    def open_item(self, seq: int) -> OpenItem | None:
        row = self._one(deciding.OPEN_ITEM, seq=seq)
        return None if row is None else OpenItem(*row)

    def _one(self, asked: str | Statement, **values: Value) -> Row | None:
        rows = self._rows(asked, **values)
        return rows[0] if rows else None

    def _rows(self, asked: str | Statement, **values: Value) -> list[Row]:
        if isinstance(asked, Statement):
            return asked.recall(self._reader, self._at, **values)
        if self._at is not None:
            message = f"the state after entry {self._at} does not know: {asked}"
            raise LookupError(message)
        return self._reader.recall(asked, **values)


def _identity(row: Sequence[Any]) -> Identity:
    from modelkeep.domain.policy.identity import Identity

    user, uid, login, login_user, user_namespace = row
    return Identity(user, uid, login, login_user, bool(user_namespace))
