"""The same reads in registries of ten thousand, a hundred thousand and a million versions: none may take longer."""

import os
from collections.abc import Callable, Iterator

from benchmarks.grow import MODEL
from benchmarks.programs import PROGRAM, READS, completion
from benchmarks.timing import Measured, Timed, beside, call, environment, process
from modelkeep.registry import Registry

#: Reads in one measurement: through the API one takes a millisecond or less.
TOGETHER = 20
_TAB = "__complete -- "


def measured(registries: dict[str, Registry], home: str, runs: int) -> Iterator[Measured]:
    """Yield each read in the larger registries beside itself in the first one."""
    (base, smallest), *larger = registries.items()
    for size, registry in larger:
        for work, read in _reads().items():
            ours, theirs = _times(read, registry), _times(read, smallest)
            yield beside(
                f"{work} through the API, {size} beside {base}", ours, theirs, bound=2, faster=False, runs=runs
            )
        for words in (*READS, "status", f"{_TAB}promote {MODEL}@p"):
            ours, theirs = _program(words, registry, home), _program(words, smallest, home)
            yield beside(f"`{words}`, {size} beside {base}", ours, theirs, bound=2, faster=False, runs=runs)


def _reads() -> dict[str, Callable[[Registry], object]]:
    return {
        "models": lambda registry: registry.models(limit=50),
        "newest 100 versions": lambda registry: registry.versions(MODEL, limit=100),
        "the model by name": lambda registry: registry.model(MODEL),
        "what is in production": lambda registry: registry.version(f"{MODEL}@production"),
        "latest version": lambda registry: registry.resolve(f"{MODEL}@latest"),
        "its path": lambda registry: registry.path(f"{MODEL}@production"),
        "its lineage": lambda registry: registry.lineage(f"{MODEL}@production", depth=1),
        "audit of 50": lambda registry: registry.audit(limit=50),
        "audit of 50 of a model": lambda registry: registry.audit(MODEL, limit=50),
        # other parts of the benchmark change production hundreds of times
        "history of a stage": lambda registry: registry.history(MODEL, "staging"),
        "what was in production then": lambda registry: registry.version(f"{MODEL}@production", as_of="seq:5000"),
        "status": lambda registry: registry.status(),
    }


def _times(read: Callable[[Registry], object], registry: Registry) -> Timed:
    def several() -> None:
        for _ in range(TOGETHER):
            read(registry)

    timed = call(several)
    return lambda: timed() / TOGETHER


def _program(words: str, registry: Registry, home: str) -> Timed:
    environ = environment(home) | {"MODELKEEP_REGISTRY": os.fspath(registry.directory)}
    if words.startswith(_TAB):
        return completion(words.removeprefix(_TAB), environ, home)
    return process([PROGRAM, *words.split()], environ, home)
