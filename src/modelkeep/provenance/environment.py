"""The Python environment that made a version: of the process that calls the API, or the one that the shell has activated.

Packages are read from the names of ``*.dist-info`` and ``*.egg-info`` in the directories that Python imports from. No
package is imported, nothing of an environment is run, and few of its files are read. A name or a version that has
not the form of one is left out, so nothing else than names and versions is kept. The command line takes the environment
that ``VIRTUAL_ENV`` or ``CONDA_PREFIX`` names, else the one that modelkeep is installed in, unless that is modelkeep's
alone (pipx, ``uv tool``) or has nothing but modelkeep and what it needs.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from modelkeep.domain.known_documents import Environment, normal_package_name
from modelkeep.domain.text import pattern, printable
from modelkeep.provenance.captured_environment import Captured, captured, normal_package, python_version
from modelkeep.provenance.git import read_regular

_SUFFIXES = (".dist-info", ".egg-info")
_MOST_ENTRIES = 100_000
_MOST_METADATA_BYTES = 256 << 10
_MOST_SETTINGS_BYTES = 64 << 10
_OWN = "modelkeep"
#: Installers, which an environment has without being anybody's.
_INSTALLERS = frozenset({"pip", "setuptools", "wheel", "uv", "distribute"})
#: What pipx and ``uv tool`` leave in an environment that they made for one program.
_OF_ONE_TOOL = (("pipx", "pipx_metadata.json"), ("uv tool", "uv-receipt.toml"))
_REQUIRES = pattern(rb"^Requires-Dist:[ \t]*([A-Za-z0-9._-]{1,128})([^\r\n]*)", re.MULTILINE)
_EXTRA = pattern(r"\bextra\b")
_VERSION_LINE = pattern(rb"^Version:[ \t]*([^\r\n]{1,100})", re.MULTILINE)
_WORD = pattern(r"[A-Za-z][A-Za-z0-9]{0,31}")
_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}


def capture(given: str, seen: os.stat_result | None, environ: Mapping[str, str], *, in_process: bool) -> Captured:
    """Return what ``--env`` means: ``auto``, ``none``, or a file that names packages (`lock_files`), whose status is ``seen``.

    ``in_process`` says that the environment is that of this process, because a script calls us.
    """
    if given == "none":
        return Captured()
    if given == "auto":
        return of_process() if in_process else of_shell(environ)
    from modelkeep.provenance import lock_files

    return lock_files.from_file(given, seen, of_process().environment if in_process else None)


def of_process(path: Sequence[str] | None = None) -> Captured:
    """Return the environment of this process: what it can import, and the accelerators that a loaded library knows."""
    from modelkeep.provenance.accelerators import loaded_accelerators

    found = packages(sys.path if path is None else path)
    return captured(_of_interpreter(found, loaded_accelerators()), sys.prefix)


def of_shell(environ: Mapping[str, str], prefix: str = sys.prefix, path: Sequence[str] | None = None) -> Captured:
    """Return the environment that the shell has activated, else the one that modelkeep is installed in."""
    path = sys.path if path is None else path
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        activated = environ.get(variable, "")
        if os.path.isabs(activated) and os.path.isdir(activated):
            if os.path.samefile(activated, prefix):
                break
            return of_directory(activated)
    tool = next((name for name, mark in _OF_ONE_TOOL if os.path.exists(os.path.join(prefix, mark))), None)
    if tool is not None:
        return Captured(note=f"none is activated, and modelkeep has one of its own ({tool})")
    found = packages(path)
    if not found.keys() - _INSTALLERS - _needed_by_us(path):
        return Captured(note="none is activated, and modelkeep's own has nothing else")
    return captured(_of_interpreter(found), prefix)


def of_directory(prefix: str) -> Captured:
    """Return the environment in a directory, as venv, virtualenv, uv and conda make them."""
    roots, settings = list(_site_packages(prefix)), _settings(prefix)
    if not roots:
        return Captured(note=f"{printable(prefix)} has no Python packages")
    if settings.get("include-system-site-packages", "").lower() == "true" and os.path.isabs(settings.get("home", "")):
        roots += _site_packages(os.path.dirname(settings["home"]))
    implementation = settings.get("implementation", "")
    system, machine = _machine()
    return captured(
        Environment(
            python=python_version(settings.get("version") or settings.get("version_info") or _python_of_conda(prefix)),
            implementation=implementation if _WORD.fullmatch(implementation) else None,
            system=system,
            machine=machine,
            packages=tuple(sorted(packages(roots).items())),
        ),
        prefix,
    )


def packages(directories: Iterable[str]) -> dict[str, str]:
    """Return the version of each package in the directories of an import path; the first directory that has it counts."""
    found: dict[str, str] = {}
    for directory in dict.fromkeys(directories):
        here: dict[str, str] = {}
        for entry in sorted(_entries(directory)):
            if (package := _package(directory, entry)) is not None:
                here[package[0]] = package[1]
        found = {**here, **found}
    return found


def _entries(directory: str) -> list[str]:
    """Return the entries of a directory that tell of packages; of a directory that has very many, those that come first."""
    try:
        with os.scandir(directory or os.curdir) as entries:
            return [each.name for each in islice(entries, _MOST_ENTRIES) if each.name.endswith(_SUFFIXES)]
    except (OSError, ValueError):  # a zip file, a directory that is gone, the hook of an editable install
        return []


def _package(directory: str, entry: str) -> tuple[str, str] | None:
    """Return the package that an entry of a directory is about."""
    stem, dot, suffix = entry.rpartition(".")
    if dot + suffix not in _SUFFIXES or entry.startswith("~"):  # pip renames to ~ what it is about to remove
        return None
    name, dash, rest = stem.partition("-")
    version = rest.partition("-py")[0] if suffix == "egg-info" else rest
    if not dash and suffix == "egg-info":  # a source tree that is installed in place
        found = _VERSION_LINE.search(
            read_regular(os.path.join(directory, entry, "PKG-INFO"), _MOST_METADATA_BYTES) or b""
        )
        version = "" if found is None else found.group(1).decode("ascii", "replace").strip()
    return normal_package(name, version)


def _of_interpreter(found: Mapping[str, str], accelerators: tuple[str, ...] = ()) -> Environment:
    system, machine = _machine()
    return Environment(
        python=python_version(sys.version.partition(" ")[0].rstrip("+")),
        implementation=_IMPLEMENTATIONS.get(sys.implementation.name, sys.implementation.name),
        system=system,
        machine=machine,
        packages=tuple(sorted(found.items())),
        accelerators=accelerators,
    )


def _machine() -> tuple[str | None, str | None]:
    """Return the names of the operating system and of the kind of machine: ``Linux``, ``x86_64``."""
    if hasattr(os, "uname"):
        uname = os.uname()
        return uname.sysname or None, uname.machine or None
    import platform  # takes as long to import as all packages to list

    return platform.system() or None, platform.machine() or None


def _needed_by_us(path: Sequence[str]) -> set[str]:
    """Return modelkeep and the packages that it needs, and those that these need, by what their metadata says."""
    metadata = {name: place for directory in reversed(path) for name, place in _metadata_files(directory)}
    needed, waiting = set(), [_OWN]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed.add(name)
        text = read_regular(metadata[name], _MOST_METADATA_BYTES) if name in metadata else None
        headers = (text or b"").partition(b"\n\n")[0]
        waiting += [
            normal_package_name(match.group(1).decode("ascii"))
            for match in _REQUIRES.finditer(headers)
            if not _EXTRA.search(match.group(2).decode("ascii", "replace").partition(";")[2])
        ]
    return needed


def _metadata_files(directory: str) -> Iterator[tuple[str, str]]:
    for entry in _entries(directory):
        if entry.endswith(".dist-info") and (package := _package(directory, entry)) is not None:
            yield package[0], os.path.join(directory, entry, "METADATA")


def _site_packages(prefix: str) -> Iterator[str]:
    """Yield the directories in which an environment keeps its packages."""
    for library in ("lib", "lib64", "Lib"):
        place = os.path.join(prefix, library)
        try:
            versions = sorted(name for name in os.listdir(place) if name.startswith(("python3.", "pypy3.")))
        except OSError:
            continue
        for inner in (*(os.path.join(place, name, "site-packages") for name in versions), f"{place}/site-packages"):
            if os.path.isdir(inner):
                yield inner


def _settings(prefix: str) -> dict[str, str]:
    """Return what the ``pyvenv.cfg`` of an environment says; empty for conda's."""
    data = read_regular(os.path.join(prefix, "pyvenv.cfg"), _MOST_SETTINGS_BYTES) or b""
    lines = (line.partition("=") for line in data.decode("utf-8", "replace").splitlines())
    return {key.strip().lower(): value.strip() for key, _, value in lines if value.strip()}


def _python_of_conda(prefix: str) -> str | None:
    """Return the version of conda's package ``python``: ``conda-meta/python-3.11.7-h955ad1f_0.json``."""
    try:
        names = sorted(os.listdir(os.path.join(prefix, "conda-meta")))
    except OSError:
        return None
    parts = (name.split("-") for name in names if name.startswith("python-") and name.endswith(".json"))
    return next((each[1] for each in parts if len(each) == len(("python", "3.11.7", "build"))), None)
