"""The policy as the log holds it: stages with their rules, roles, persons, signals and retention.

The document is canonical JSON, named by its digest in an entry `policy`; beside it lies the TOML that a person wrote.
Numbers that are compared are exact decimals as text, durations whole seconds. Words that users choose are values, never
keys. A rule is a refusal (``deny``) unless it says ``warn``.
"""

from __future__ import annotations

import functools
from typing import Annotated

from msgspec import Meta
from msgspec.json import Decoder

from modelkeep.domain.record import LogValue, Ordinal, decode_canonical, encode_canonical
from modelkeep.domain.stages import StageDef

#: The number of the policy's format.
FORMAT_NUMBER = 1
_FORMAT = "modelkeep policy "
#: A length of time: 100 years at most.
Seconds = Annotated[int, Meta(ge=1, le=100 * 365 * 86_400)]
#: How many persons a stage may ask for.
MOST_PERSONS = 20
Persons = Annotated[int, Meta(ge=1, le=MOST_PERSONS)]


class Gate(LogValue, frozen=True, kw_only=True):
    """A bound for a metric of the version that asks for a stage.

    ``data`` names the dataset (``NAME`` or ``NAME@VERSION``) that it must be measured on; without it the rule of
    `domain.metrics` says which value counts. ``no_worse_than_production`` is how much worse than the holder of the last
    stage it may be, measured on the same data. ``direction`` is ``higher`` or ``lower``: which values are better; such a gate
    has one, unless `Rules.metrics` says so, for what a program takes a name to mean may change with the program.
    """

    metric: str
    data: str | None = None
    min: str | None = None
    max: str | None = None
    no_worse_than_production: str | None = None
    direction: str | None = None
    warn: bool = False


class RequiredCheck(LogValue, frozen=True, kw_only=True):
    """A check that must have passed; ``max_age`` in seconds."""

    name: str
    max_age: Seconds | None = None
    warn: bool = False


class RequiredApproval(LogValue, frozen=True, kw_only=True):
    """How many persons who bear a role must have approved; without a role anybody who may approve counts."""

    count: Persons
    role: str | None = None


class Soak(LogValue, frozen=True, kw_only=True):
    """How long, in seconds, the version must have held another stage without a break until now."""

    stage: str
    seconds: Seconds
    warn: bool = False


class FormatsRule(LogValue, frozen=True, kw_only=True):
    """The formats that the files of the version may have."""

    only: tuple[str, ...]
    warn: bool = False


class ContentRule(LogValue, frozen=True, kw_only=True):
    """What the pickles or the signature of the version must be: ``safe``, ``compatible``."""

    level: str
    warn: bool = False


class StageRules(LogValue, frozen=True, kw_only=True):
    """A stage: what it is called, what it means to the team, and what a version needs to be promoted to it.

    ``after`` are the stages of which the version must hold or have held one. ``require`` and ``recommend`` name
    metadata: ``data``, ``code``, ``clean-code``, ``licence``, ``description``, ``label``, ``reason``, ``signature``,
    ``environment``, ``tag.K``; what is only recommended warns. Approvals end ``approvals_expire`` seconds after they were given.
    ``on_last_approval`` is ``promote`` where the last approval promotes by itself. ``pickles`` are ``safe`` where no file
    has a problem that may run code; a ``signature`` is ``compatible`` with that of the holder of the last stage.
    """

    name: str
    protected: bool = False
    synonyms: tuple[str, ...] = ()
    meaning: str | None = None
    after: tuple[str, ...] = ()
    soak: Soak | None = None
    require: tuple[str, ...] = ()
    recommend: tuple[str, ...] = ()
    gates: tuple[Gate, ...] = ()
    checks: tuple[RequiredCheck, ...] = ()
    approvals: tuple[RequiredApproval, ...] = ()
    approvals_expire: Seconds | None = None
    on_last_approval: str | None = None
    formats: FormatsRule | None = None
    pickles: ContentRule | None = None
    signature: ContentRule | None = None

    @property
    def stage(self) -> StageDef:
        """The stage as every other part of modelkeep knows it."""
        return StageDef(self.name, self.protected, self.synonyms)


class Direction(LogValue, frozen=True):
    """Whether ``higher`` or ``lower`` values of a metric are better."""

    metric: str
    better: str


class RoleRules(LogValue, frozen=True):
    """A role and its permissions, as ``promote:production``, ``promote:*`` or ``*``."""

    name: str
    may: tuple[str, ...]


class Person(LogValue, frozen=True):
    """A person with several accounts: all of them count as one where duties are separated."""

    name: str
    accounts: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The accounts and the name: an account that is called as the person is the person's too."""
        return (self.name, *self.accounts)


class SignalRule(LogValue, frozen=True, kw_only=True):
    """What a signal of monitoring means: where its value is ``above`` or ``below``, ``then`` something happens.

    ``then`` is ``observe``, ``open`` (an item), ``mark`` (the version is bad) or ``rollback`` (the stage goes back).
    ``stage`` is the stage that the version must hold. ``count`` is the least number of observations that count.
    """

    name: str
    then: str
    stage: str | None = None
    above: str | None = None
    below: str | None = None
    count: Ordinal | None = None


class Retention(LogValue, frozen=True, kw_only=True):
    """What `prune` keeps of each model: the newest versions, and those younger than some seconds; the rest is ``then``'s.

    What holds or ever held a protected stage is always kept. ``then`` is ``archive`` or ``delete``.
    """

    then: str
    keep_last: Ordinal | None = None
    keep_newer: Seconds | None = None


class Rules(LogValue, frozen=True, kw_only=True, tag_field="format", tag=f"{_FORMAT}{FORMAT_NUMBER}"):
    """The whole policy; what is absent is not ruled.

    ``stages`` are lowest first; without any, those of the registry stay. ``model_names`` and ``labels`` are globs, one
    of which a new name or label must match. Without ``roles`` everybody who can write may do everything.
    """

    stages: tuple[StageRules, ...] = ()
    model_names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    metrics: tuple[Direction, ...] = ()
    roles: tuple[RoleRules, ...] = ()
    persons: tuple[Person, ...] = ()
    signals: tuple[SignalRule, ...] = ()
    retention: Retention | None = None

    def to_bytes(self) -> bytes:
        """Return the canonical bytes, whose SHA-256 names them in the log."""
        return encode_canonical(self)

    def stage(self, name: str) -> StageRules:
        """Return the rules of a stage; one that the policy does not name has none."""
        return next((stage for stage in self.stages if stage.name == name), StageRules(name=name))


_DECODER = Decoder(Rules)


@functools.lru_cache(maxsize=8)  # each entry of a long log is decided by the same few policies
def parse_rules(data: bytes) -> Rules:
    """Return the rules that canonical bytes are; others raise ``Damaged``."""
    return decode_canonical(data, _DECODER, "policy")
