"""An environment that was found, and the form of the names and versions that it may have."""

from __future__ import annotations

from msgspec import Struct

from modelkeep.domain.known_documents import LARGEST, Environment, normal_package_name, to_document
from modelkeep.domain.text import pattern, printable

_NAME = pattern(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?")
_VERSION = pattern(r"v?[0-9][A-Za-z0-9.!+_-]{0,63}")
#: So many letters and digits in a row are no part of a version: they may be a token.
_TOKEN = pattern(r"[A-Za-z0-9]{20}")


class Captured(Struct, frozen=True):
    """An environment, the directory where it was found, or why there is none; ``note`` is for a person."""

    environment: Environment | None = None
    place: str | None = None
    note: str | None = None

    def document(self) -> bytes | None:
        """Return the document, None without an environment."""
        return None if self.environment is None else to_document(self.environment)


def captured(environment: Environment, place: str, note: str | None = None) -> Captured:
    """Return an environment that was found at a place, unless it is too large for a document."""
    if len(to_document(environment)) > LARGEST["environment"]:
        return Captured(note=f"{printable(place)} has more packages than can be kept")
    return Captured(environment, place, note)


def python_version(text: str | None) -> str | None:
    """Return ``3.11.7`` of ``3.11.7`` and of virtualenv's ``3.11.7.final.0``; None for what is no version."""
    version = (text or "").partition(".final")[0]
    return version if _VERSION.fullmatch(version) else None


def normal_package(name: str, version: str) -> tuple[str, str] | None:
    """Return a package by its name as PyPI compares names and its version; None where a text is no such thing.

    A local version (``1.0+cu121``) that is as long as a token is left out.
    """
    public, _, local = version.partition("+")
    version = public if _TOKEN.search(local) else version
    if not _NAME.fullmatch(name) or not _VERSION.fullmatch(version) or _TOKEN.search(public):
        return None
    return normal_package_name(name), version
