"""Documents that tell of a version: what is in its files, its signature, the environment that made it.

Each is canonical JSON of a kind of its own, kept once however many versions name it. What users choose (names of tensors
and packages) stands in values, never in keys.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

from msgspec import Meta
from msgspec.json import Decoder

from modelkeep.domain.record import Count, LogValue, Sha256, decode_canonical, encode_canonical
from modelkeep.domain.text import pattern
from modelkeep.errors import Damaged

#: The bytes that a document of each kind may have at most.
LARGEST = {
    "inspection": 4 << 20,
    "interface": 1 << 20,
    "environment": 1 << 20,
    "attachment": 1 << 20,
    "schema": 1 << 20,
}

#: A text that is not empty.
Text = Annotated[str, Meta(min_length=1)]
#: A word of the program: a format, a kind of fact or problem.
Word = Annotated[str, Meta(pattern=r"\A[a-z][a-z0-9_.-]{0,62}\Z")]


class Tensor(LogValue, frozen=True):
    """A tensor by name, type (``F32``, ``int64``, as the format writes it) and shape; a dimension may be a name."""

    name: Text
    dtype: Text
    shape: tuple[Text, ...] = ()


class Problem(LogValue, frozen=True):
    """A problem of a file that its users should know.

    ``kind`` is ``dangerous`` (loading it runs code), ``unknown`` (it imports a global that is not known to be harmless),
    ``unverified`` (it was not read to its end), ``invalid`` (it breaks the rules of its format) or ``note``.
    """

    kind: Word
    text: Text


class FileInspection(LogValue, frozen=True):
    """What is in one file: its format, facts by name, the tensors it holds, the globals that a pickle imports.

    ``tensors`` is empty where there are very many: the fact ``tensors`` says how many.
    """

    path: Text
    format: Word
    facts: tuple[tuple[Word, str], ...] = ()
    tensors: tuple[Tensor, ...] = ()
    globals: tuple[Text, ...] = ()
    problems: tuple[Problem, ...] = ()

    def fact(self, name: str) -> str | None:
        """Return a fact, None where it is not known."""
        return dict(self.facts).get(name)


class Part(LogValue, frozen=True):
    """Files that belong together, or what the artifact needs beside itself.

    ``role`` is ``weights``, ``tokenizer``, ``adapter``, ``base-model`` and the like, ``name`` how the artifact calls it,
    ``digest`` the SHA-256 of its files' manifest, or of its file where it is one.
    """

    role: Word
    name: Text
    digest: Sha256 | None = None
    paths: tuple[Text, ...] = ()


class Inspection(LogValue, frozen=True, tag_field="format", tag="modelkeep inspection 1"):
    """What is in an artifact: its format as a whole, what is in each file of a known format, and its parts.

    ``kind`` is the format that people call it by: ``onnx``, ``huggingface``, ``mlflow``. ``unread`` counts files of a
    known format that were not looked at, because there are very many.
    """

    kind: Word | None = None
    facts: tuple[tuple[Word, str], ...] = ()
    files: tuple[FileInspection, ...] = ()
    parts: tuple[Part, ...] = ()
    problems: tuple[Problem, ...] = ()
    unread: Count | None = None

    @property
    def formats(self) -> tuple[str, ...]:
        """Every format in it, each once, the artifact's own first."""
        own = () if self.kind is None else (self.kind,)
        return tuple(dict.fromkeys((*own, *(file.format for file in self.files))))

    @property
    def all_problems(self) -> tuple[tuple[str | None, Problem], ...]:
        """Every problem, with the file it is about, None for the artifact."""
        of_files = tuple((file.path, problem) for file in self.files for problem in file.problems)
        return (*((None, problem) for problem in self.problems), *of_files)


class Field(LogValue, frozen=True):
    """An input, an output or a parameter of a model: a column or a tensor."""

    dtype: Text
    name: Text | None = None
    shape: tuple[Text, ...] = ()
    optional: bool = False


class Interface(LogValue, frozen=True, tag_field="format", tag="modelkeep interface 1"):
    """What a model takes and returns: its signature."""

    inputs: tuple[Field, ...] = ()
    outputs: tuple[Field, ...] = ()
    params: tuple[Field, ...] = ()


class LockFile(LogValue, frozen=True):
    """The file that an environment was read from, by its name and the SHA-256 of its bytes."""

    name: Text
    digest: Sha256


class Environment(LogValue, frozen=True, tag_field="format", tag="modelkeep environment 1"):
    """The Python that made a version: its packages as pairs of name and version, in order; the machine's kind.

    ``python`` is the version (``3.11.7``), ``implementation`` as ``CPython``, ``system`` as ``Linux``, ``machine`` as
    ``x86_64``; ``accelerators`` are those that a loaded library named.
    """

    python: Text | None = None
    implementation: Text | None = None
    system: Text | None = None
    machine: Text | None = None
    packages: tuple[tuple[Text, Text], ...] = ()
    accelerators: tuple[Text, ...] = ()
    lock: LockFile | None = None


def normal_package_name(name: str) -> str:
    """Return the name of a package as PyPI compares names: ``scikit-learn`` of ``Scikit_Learn``."""
    return _SEPARATORS.sub("-", name).lower()


_SEPARATORS = pattern(r"[-_.]+")
T = TypeVar("T", bound=LogValue)
_INSPECTION, _INTERFACE, _ENVIRONMENT = Decoder(Inspection), Decoder(Interface), Decoder(Environment)


def _parse(data: bytes, kind: str, decoder: Decoder[T]) -> T:
    check_size(data, kind)
    return decode_canonical(data, decoder, kind)


#: Each returns what a document says, and raises ``Damaged`` where the bytes are not of its kind.
parse_inspection: Callable[[bytes], Inspection] = partial(_parse, kind="inspection", decoder=_INSPECTION)
parse_interface: Callable[[bytes], Interface] = partial(_parse, kind="interface", decoder=_INTERFACE)


def parse_environment(data: bytes) -> Environment:
    """Return what an environment says; one whose packages are not in order, each once, raises ``Damaged``."""
    found = _parse(data, "environment", _ENVIRONMENT)
    names = [name for name, _ in found.packages]
    if names != sorted(set(names)):
        message = "environment: its packages are not in order, or one stands twice"
        raise Damaged(message)
    return found


def check_size(data: bytes, kind: str) -> None:
    """Raise ``Damaged`` where a document is longer than those of its kind may be."""
    if len(data) > LARGEST[kind]:
        message = f"{kind}: {len(data)} bytes, and it may have {LARGEST[kind]}"
        raise Damaged(message)


#: How the bytes of each kind of document are read; attachments and schemas may be anything.
PARSERS: dict[str, Callable[[bytes], Any]] = {
    "inspection": parse_inspection,
    "interface": parse_interface,
    "environment": parse_environment,
    "attachment": partial(check_size, kind="attachment"),
    "schema": partial(check_size, kind="schema"),
}


def to_document(value: Inspection | Interface | Environment) -> bytes:
    """Return the canonical bytes of a document."""
    return encode_canonical(value)
