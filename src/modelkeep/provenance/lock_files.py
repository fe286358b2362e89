"""Files that say which packages an environment has: the pins of requirements.txt, lock files, exports of conda.

Known are ``requirements.txt``, ``pylock.toml``, ``uv.lock``, ``poetry.lock``, ``Pipfile.lock``, ``environment.yml`` and what
``conda list --export`` and ``conda list --explicit`` print. Of each only names and exact versions are kept: no address, no
hash, no option of an installer.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from modelkeep.domain.hashing import digest_of
from modelkeep.domain.known_documents import Environment, LockFile
from modelkeep.domain.text import pattern, printable
from modelkeep.errors import UsageError
from modelkeep.provenance.captured_environment import Captured, captured, normal_package, python_version
from modelkeep.provenance.value_files import decode, parse_toml, read_bytes
from modelkeep.provenance.yaml_values import LARGEST_OF_TOOL, parse_yaml

_MOST_BYTES, _MOST_PACKAGES = 16 << 20, 50_000
_LONGEST_NAME = 250
_KNOWN = "requirements.txt, pylock.toml, uv.lock, poetry.lock, Pipfile.lock, environment.yml, or what conda list --export prints"
_IF_LARGER = "conda list --export > packages.txt, and --env packages.txt"
_PIN = pattern(r"([A-Za-z0-9._-]++)[ \t]*+(?:\[[^\]]*+\][ \t]*+)?={2,3}[ \t]*+([^\s;,*]++)[ \t]*+(?:;(.*))?")
_CONDA_PIN = pattern(r"(?:[^\s:]+::)?([A-Za-z0-9._-]+)={1,2}([^\s=*,]+)(?:=[^\s=]*)?")
_CONDA_FILE = pattern(r"[^\s#]*/([^/\s#]+)-([^-/\s#]+)-[^-/\s#]+\.(?:conda|tar\.bz2)(?:#\S*)?")
_COMMENT = pattern(r"(?:^|\s)#.*")
_OPTIONS = pattern(r"\s--(?:hash|config-settings?|global-option|install-option)\b.*")


class _Package(Struct, frozen=True):
    """What a file says of one package; a version of None is not pinned."""

    name: str
    version: str | None
    marker: str | None = None


def from_file(path: str, seen: os.stat_result | None, process: Environment | None) -> Captured:
    """Return the environment that a file names, on the Python and machine of a process; ``-`` is standard input.

    With ``seen``, another file than the one of that status is refused.

    Raises ``NotFound`` where there is no file, and ``UsageError`` for one that pins nothing, or is of no known kind.
    """
    data = read_bytes(path, seen, most_bytes=_MOST_BYTES, forms=_KNOWN, if_larger=_KNOWN, pipes=False)
    name = "standard input" if path == "-" else os.path.basename(os.path.normpath(path))
    found: dict[str, str] = {}
    markers = _Markers()
    total = unpinned = 0
    for package in _packages(data, name):
        total += 1
        normal = None if package.version is None else normal_package(package.name, package.version)
        if normal is None:
            unpinned += 1
        elif markers.hold(package.marker):
            found.setdefault(*normal)
        if total > _MOST_PACKAGES:
            message = f"'{printable(name)}' names more than {_MOST_PACKAGES:,} packages"
            raise UsageError(message, _KNOWN)
    if not found:
        message = f"'{printable(name)}' names no package with an exact version"
        raise UsageError(message, f"--env auto, --env none, or one of {_KNOWN}")
    python = python_version(found.pop("python", None))
    about = process or Environment()
    environment = Environment(
        python=python or about.python,
        implementation=about.implementation,
        system=about.system,
        machine=about.machine,
        packages=tuple(sorted(found.items())),
        accelerators=about.accelerators,
        lock=LockFile(printable(name)[:_LONGEST_NAME], digest_of(data)),
    )
    note = f"{unpinned} of {total} packages have no exact version" if unpinned else None
    return captured(environment, path, note)


def _packages(data: bytes, name: str) -> Iterator[_Package]:
    """Yield the packages that a file names, by the kind that its name and its first character tell."""
    shown = printable(name)
    text = decode(data, shown, _KNOWN)
    ending = os.path.splitext(name)[1].lower()
    if text.lstrip().startswith("{"):
        yield from _of_pipfile_lock(text, shown)
    elif ending in (".toml", ".lock"):
        yield from _of_toml(parse_toml(text, shown, _KNOWN, most_characters=_MOST_BYTES), shown)
    elif ending in (".yml", ".yaml"):
        document = parse_yaml(text, shown, most_characters=LARGEST_OF_TOOL, if_larger=_IF_LARGER)
        yield from _of_environment_yml(document, shown)
    else:
        yield from _of_lines(text)


def _of_toml(document: Mapping[str, Any], shown: str) -> Iterator[_Package]:
    """Yield the packages of ``pylock.toml`` (``packages``), ``uv.lock`` and ``poetry.lock`` (``package``)."""
    tables = document.get("packages", document.get("package"))
    if not isinstance(tables, list):
        raise _unknown(shown)
    for table in tables:
        if not isinstance(table, dict) or not isinstance(table.get("name"), str):
            raise _unknown(shown)
        version, marker = table.get("version"), table.get("marker", table.get("markers"))
        yield _Package(
            table["name"],
            version if isinstance(version, str) else None,
            marker if isinstance(marker, str) else None,
        )


def _of_pipfile_lock(text: str, shown: str) -> Iterator[_Package]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"{shown} is not JSON: {type(error).__name__}"
        raise UsageError(message, _KNOWN) from error
    default = document.get("default")
    if not isinstance(default, dict):
        raise _unknown(shown)
    requires = document.get("_meta", {})
    python = requires.get("requires", {}) if isinstance(requires, dict) else {}
    if isinstance(python, dict) and isinstance(version := python.get("python_full_version"), str):
        yield _Package("python", version)
    for name, table in default.items():
        version, marker = (
            (table.get(key) for key in ("version", "markers")) if isinstance(table, dict) else (None, None)
        )
        yield _Package(
            name,
            version.removeprefix("==") if isinstance(version, str) else None,
            marker if isinstance(marker, str) else None,
        )


def _of_environment_yml(document: object, shown: str) -> Iterator[_Package]:
    dependencies = document.get("dependencies") if isinstance(document, dict) else None
    if not isinstance(dependencies, list):
        raise _unknown(shown)
    for item in dependencies:
        if isinstance(item, dict):
            pip = item.get("pip")
            yield from _of_lines("\n".join(map(str, pip if isinstance(pip, list) else ())))
        else:
            yield _pin(_CONDA_PIN, str(item))


def _of_lines(text: str) -> Iterator[_Package]:
    """Yield the packages of lines: ``numpy==1.26.4``, ``numpy=1.26.4=py311_0``, the address of a file of conda."""
    for line in _joined(text.splitlines()):
        stripped = _OPTIONS.sub("", _COMMENT.sub("", line)).strip()
        if not stripped or stripped.startswith(("-", "@EXPLICIT")):
            continue
        if match := _PIN.fullmatch(stripped):
            yield _Package(*match.groups())
        elif "://" in stripped and " @ " not in stripped:
            yield _pin(_CONDA_FILE, stripped)
        else:
            yield _pin(_CONDA_PIN, stripped)


def _pin(form: Any, text: str) -> _Package:
    match = form.fullmatch(text.strip())
    return _Package("", None) if match is None else _Package(match.group(1), match.group(2))


def _joined(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines, each with those that a backslash at its end continues."""
    begun: list[str] = []
    for line in lines:
        begun.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield " ".join(begun)
            begun = []
    if begun:
        yield " ".join(begun)


