"""What a reader of a model format is: it looks at ranges of a file, and returns what it found as data.

A reader only reads. It survives any bytes: what breaks the rules of the format is a problem in its answer, or `Malformed`,
which becomes one. A `Budget` bounds what it reads and how long it takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

from msgspec import Struct

from modelkeep.domain.known_documents import FileInspection, Interface, Part, Problem
from modelkeep.domain.text import printable
from modelkeep.domain.urls import scrub_text

#: How long the reading of one file, and of all files of an artifact, may take (seconds).
FILE_SECONDS, ARTIFACT_SECONDS = 2.0, 10.0
#: How many bytes one call may ask for: a header that says it is longer is not believed.
LARGEST_READ = 64 << 20
_LONGEST_TEXT, _LONGEST_SCRUBBED = 1000, 4000


class Unread(Exception):
    """A file, or a part of it, could not be read; the message completes "it ..."."""

    kind = "unverified"

    def problem(self, what: str = "it") -> Problem:
        """Return it as a problem of what could not be read."""
        return Problem(self.kind, clean(f"{what} {self}"))


class Malformed(Unread):
    """The bytes are not what their format asks for."""

    kind = "invalid"


class OverBudget(Unread):
    """The file could not be read to its end within the budget."""

    def __init__(self, message: str = "was not read to its end within the time for a file") -> None:
        super().__init__(message)


class Budget:
    """How long reading may go on; ``clock`` returns seconds."""

    def __init__(self, seconds: float = FILE_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def check(self) -> None:
        """Raise `OverBudget` where the time is over; loops call it."""
        if self._clock() > self._end:
            raise OverBudget


class ModelFile(Protocol):
    """One file of an artifact: on disk, in the store of a registry, or in memory."""

    @property
    def path(self) -> str:
        """Its path in the artifact, with ``/``."""

    @property
    def size(self) -> int:
        """How many bytes it has."""

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes of a range; fewer where the file ends. At most `LARGEST_READ` at once."""


def clean(text: str) -> str:
    """Return a text of a file as the log can keep it: no control characters, no surrogates, no secrets of a URL, and cut."""
    shown = scrub_text(printable(text[:_LONGEST_SCRUBBED]))
    return shown if len(shown) <= _LONGEST_TEXT else f"{shown[: _LONGEST_TEXT - 3]}..."


class FoundInFile(Struct, frozen=True):
    """What a reader found: the inspection, and the signature where the format has one.

    ``needs`` are files that it cannot do without, by their paths from its directory.
    """

    inspection: FileInspection
    interface: Interface | None = None
    needs: tuple[str, ...] = ()


class FileReader(Protocol):
    """A format of one file; its row in `known_formats` says which files are of it."""

    def inspect(self, file: ModelFile, budget: Budget) -> FoundInFile:
        """Return what is in the file. Raises `Malformed` or `OverBudget`."""


class FoundInTree(Struct, frozen=True):
    """What a reader found in an artifact as a whole."""

    kind: str
    facts: tuple[tuple[str, str], ...] = ()
    parts: tuple[Part, ...] = ()
    problems: tuple[Problem, ...] = ()
    interface: Interface | None = None


class TreeReader(Protocol):
    """A format that is several files: a directory of Hugging Face, of MLflow, a SavedModel."""

    def inspect(
        self, files: Mapping[str, ModelFile], found: Mapping[str, FileInspection], budget: Budget
    ) -> FoundInTree | None:
        """Return what the files are together, None where they are not of this format; ``found`` is what is in each file."""
