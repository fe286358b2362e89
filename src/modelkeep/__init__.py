"""modelkeep: a model registry that lives in one SQLite file and one directory.

    import modelkeep

    modelkeep.register("fraud", "model.onnx", metrics={"auc": 0.914}, params=clf.get_params())
    modelkeep.open_registry().promote("fraud@1", "production", message="first good one")

Importing it is light: the public names are loaded when they are first used.
"""

# Nothing of the standard library is imported here: `python -m modelkeep` would find it in the current directory.
from modelkeep._version import __version__

# Not from typing: every completion would pay for importing it.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from modelkeep.errors import (
        Busy,
        Conflict,
        Damaged,
        Denied,
        IntegrityError,
        ModelkeepError,
        NotFound,
        PartlyDone,
        RegistryUnavailable,
        SchemaMismatch,
        UsageError,
    )
    from modelkeep.registry import Registry, create_registry, open_registry, register

__all__ = [
    "Busy",
    "Conflict",
    "Damaged",
    "Denied",
    "IntegrityError",
    "ModelkeepError",
    "NotFound",
    "PartlyDone",
    "Registry",
    "RegistryUnavailable",
    "SchemaMismatch",
    "UsageError",
    "__version__",
    "create_registry",
    "open_registry",
    "register",
]

_IN_REGISTRY = frozenset({"Registry", "create_registry", "open_registry", "register"})


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    # Asked for each submodule too, so nothing is imported before it is known to be needed.
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    module = import_module("modelkeep.registry" if name in _IN_REGISTRY else "modelkeep.errors")
    value: object = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted(__all__)
