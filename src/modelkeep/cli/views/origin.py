"""Where a version came from: sections of its page, its packages, and one of its attachments."""

from __future__ import annotations

from binascii import b2a_base64
from typing import TYPE_CHECKING

from modelkeep.cli.views.interface import View, line
from modelkeep.cli.views.layout import section, table
from modelkeep.domain.answers.origin import AttachmentContent, PackageList
from modelkeep.domain.text import printable_lines
from modelkeep.rendering import Clock, counted, human_size

if TYPE_CHECKING:
    from rich.console import RenderableType

    from modelkeep.domain.answers.pages import Version


def origin_sections(version: Version) -> list[RenderableType]:
    """Return the sections about the environment, the CI run and the attachments of a version; none of what is unknown."""
    return [*_environment(version), *_ci(version), *_attachments(version)]


def _environment(version: Version) -> list[RenderableType]:
    found = version.environment
    if found is None:
        return []
    python = " ".join(each for each in (found.implementation, found.python) if each)
    machine = " ".join(each for each in (found.system, found.machine) if each)
    return section(
        "environment",
        [
            ("python", python or "-"),
            *([("machine", machine)] if machine else []),
            *([("accelerators", ", ".join(found.accelerators))] if found.accelerators else []),
            ("packages", f"{found.package_count}  (modelkeep show {version.ref} --packages)"),
            *([("lock", f"{found.lock.name}  {found.lock.digest}")] if found.lock is not None else []),
        ],
    )


def _ci(version: Version) -> list[RenderableType]:
    found = version.ci
    if found is None:
        return []
    about = (("run", found.url), ("by", found.actor), ("ref", found.ref), ("job", found.job))
    return section("CI", [("system", found.system), *((name, value) for name, value in about if value is not None)])


def _attachments(version: Version) -> list[RenderableType]:
    return section("attachments", [(each.name, human_size(each.size_bytes)) for each in version.attachments])


class PackagesView(View, frozen=True):
    """The packages of the environment that made a version."""

    answer: PackageList

    def lines(self) -> list[str]:
        return [line(name, version) for name, version in self.answer.packages.items()]

    def identifiers(self) -> list[str]:
        """Return the packages as pip takes them: ``numpy==1.26.4``."""
        return [f"{name}=={version}" for name, version in self.answer.packages.items()]

    def table(self, clock: Clock) -> RenderableType:
        return table(("package", "version"), [list(item) for item in self.answer.packages.items()])

    def notes(self) -> list[str]:
        python = "" if self.answer.python is None else f" of Python {self.answer.python}"
        return [f"{counted(len(self.answer.packages), 'package')}{python}"]


class AttachmentView(View, frozen=True):
    """One attachment of a version; ``encoding`` of its content is ``utf-8`` or ``base64``."""

    undocumented = ("data",)
    ref: str
    name: str
    kind: str
    digest: str
    encoding: str
    content: str
    data: bytes

    @classmethod
    def of(cls, found: AttachmentContent) -> AttachmentView:
        """Return the view of an attachment: its content as text, or where it is no UTF-8 in Base64."""
        try:
            encoding, content = "utf-8", found.content.decode()
        except UnicodeDecodeError:
            encoding, content = "base64", b2a_base64(found.content, newline=False).decode("ascii")
        return cls(found.ref, found.name, found.kind, found.digest, encoding, content, found.content)

    def identifiers(self) -> list[str]:
        return [self.name]

    def lines(self) -> list[str]:
        """Return its lines for a terminal; a pipe gets the bytes as they are."""
        return printable_lines(self.data.decode("utf-8", "backslashreplace")).rstrip("\n").split("\n")
