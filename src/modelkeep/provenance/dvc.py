"""What DVC knows of data: its hashes and the remote that they lie in, read from `.dvc` files, `dvc.lock` and `.dvc/config`.

Nothing of DVC is run or needed. An MD5 is what DVC calls some bytes, and never stands for a SHA-256 of ours: the dataset
gets it as its version or checksum, ``md5:`` and the digits, with ``.dir`` behind those of a directory.
The files: https://dvc.org/doc/user-guide/project-structure.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from msgspec import Struct

from modelkeep.domain.text import pattern, printable
from modelkeep.domain.urls import is_url, scrub
from modelkeep.errors import NotFound, UsageError

_MD5 = pattern(r"[0-9a-f]{32}(\.dir)?")
_REMOTE = pattern(r"""'?\s*remote\s+"([^"]+)"\s*'?""")
_LOCK, _PIPELINE = "dvc.lock", "dvc.yaml"
_LARGEST = 64 << 10
#: What a stage depends on and is no data: the programs that it runs.
_PROGRAMS = (".py", ".ipynb", ".sh", ".r", ".jl")
_IF_LARGER = "name the data itself: --data NAME@VERSION, or the x.dvc of one dataset"
_HINT = "dvc add writes x.dvc, dvc repro writes dvc.lock"


#: A dataset's name as `--data NAME@VERSION` can name it.
_NAME = pattern(r"(?!\.\.?$)[^\s@/-][^@/]{0,249}")


class Tracked(Struct, frozen=True):
    """Some data that DVC tracks: its name, its checksum (``md5:…``), and where it lies."""

    name: str
    checksum: str
    location: str


def is_dvc(path: str) -> bool:
    """Tell whether a path is that of a file of DVC, maybe with ``:STAGE`` behind it."""
    path = path if os.path.exists(path) else path.rpartition(":")[0] or path
    name = os.path.basename(path)
    return ((name.endswith(".dvc") and name != ".dvc") or name in (_LOCK, _PIPELINE)) and os.path.isfile(path)


def read_tracked(path: str, given: str) -> tuple[Tracked, ...]:
    """Return the data that a file of DVC names: the outputs of an ``x.dvc``, what the stages of a ``dvc.lock`` read.

    With ``dvc.lock:STAGE`` (or ``dvc.yaml:STAGE``) it is what this stage reads; else what no stage of the file makes.
    ``given`` is the path as it was typed. Raises ``UsageError`` for a file without such hashes, ``NotFound`` for a
    stage that is not there.
    """
    stage = None
    if not os.path.exists(path):
        path, _, stage = path.rpartition(":")
    if os.path.basename(path) == _PIPELINE:
        path = os.path.join(os.path.dirname(path), _LOCK)
    document = _read(path, given)
    if path.endswith(".dvc"):
        outputs = list(_entries(document.get("outs")))
        found = [_tracked(each, path, given, in_remote=True) for each in outputs]
    else:
        found = _read_by_stages(document, path, given, stage)
    if not found:
        message = f"'{printable(given)}' names no data"
        raise UsageError(message, _HINT)
    return tuple(found)


def _read_by_stages(document: dict[str, object], path: str, given: str, stage: str | None) -> list[Tracked]:
    stages = document.get("stages", document)
    stages = stages if isinstance(stages, dict) else {}
    if stage is not None and stage not in stages:
        message = f"there is no stage '{printable(stage)}' in '{printable(path)}'"
        raise NotFound(message, printable(f"its stages: {', '.join(map(str, stages))}"))
    wanted = [stages[stage]] if stage is not None else list(stages.values())
    made = {_path(each) for one in stages.values() if isinstance(one, dict) for each in _entries(one.get("outs"))}
    found: dict[str, Tracked] = {}
    for one in wanted:
        for each in _entries(one.get("deps") if isinstance(one, dict) else None):
            name = _path(each)
            if name.lower().endswith(_PROGRAMS) or (stage is None and name in made):
                continue
            tracked_apart = os.path.isfile(os.path.join(os.path.dirname(path), f"{name}.dvc"))
            found[name] = _tracked(each, path, given, in_remote=name in made or tracked_apart)
    return list(found.values())


def _read(path: str, given: str) -> dict[str, object]:
    """Return a YAML file of DVC as a mapping; the scalars are texts."""
    from modelkeep.provenance.value_files import read_bytes  # most data has no file of DVC
    from modelkeep.provenance.yaml_values import LARGEST_OF_TOOL, parse_yaml

    status = os.stat(path) if os.path.exists(path) else None
    if status is None or not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_OF_TOOL:
        what = "there is no file" if status is None else "not a file of at most 256 KiB:"
        message = f"{what} '{printable(path if status is None else given)}'"
        raise UsageError(message, _IF_LARGER)
    try:
        text = read_bytes(path, status).decode()
    except UnicodeDecodeError as error:
        message = f"'{printable(given)}' is not UTF-8, and so no file of DVC"
        raise UsageError(message, _HINT) from error
    found = parse_yaml(text, printable(given), most_characters=LARGEST_OF_TOOL, if_larger=_IF_LARGER)
    return {str(key): value for key, value in found.items()} if isinstance(found, dict) else {}


def _entries(listed: object) -> Iterator[dict[str, object]]:
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            yield each


def _path(entry: dict[str, object]) -> str:
    return str(entry.get("path") or "")


def _tracked(entry: dict[str, object], path: str, given: str, *, in_remote: bool) -> Tracked:
    """Return the data of one entry; DVC 3 says ``hash: md5`` and keeps such files in a directory of their own."""
    name, md5 = _path(entry), str(entry.get("md5") or "")
    called = os.path.basename(os.path.normpath(scrub(name) if is_url(name) else name))
    if not _MD5.fullmatch(md5) or not _NAME.fullmatch(called) or name != printable(name):
        message = f"'{printable(given)}' has no MD5 of '{printable(name)}'"
        raise UsageError(message, _HINT)
    remote = _remote(os.path.dirname(path), entry.get("remote")) if in_remote else None
    if is_url(name):
        return Tracked(called, f"md5:{md5}", scrub(name))
    if remote is None:
        return Tracked(
            called,
            f"md5:{md5}",
            os.path.normpath(os.path.join(os.path.dirname(given.rpartition(":")[0] or given), name)),
        )
    middle = "files/md5/" if entry.get("hash") == "md5" else ""
    return Tracked(called, f"md5:{md5}", f"{remote.rstrip('/')}/{middle}{md5[:2]}/{md5[2:]}")


def _remote(directory: str, named: object) -> str | None:
    """Return the scrubbed URL of a remote, the default one where none is named; None where the project has none.

    Only ``.dvc/config`` is read, which is committed: ``config.local`` is where credentials stand.
    """
    import configparser

    from modelkeep.provenance.value_files import read_bytes

    while not os.path.lexists(os.path.join(directory, ".dvc")):
        above = os.path.dirname(directory)
        if above == directory or os.path.lexists(os.path.join(directory, ".git")):
            return None
        directory = above
    path = os.path.join(directory, ".dvc", "config")
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
            return None
        parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
        parser.read_string(read_bytes(path, status).decode())
    except (OSError, UsageError, NotFound, UnicodeDecodeError, configparser.Error):
        return None
    name = str(named) if named else parser.get("core", "remote", fallback="")
    for section in parser.sections():
        match = _REMOTE.fullmatch(section)
        if match and match[1] == name:
            url = parser.get(section, "url", fallback="")
            if url and url == printable(url):
                return scrub(url) if is_url(url) else os.path.normpath(os.path.join(directory, ".dvc", url))
    return None
