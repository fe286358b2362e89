"""What deciding takes from outside the log: who writes, and which bytes are missing."""

from __future__ import annotations

from modelkeep.context import Context
from modelkeep.domain.entry import Observed
from modelkeep.domain.manifest import Manifest


def observed(context: Context, absent: tuple[str, ...]) -> Observed:
    """Return this machine's account of the writer, with the digests of versions whose bytes are missing."""
    return Observed(
        absent=absent,
        client=context.client,
        groups=(),
        uid=context.account.uid,
        user=context.account.user,
        user_namespace=context.account.user_namespace,
        via=None,
    )


def absent_of(context: Context, manifest: Manifest | None) -> tuple[str, ...]:
    """Return the manifest's digest where bytes of it are missing: existence and size are looked at."""
    if manifest is not None and context.artifacts.absent(manifest.files):
        return (manifest.digest,)
    return ()
