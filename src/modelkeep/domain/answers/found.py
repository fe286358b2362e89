"""What a search found."""

from __future__ import annotations

from modelkeep.domain.answers.versions import ModelRow, VersionRow
from modelkeep.domain.record import Answer


class TextMatch(Answer, frozen=True):
    """A text that a search found: that of a field (``name``, ``description`` or ``tag.K``) of a model or version."""

    of: str
    field: str
    text: str


class Found(Answer, frozen=True):
    """A model or a version that a search found, its row of `list`, and the texts that have the words; the best match first.

    One of ``model`` and ``version`` is None. A version is also found by texts of its model.
    """

    ref: str
    matches: tuple[TextMatch, ...]
    model: ModelRow | None
    version: VersionRow | None
