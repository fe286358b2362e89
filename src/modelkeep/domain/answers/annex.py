"""The answer of `report REF --annex-iv`: what the registry knows of a version, section by section of Annex IV."""

from __future__ import annotations

from modelkeep.domain.answers.period import Head
from modelkeep.domain.record import Answer


class Known(Answer, frozen=True):
    """Something that the registry knows: its name, and its value as text."""

    name: str
    value: str


class Unrecorded(Answer, frozen=True):
    """Something that could be recorded and is not, and the line that records it."""

    name: str
    command: str


class AnnexSection(Answer, frozen=True):
    """A section of Annex IV: its number and title, what is known, what is not recorded, and what a registry cannot know."""

    number: str
    title: str
    known: tuple[Known, ...]
    unrecorded: tuple[Unrecorded, ...]
    unknown: tuple[str, ...]


class AnnexIv(Answer, frozen=True):
    """The technical documentation of a version after Annex IV of Regulation (EU) 2024/1689, as far as the registry goes.

    It is as things stood after the entry ``head``.
    """

    ref: str
    registry: str
    digest: str
    head: Head
    policy: str | None
    sections: tuple[AnnexSection, ...]
