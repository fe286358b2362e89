"""What is known of a global that a pickle imports: harmless, dangerous, or neither."""

from __future__ import annotations

from typing import Literal

from modelkeep.formats.known_globals import (
    CLASS_NAME,
    DANGEROUS,
    DANGEROUS_MODULES,
    DANGEROUS_NAMES,
    DANGEROUS_PREFIXES,
    FROM_ELSEWHERE,
    HARMLESS,
    HARMLESS_CLASSES,
    SPARSE,
    SPARSE_NAME,
)
from modelkeep.formats.pickle_values import Global

Verdict = Literal["harmless", "dangerous", "unknown"]


def judge(found: Global) -> Verdict:
    """Return what is known of a global; of a name of Python 2, that of what Python 3 imports for it."""
    verdict, in_python_3 = _judge(found.module, found.name), _judge(*_in_python_3(found))
    return verdict if verdict == "dangerous" else in_python_3


def _in_python_3(found: Global) -> tuple[str, str]:
    """Return what a pickle of protocol 0 to 2 means by a name, as `pickle` itself translates it."""
    from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING

    pair = (found.module, found.name)
    return NAME_MAPPING.get(pair, (IMPORT_MAPPING.get(found.module, found.module), found.name))


def _judge(module: str, name: str) -> Verdict:
    if _is_dangerous(module, name):
        return "dangerous"
    if name in _words(HARMLESS, module):
        return "harmless"
    if HARMLESS_CLASSES.fullmatch(module) and CLASS_NAME.fullmatch(name) and name not in FROM_ELSEWHERE:
        return "harmless"
    return "harmless" if SPARSE.fullmatch(module) and SPARSE_NAME.fullmatch(name) else "unknown"


def _is_dangerous(module: str, name: str) -> bool:
    """Tell whether a name leads to something dangerous, through attributes of its module too (``os.system`` of any)."""
    parts = name.split(".")
    way = [*module.split("."), *parts]
    if way[0] in DANGEROUS_MODULES and name not in _words(HARMLESS, module):
        return True
    if any(f"{module}.{name}.".startswith(f"{prefix}.") for prefix in DANGEROUS_PREFIXES):
        return True
    if name in _words(DANGEROUS, module) or DANGEROUS_NAMES.intersection(parts):
        return True
    inside = parts if len(parts) > 1 else ()
    return any(part in DANGEROUS_MODULES or part.startswith("__") for part in inside) or name == "__builtins__"


def _words(table: dict[str, str], module: str) -> list[str]:
    return table.get(module, "").split()
