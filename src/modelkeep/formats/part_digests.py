"""The digests of parts: of the one file of a part, or of the manifest of its files, so that the same part is known again."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from modelkeep.domain.known_documents import Part
from modelkeep.domain.manifest import Manifest, ManifestFile
from modelkeep.formats.interface import ModelFile


def with_digest(part: Part, files: Mapping[str, ModelFile]) -> Part:
    """Return a part with its digest, as far as the digests of its files are known.

    The paths in a part's manifest are those below the directory that all of them are in.
    """
    digests = {path: getattr(files.get(path), "digest", None) for path in part.paths}
    if part.digest is not None or not digests or not all(digests.values()):
        return part
    if len(digests) == 1:
        return replace(part, digest=digests[part.paths[0]])
    start = len(_directory(part.paths))
    manifest = Manifest.of(
        ManifestFile(str(digest), path[start:], files[path].size) for path, digest in digests.items()
    )
    return replace(part, digest=manifest.digest)


def _directory(paths: tuple[str, ...]) -> str:
    """Return the deepest directory that all paths are in, with its slash; empty where that is the top."""
    first, last = min(paths).split("/")[:-1], max(paths).split("/")[:-1]
    shared = []
    for one, other in zip(first, last, strict=False):
        if one != other:
            break
        shared.append(one)
    return "".join(f"{name}/" for name in shared)
