"""`data`: a dataset of its own, with a version, what its bytes are, its schema and what it was made from."""

from __future__ import annotations

from collections.abc import Mapping
from shlex import quote

from modelkeep.domain.dataset_names import data_name
from modelkeep.domain.record import Count, Sha256
from modelkeep.domain.text import pattern, printable
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.domain.verbs.interface import AlreadySo, Command, Decision, Event, Proposal, check_once
from modelkeep.domain.verbs.rows import Changes, Insert, Recorded, Row
from modelkeep.domain.verbs.words import EntryWords
from modelkeep.errors import Conflict, UsageError

#: A dataset's name and version as `--data NAME@VERSION` can name them.
_NAME = pattern(r"[^\s@\x00-\x1f\x7f][^@\x00-\x1f\x7f]{0,249}")
_VERSION = pattern(r"(?!sha256:)[^\s@\x00-\x1f\x7f][^@\x00-\x1f\x7f]{0,199}")
#: What another tool calls some bytes: ``md5:`` and hex digits; DVC writes ``.dir`` behind that of a directory.
CHECKSUM = pattern(r"(?!sha256:)[a-z][a-z0-9-]{1,15}:[0-9a-f]{8,128}(\.dir)?")


class AddDataset(Command, frozen=True, kw_only=True, tag="data"):
    """Record a version of a dataset; it never changes, and the same again is no change.

    ``digest`` is the SHA-256 of its bytes (of the manifest of a directory), where modelkeep hashed them; ``checksum`` is
    what another tool says of them (``md5:…``). ``rows`` is how many it has, ``schema`` the digest of a document with its
    schema, ``parents`` the datasets it was made from.
    """

    PERMISSION = "register"
    HINT_IF_TOO_LONG = "give fewer parents"

    name: str
    version: str
    digest: Sha256 | None = None
    checksum: str | None = None
    rows: Count | None = None
    schema: Sha256 | None = None
    parents: tuple[Data, ...] = ()

    def documents(self) -> Mapping[str, str]:
        return {} if self.schema is None else {self.schema: "schema"}

    def decide(self, proposal: Proposal) -> Decision:
        for what, word, form in (("name", self.name, _NAME), ("version", self.version, _VERSION)):
            if not form.fullmatch(word) or word != word.strip():
                message = f"not the {what} of a dataset: {printable(word)!r}"
                raise UsageError(message, "modelkeep data add transactions@2026-02 data/transactions.parquet")
        if self.checksum is not None and not CHECKSUM.fullmatch(self.checksum):
            message = f"not the checksum of another tool: {printable(self.checksum)!r}"
            raise UsageError(message)
        check_once("parent", [data_name(each.name, each.version, each.digest) for each in self.parents])
        called = data_name(self.name, self.version, None)
        if any((each.name, each.version) == (self.name, self.version) for each in self.parents):
            message = f"{called} cannot be made from itself"
            raise UsageError(message)
        if self.schema is not None:
            from modelkeep.domain.known_documents import check_size  # reading an entry does not need it

            check_size(proposal.document(self.schema, "schema"), "schema")
        there = proposal.state.dataset(self.name, self.version)
        if there is None:
            return (DatasetAdded(),)
        parents = tuple((each.name, each.version, each.digest) for each in self.parents)
        given = (self.digest, self.checksum, self.rows, self.schema, parents)
        known = (there.digest, there.checksum, there.rows, there.schema, there.parents)
        if all(one in (None, (), other) for one, other in zip(given, known, strict=True)):
            return AlreadySo(f"{called} is recorded so")
        message = f"{called} is recorded with other contents in entry {there.seq}"
        raise Conflict(message, f"modelkeep data show {quote(called)}        (a change is another version)")

    def sentence(self, _words: EntryWords) -> str:
        return f"recorded the dataset {data_name(self.name, self.version, None)}{self.row_words}"

    @property
    def row_words(self) -> str:
        """How many rows it has, as the end of a sentence: ``, 1,200 rows``."""
        return "" if self.rows is None else f", {self.rows:,} row{'' if self.rows == 1 else 's'}"


class DatasetAdded(Event, frozen=True):
    """A version of a dataset is recorded."""

    def project(self, recorded: Recorded) -> Changes:
        command = recorded.command(AddDataset)
        key: Row = {"name": command.name, "data_version": command.version}
        row: Row = {"digest": command.digest, "checksum": command.checksum, "row_count": command.rows}
        yield Insert("data_version", {**key, "seq": recorded.seq, **row, "schema_digest": command.schema})
        for position, parent in enumerate(command.parents):
            row = {"parent_name": parent.name, "parent_version": parent.version, "digest": parent.digest}
            yield Insert("data_parent", {**key, "position": position, **row})
