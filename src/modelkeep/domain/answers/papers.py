"""What papers about one version are made of: `card` and `bom`."""

from __future__ import annotations

from modelkeep.domain.answers.pages import Version
from modelkeep.domain.answers.period import Head
from modelkeep.domain.json_values import Json
from modelkeep.domain.known_documents import Environment, Inspection, Interface
from modelkeep.domain.record import Answer


class ParentFacts(Answer, frozen=True):
    """What a version was made from, and how (``by``): a version with its digest, or an address."""

    ref: str | None
    digest: str | None
    location: str | None
    by: str | None


class PaperFacts(Answer, frozen=True):
    """All that is known of a version, as it stood after the entry ``head``; ``purpose`` describes the model."""

    registry: str
    head: Head
    version: Version
    purpose: str | None
    parents: tuple[ParentFacts, ...]
    environment: Environment | None
    inspection: Inspection | None
    interface: Interface | None


class Card(Answer, frozen=True):
    """A model card: the front matter as data, and the whole page as Markdown."""

    ref: str
    metadata: dict[str, Json]
    page: str


class Bom(Answer, frozen=True):
    """The bill of materials of a version: a CycloneDX document."""

    ref: str
    bom: dict[str, Json]
