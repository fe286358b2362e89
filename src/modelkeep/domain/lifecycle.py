"""The state of a version: the one word for how it stands, told here and nowhere else."""

from __future__ import annotations


def state_of(*, archived: bool, bad: bool, live: bool, held: bool, deleted: bool = False) -> str:
    """Return the first that applies of deleted, archived, bad, live, superseded and development.

    ``live`` says that it holds a stage, ``held`` that it ever held one.
    """
    words = (
        (deleted, "deleted"),
        (archived, "archived"),
        (bad, "bad"),
        (live, "live"),
        (held, "superseded"),
    )
    return next((word for applies, word in words if applies), "development")
