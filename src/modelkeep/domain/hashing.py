"""SHA-256 of short bytes: entries, lines, schemas. Artifacts are hashed by OpenSSL, which is faster.

But loading OpenSSL takes as long as a whole read of the registry. So the SHA-256 that CPython has built in is used,
where the interpreter has one.
"""

from __future__ import annotations

try:
    from _sha2 import sha256  # type: ignore[import-not-found]  # from Python 3.12 on
except ImportError:  # pragma: no cover  which of them there is depends on the interpreter
    try:
        from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256

__all__ = ["digest_of"]


def digest_of(data: bytes) -> str:
    """Return ``sha256:`` and the hex of the SHA-256 of some bytes."""
    return f"sha256:{sha256(data).hexdigest()}"
