"""A part of an artifact: one of its files, or a directory of them."""

from __future__ import annotations

from msgspec.structs import replace

from modelkeep.domain.manifest import Form, Manifest
from modelkeep.domain.text import printable
from modelkeep.errors import NotFound


def path_inside(manifest: Manifest, inner: str) -> str:
    """Return a path inside the artifact, without a ``/`` at its end: of one of its files, or a directory of them."""
    wanted = inner.rstrip("/")
    if wanted and any(file.path == inner or file.path.startswith(wanted + "/") for file in manifest.files):
        return wanted
    from difflib import get_close_matches

    paths = [file.path for file in manifest.files]
    near = get_close_matches(inner, paths, n=3, cutoff=0.5) or paths[:3]
    more = ", …" if len(paths) > len(near) else ""
    message = f"the artifact has no file '{printable(inner)}'"
    raise NotFound(message, "it has " + ", ".join(map(printable, near)) + more)


def part_of(manifest: Manifest, inner: str) -> tuple[Manifest, Form]:
    """Return the manifest and form of a part of an artifact, as if it had been registered alone."""
    wanted = path_inside(manifest, inner)
    for file in manifest.files:
        if file.path == wanted:
            return Manifest.of([replace(file, path=wanted.rpartition("/")[2])]), "file"
    below = wanted + "/"
    files = [file for file in manifest.files if file.path.startswith(below)]
    return Manifest.of(replace(file, path=file.path.removeprefix(below)) for file in files), "tree"
