"""How the rules of a stage show the values that they found: `verdict_size` counts on their lengths."""

from __future__ import annotations

from collections.abc import Sequence

from modelkeep.domain.hashing import digest_of

MISSING = "missing"
#: Longer texts are shown by their beginning and digest.
_LONGEST, _BEGINNING = 100, 40
#: ``sha256:`` and 32 hex digits: of fewer an attacker could find two texts with the same, and swap them once one is approved.
_DIGEST = len("sha256:") + 32


def short(text: str) -> str:
    """Return a text; a very long one (a metric may have a million digits) by its beginning, its length and its digest."""
    if len(text) <= _LONGEST:
        return text or "empty"
    return f"{text[:_BEGINNING]}... ({len(text)} characters, {digest_of(text.encode())[:_DIGEST]})"


def one_of(words: Sequence[str]) -> str:
    """Return words as ``a, b or c``."""
    return " or ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)
