"""What is in a version: its formats, what is in each file, what to beware of, and its signature."""

from __future__ import annotations

from modelkeep.domain.record import Answer

#: The kinds of problems that matter to a person who loads a file; the other is ``note``.
SERIOUS = ("dangerous", "unknown", "unverified", "invalid")


class ProblemRow(Answer, frozen=True):
    """Something to beware of, and the file it is about, None for the artifact.

    ``kind`` is ``dangerous`` (loading it runs code), ``unknown`` (it imports a global that is not known to be harmless),
    ``unverified`` (it was not read to its end), ``invalid`` (it breaks the rules of its format) or ``note``.
    """

    kind: str
    text: str
    file: str | None

    @property
    def is_serious(self) -> bool:
        """Whether it is more than a note."""
        return self.kind in SERIOUS

    @property
    def sentence(self) -> str:
        """The file, the kind and what it is: ``model.pkl: dangerous: it imports os.system``."""
        return ": ".join(each for each in (self.file, self.kind, self.text) if each)


class FileFormat(Answer, frozen=True):
    """A file of a known format: facts by name, and the globals that a pickle imports."""

    path: str
    format: str
    facts: dict[str, str]
    globals: tuple[str, ...]


class PartRow(Answer, frozen=True):
    """Files that belong together, or what the artifact needs beside itself: ``role`` is ``tokenizer``, ``base-model`` ..."""

    role: str
    name: str
    digest: str | None
    paths: tuple[str, ...]


class Inspection(Answer, frozen=True):
    """What was found in the files of a version.

    ``format`` is what people call the whole, None where its files have nothing in common; ``formats`` are all, ``tensors``
    and ``parameters`` how many there are. ``unread`` counts files of a known format that were not looked at. ``digest`` and
    ``since`` are those of the record in the log, None where the files were read for this answer.
    """

    format: str | None
    formats: tuple[str, ...]
    parameters: int | None
    tensors: int | None
    facts: dict[str, str]
    files: tuple[FileFormat, ...]
    parts: tuple[PartRow, ...]
    problems: tuple[ProblemRow, ...]
    unread: int
    digest: str | None = None
    since: str | None = None

    @property
    def serious(self) -> tuple[ProblemRow, ...]:
        """The problems that are more than notes."""
        return tuple(each for each in self.problems if each.is_serious)


class FieldRow(Answer, frozen=True):
    """An input, an output or a parameter; a dimension is a number, a name, or ``?`` where it is not known."""

    dtype: str
    name: str | None
    shape: tuple[str, ...]
    optional: bool


class Signature(Answer, frozen=True):
    """What a version takes and returns."""

    inputs: tuple[FieldRow, ...]
    outputs: tuple[FieldRow, ...]
    params: tuple[FieldRow, ...]


class TensorRow(Answer, frozen=True):
    """A tensor and the file it is in."""

    file: str
    name: str
    dtype: str
    shape: tuple[str, ...]


class Inspected(Answer, frozen=True):
    """What is in a version, a file of one, or files on disk.

    ``recorded`` says that this is what the log has; else the files were read now. ``inspection`` is None where no file is of
    a known format. ``tensors`` are those of all files, in their order.
    """

    what: str
    ref: str | None
    recorded: bool
    inspection: Inspection | None
    signature: Signature | None
    tensors: tuple[TensorRow, ...]
