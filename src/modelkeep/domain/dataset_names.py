"""How a dataset is called; completion needs it too, so nothing else is loaded with it."""

#: ``sha256:`` and 12 hex digits: how much of a digest tells datasets apart.
_SHORT_DIGEST = 19


def data_name(name: str, version: str | None, digest: str | None) -> str:
    """Return the name of data as it is typed: ``NAME@VERSION``, by its digest where it has no version."""
    at = version or (None if digest is None else digest[:_SHORT_DIGEST])
    return name if at is None else f"{name}@{at}"
