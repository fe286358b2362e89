"""The accelerators that PyTorch, TensorFlow or JAX use in this process.

Only a library that is loaded is asked, and only where it has its devices in use already: asking one that has not would
start a driver, take memory of a GPU, and break processes that are forked later. What the libraries raise is ignored.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from modelkeep.domain.text import printable

_LONGEST = 100


def loaded_accelerators() -> tuple[str, ...]:
    """Return the accelerators by name, several of a kind as ``4 x NVIDIA A100``; sorted."""
    found: Counter[str] = Counter()
    for name, ask in _LIBRARIES.items():
        library = sys.modules.get(name)
        if library is None:
            continue
        with suppress(Exception):  # a library's own, which may raise anything
            # Two libraries in one process see the same devices.
            found |= Counter(printable(str(each))[:_LONGEST].strip() for each in ask(library))
    return tuple(sorted(name if count == 1 else f"{count} x {name}" for name, count in found.items() if name))


def _torch(torch: Any) -> Iterable[object]:
    for backend in (torch.cuda, getattr(torch, "xpu", None)):
        if backend is not None and backend.is_initialized():
            yield from (backend.get_device_name(number) for number in range(backend.device_count()))


def _tensorflow(tensorflow: Any) -> Iterable[object]:
    # The public ways to the context make one.
    context = vars(sys.modules["tensorflow.python.eager.context"])["_context"]
    if not vars(context)["_initialized"]:
        return
    for device in tensorflow.config.list_physical_devices():
        if device.device_type != "CPU":
            details = tensorflow.config.experimental.get_device_details(device)
            yield details.get("device_name", device.device_type)


def _jax(jax: Any) -> Iterable[object]:
    if sys.modules["jax._src.xla_bridge"].backends_are_initialized():
        yield from (device.device_kind for device in jax.local_devices() if device.platform != "cpu")


_LIBRARIES: dict[str, Callable[[Any], Iterable[object]]] = {"torch": _torch, "tensorflow": _tensorflow, "jax": _jax}
