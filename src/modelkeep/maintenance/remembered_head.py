"""The head that this account saw last of a registry, compared with the log that `verify` reads."""

from __future__ import annotations

from modelkeep.domain.state import Head
from modelkeep.store import head_cache


class RememberedHead:
    """The head that was seen of a registry, and the entry that the log has in its place."""

    def __init__(self, state_dir: str) -> None:
        self._state_dir = state_dir
        self._known: Head | None = None
        self._hash_there: str | None = None

    def recall(self, registry: str | None) -> None:
        """Recall the head of a registry; forget what was read of the log."""
        self._known = None if registry is None else head_cache.recall(self._state_dir, registry)
        self._hash_there = None

    def read(self, seq: int, entry_hash: str) -> None:
        """Note an entry of the log."""
        if self._known is not None and self._known.seq == seq:
            self._hash_there = entry_hash

    def is_behind(self, end: Head | None) -> bool:
        """Whether a log that ends there may be an older state of the registry."""
        return self._known is not None and self._known.compare(end, self._hash_there) == "behind"

    def difference(self, end: Head | None) -> tuple[str, str] | None:
        """Return place and message where a log that ends there does not continue from the known head, else None."""
        known = self._known
        if known is None:
            return None
        place = f"entry {known.seq}"
        match known.compare(end, self._hash_there):
            case "continues":
                return None
            case "behind":
                shown = "it is empty" if end is None else f"it ends with entry {end.seq}"
                return place, f"the log went backwards: this account saw entry {known.seq} of it, and {shown}"
            case _:
                return place, f"it is not the one that this account saw, which had the hash {known.hash}"
