"""Inspect the files of a version before its entry is written; a failure becomes a note, and the change goes on."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.changes.register_request import Request
from modelkeep.domain.answers.inspections import SERIOUS, ProblemRow
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.known_documents import Inspection, Interface, to_document
from modelkeep.formats.interface import ModelFile
from modelkeep.rendering import format_words


class FoundContents(Struct, frozen=True):
    """What is in the files of a version, and its signature: the one that was given, else that of the format.

    ``failure`` is why its files were not inspected.
    """

    inspection: Inspection | None = None
    interface: Interface | None = None
    failure: str | None = None

    @property
    def inspected(self) -> str | None:
        """The digest of the document with the inspection."""
        return None if self.inspection is None else digest_of(to_document(self.inspection))

    @property
    def signature(self) -> str | None:
        """The digest of the document with the signature."""
        return None if self.interface is None else digest_of(to_document(self.interface))

    @property
    def documents(self) -> dict[str, bytes]:
        """The documents by digest."""
        found = [to_document(each) for each in (self.inspection, self.interface) if each is not None]
        return {digest_of(data): data for data in found}

    @property
    def words(self) -> str | None:
        """The format in short: ``safetensors (6.7B parameters)``."""
        if self.inspection is None:
            return None
        from modelkeep.domain.inspections import inspection_of

        return format_words(inspection_of(self.inspection))

    @property
    def warnings(self) -> tuple[str, ...]:
        """The problems that matter to a person who loads the files."""
        found = () if self.inspection is None else self.inspection.all_problems
        problems = (ProblemRow(each.kind, each.text, path) for path, each in found if each.kind in SERIOUS)
        failure = () if self.failure is None else (f"its files were not inspected: {self.failure}",)
        return (*failure, *(each.sentence for each in problems))


def find_contents(request: Request, opened: AbstractContextManager[Iterable[ModelFile]]) -> FoundContents:
    """Return what is in files that are to be opened; a signature that was given counts more than that of the format."""
    given = request.signature
    if not request.inspect:
        return FoundContents(interface=given)
    from modelkeep.formats.inspection import inspect

    try:
        with opened as files:
            found = inspect(files)
    except Exception as error:  # noqa: BLE001  bytes that gc removed, a disk that fails: the registration finds out itself
        return FoundContents(interface=given, failure=str(error) or type(error).__name__)
    contents = FoundContents(found.inspection, found.interface)
    return contents if given is None else replace(contents, interface=given)
