"""The version that asks for a stage, with what the rules of a policy may ask about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct, field

from modelkeep.domain.dataset_names import data_name
from modelkeep.domain.metrics_document import MetricsDocument

if TYPE_CHECKING:
    from modelkeep.domain.state import Model, State, Version
    from modelkeep.domain.verbs.interface import Proposal
    from modelkeep.domain.verbs.register import Register


class Candidate(Struct, frozen=True, kw_only=True):
    """A version and what is known of it.

    ``metrics`` are exact texts by name and data (None: without data), newest first, at least of those with a gate. ``is_new``: the intent itself
    registers it, with ``documents`` by their kinds.
    """

    model: Model
    number: int
    digest: str
    label: str | None
    licence: str | None
    code_commit: str | None
    code_state: str | None
    has_data: bool
    is_described: bool
    tags: frozenset[str]
    metrics: Mapping[str, Mapping[str | None, str]]
    documents: Mapping[str, str] = field(default_factory=dict)
    is_new: bool = False
    bad: bool = False
    archived: bool = False

    @property
    def ref(self) -> str:
        """Its ``NAME@NUMBER``."""
        return self.model.ref(self.number)


def registered(state: State, model: Model, version: Version) -> Candidate:
    """Return a version that the registry has."""
    known = state.particulars(model.seq, version.number)
    return Candidate(
        model=model,
        number=version.number,
        digest=version.digest,
        label=version.label,
        licence=known.licence,
        code_commit=known.code_commit,
        code_state=known.code_state,
        has_data=known.has_data,
        is_described=known.is_described,
        tags=frozenset(state.tag_keys(model.seq, version.number)),
        metrics={name: measured(state, model.seq, version.number, name) for name in _gated(state)},
        bad=version.bad,
        archived=version.archived,
    )


def has_document(proposal: Proposal, candidate: Candidate, kind: str) -> bool:
    """Tell whether a document of a kind is recorded of a version."""
    if candidate.is_new:
        return kind in candidate.documents
    return proposal.state.fact(candidate.model.seq, candidate.number, kind, "") is not None


def measured(state: State, model: int, number: int, metric: str) -> dict[str | None, str]:
    """Return the newest value of a metric of a version by data, the newest first."""
    found: dict[str | None, str] = {}
    for each in state.metric_values(model, number, metric):
        data = None if each.on_name is None else data_name(each.on_name, each.on_version, each.on_digest)
        found.setdefault(data, each.value)
    return found


def _gated(state: State) -> set[str]:
    """Return the metrics that the policy in force has gates for: a version may have very many others."""
    policy = state.policy()
    return set() if policy is None else {gate.metric for stage in policy.rules.stages for gate in stage.gates}


def registering(proposal: Proposal, command: Register, model: Model, number: int, label: str | None) -> Candidate:
    """Return the version that an intent registers, and gives a stage in the same entry."""
    values, on = command.metrics, command.metrics_on
    if command.metrics_document is not None:
        document = proposal.document(command.metrics_document, "document of metrics")
        values = MetricsDocument.from_bytes(document).metrics
    data = None if on is None else data_name(on.name, on.version, on.digest)
    lines = () if proposal.details is None else proposal.details.fields()
    return Candidate(
        model=model,
        number=number,
        digest=proposal.subject().digest or "",
        label=label,
        licence=command.licence,
        code_commit=None if command.code is None else command.code.commit,
        code_state=None if command.code is None else command.code.state,
        has_data=bool(command.data),
        is_described=proposal.says("description"),
        tags=frozenset(key.removeprefix("tag.") for key, value in lines if key.startswith("tag.") and value.strip()),
        metrics={name: {data: value} for name, value in values},
        documents={kind: digest for digest, kind in command.documents().items()},
        is_new=True,
    )
