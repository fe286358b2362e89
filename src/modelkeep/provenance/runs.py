"""Training runs of other tools that a version came from: given, or found in the environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from modelkeep.domain.text import check_text, pattern, printable
from modelkeep.errors import UsageError
from modelkeep.provenance.urls import is_url, scrub

#: The variables in which tools that log runs have the id of the current run.
VARIABLES = ("MLFLOW_RUN_ID", "WANDB_RUN_ID")

_LONGEST = 250
_ID = pattern(r"[A-Za-z0-9_][^\x00-\x20\x7f-\xa0\ud800-\udfff]*")
# MLflow's URLs have the run behind the #, which is dropped
_IN_URL = pattern(r"/runs/([A-Za-z0-9_-]{1,64})(?![^/?#])")


class Run(Struct, frozen=True):
    """One run: its id, the scrubbed URI of its page, and whether it was found in the environment."""

    id: str
    location: str | None = None
    captured: bool = False


def runs(given: Sequence[str], environ: Mapping[str, str]) -> tuple[Run, ...]:
    """Return the runs given as an id or a URI, then those of the environment; each id once.

    A given text that cannot be a run raises ``UsageError``; one in the environment is left out.
    """
    found: dict[str, Run] = {}
    for text in given:
        typed = parse_run(text)
        found.setdefault(typed.id, typed)
    for variable in VARIABLES:
        run = environ.get(variable, "").strip()
        if is_id(run) and not is_url(run):
            found.setdefault(run, Run(run, None, captured=True))
    return tuple(found.values())


def parse_run(text: str) -> Run:
    """Return the run that a text means: ``3f2a…``, or a URI whose ``/runs/ID`` or end is the id."""
    check_text(text, "the run")
    if is_url(text):
        location = scrub(text)
        match = _IN_URL.search(text)
        run = match.group(1) if match else location.partition("://")[2].partition("/")[2].rstrip("/").rpartition("/")[2]
    else:
        location, run = None, text.strip()
    if is_id(run):
        return Run(run, location)
    message = f"not a run: '{printable(text[:_LONGEST])}'"
    raise UsageError(message, "--run ID, or the URI of its page")


def is_id(text: str) -> bool:
    """Tell whether a text may be the id of a run: one word without control characters, at most 250."""
    return len(text) <= _LONGEST and bool(_ID.fullmatch(text))
