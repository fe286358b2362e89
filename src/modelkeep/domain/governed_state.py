"""What `decide` may ask about the policy of a registry: rules, roles, requests, checks, deployments, open items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from modelkeep.domain.policy.identity import Identity
    from modelkeep.domain.policy.rules import Rules


class PolicyInForce(Struct, frozen=True):
    """The rules that hold, the entry that put them in force, their digest, and that of the TOML they came from."""

    seq: int
    digest: str
    rules: Rules
    source: str


class Binding(Struct, frozen=True):
    """A role that an account (``kind`` is ``user``) or a group (``group``) bears."""

    role: str
    kind: str
    name: str

    @property
    def principal(self) -> str:
        """Who bears it, as people type it: ``user:ana``."""
        return f"{self.kind}:{self.name}"


class Deployment(Struct, frozen=True):
    """A version that runs at a target, recorded by entry ``seq``, and the stage whose versions should run there."""

    seq: int
    version: int
    status: str
    share: int | None
    stage: str | None


class PromotionRequest(Struct, frozen=True):
    """A promotion that entry ``seq`` asked for; ``ended_by`` says how it ended, where entry ``until`` ended it."""

    seq: int
    model: int
    version: int
    stage: str
    share: int | None
    until: int | None
    ended_by: str | None

    @property
    def ended_words(self) -> str:
        """How it ended, as people say it."""
        words = {"promote": "promoted", "reject": "rejected", "withdraw": "withdrawn", "delete": "deleted"}
        return words.get(self.ended_by or "", "open")


class Approval(Struct, frozen=True):
    """An approval of a request: its entry and time, who gave it, the plan that was seen, the roles that were borne.

    ``groups`` are those with a role that the account was in.
    """

    seq: int
    identity: Identity
    plan: str
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    time: str


class CheckResult(Struct, frozen=True):
    """The newest result of a check: its entry and time, and until when it counts."""

    seq: int
    time: str
    result: str
    expires: str | None


class Particulars(Struct, frozen=True):
    """What is recorded with a version, as far as the rules of a policy ask; ``seq`` is the entry that registered it."""

    seq: int
    licence: str | None
    code_commit: str | None
    code_state: str | None
    has_data: bool
    is_described: bool


class MetricRecord(Struct, frozen=True):
    """A value of a metric as exact text, and the data that it was measured on."""

    value: str
    on_name: str | None
    on_version: str | None
    on_digest: str | None


class OpenItem(Struct, frozen=True):
    """What entry ``seq`` left for a person to look at, and the entry that closed it."""

    seq: int
    item: str
    model: int
    version: int
    until: int | None


class GovernedState(Protocol):
    """The part of `domain.state.State` that rules and the verbs about them ask."""

    def policy(self) -> PolicyInForce | None:
        """Return the policy that is in force, None before the first."""

    def bindings(self) -> tuple[Binding, ...]:
        """Return who bears which role."""

    def roles_of(self, user: str, groups: Sequence[str]) -> tuple[str, ...]:
        """Return the roles that an account bears, itself or through its groups."""

    def identity(self, seq: int) -> Identity | None:
        """Return the account that wrote an entry."""

    def is_held(self, stage: str) -> bool:
        """Tell whether a version of any model holds a stage, or a share of it."""

    def alias_among(self, words: Sequence[str]) -> str | None:
        """Return a word that is an alias of some model, None where none is."""

    def deployments(self, model: int, target: str) -> tuple[Deployment, ...]:
        """Return the versions of a model that run at a target."""

    def stage_of_target(self, model: int, target: str) -> str | None:
        """Return the stage whose versions should run at a target: the one that was recorded there last."""

    def has_open_signal(self, model: int, number: int, name: str) -> bool:
        """Tell whether a signal of this name left something open about a version."""

    def time_of(self, seq: int) -> str:
        """Return the time of an entry."""

    def particulars(self, model: int, number: int) -> Particulars:
        """Return what is recorded with a version that there is."""

    def names_given(self, seq: int) -> tuple[str, ...]:
        """Return whom the details of an entry name as author or as the one who claims to write it."""

    def registrants(self, digest: str) -> tuple[Identity, ...]:
        """Return the accounts that registered these bytes, in any model, deleted or not."""

    def tag_keys(self, model: int, number: int) -> tuple[str, ...]:
        """Return the keys of the tags of a version whose values are not blank."""

    def metric_values(self, model: int, number: int, name: str) -> tuple[MetricRecord, ...]:
        """Return the values of a metric of a version, the newest first."""

    def check(self, model: int, number: int, name: str) -> CheckResult | None:
        """Return the newest result of a check."""

    def request(self, seq: int) -> PromotionRequest | None:
        """Return what an entry asked for, ended or not."""

    def open_request(self, model: int, number: int, stage: str) -> PromotionRequest | None:
        """Return the open request for a version and a stage."""

    def open_requests(self) -> tuple[PromotionRequest, ...]:
        """Return the open requests of all models, in the order they were made."""

    def approvals(self, request: int) -> tuple[Approval, ...]:
        """Return the approvals of a request, in the order they were given."""

    def open_item(self, seq: int) -> OpenItem | None:
        """Return what an entry left for a person to look at, closed or not."""