#: A file with more different markers is refused: each takes a tenth of a millisecond, and with many brackets far more.
_LONGEST_MARKER, _MOST_BRACKETS, _MOST_MARKERS = 1000, 20, 2000


class _Markers:
    """The markers of one file (``sys_platform == 'win32'``), each judged once."""

    def __init__(self) -> None:
        self._known: dict[str | None, bool] = {}

    def hold(self, marker: str | None) -> bool:
        """Tell whether a marker holds for the Python that runs us. Raises ``UsageError`` where there are very many."""
        if marker not in self._known:
            if len(self._known) >= _MOST_MARKERS:
                message = f"the packages have more than {_MOST_MARKERS} different markers"
                raise UsageError(message, "pip freeze > requirements.txt, and --env requirements.txt")
            self._known[marker] = _holds(marker)
        return self._known[marker]


def _holds(marker: str | None) -> bool:
    """Tell whether a marker holds; one that is malformed holds."""
    if marker is None or not marker.strip() or len(marker) > _LONGEST_MARKER or marker.count("(") > _MOST_BRACKETS:
        return True
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

    try:
        return Marker(marker).evaluate({"extra": ""})
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, RecursionError, ValueError):
        return True


def _unknown(shown: str) -> UsageError:
    message = f"{shown} is no file of packages that modelkeep knows"
    return UsageError(message, _KNOWN)
