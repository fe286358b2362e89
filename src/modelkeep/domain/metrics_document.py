"""Metrics that do not fit into an entry of the log: a document beside it, as a manifest is."""

from __future__ import annotations

from msgspec.json import Decoder

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.record import LogValue, decode_canonical, encode_canonical
from modelkeep.errors import Damaged

#: How many bytes of metrics an entry takes; what is longer stands in a document.
MOST_IN_ENTRY = 32_000


class MetricsDocument(LogValue, frozen=True, tag_field="format", tag="modelkeep metrics 1"):
    """Metrics, pairs of name and exact text, each name once."""

    metrics: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_bytes(cls, data: bytes) -> MetricsDocument:
        """Return the metrics that a document has; ``Damaged`` where the bytes are none."""
        document = decode_canonical(data, _DECODER, "metrics")
        names = [name for name, _ in document.metrics]
        if not names or len(names) != len(set(names)):
            message = "metrics: none, or a name twice"
            raise Damaged(message)
        return document

    def to_bytes(self) -> bytes:
        """Return the canonical bytes."""
        return encode_canonical(self)


_DECODER = Decoder(MetricsDocument)


def split(
    metrics: tuple[tuple[str, str], ...],
) -> tuple[tuple[tuple[str, str], ...], str | None, dict[str, bytes]]:
    """Return the metrics for the entry, or the digest of a document with them and the document."""
    data = MetricsDocument(metrics).to_bytes()
    if len(data) <= MOST_IN_ENTRY:
        return metrics, None, {}
    digest = digest_of(data)
    return (), digest, {digest: data}
