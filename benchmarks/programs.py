"""The installed program, from its start to its end, beside Python that only imports Typer, or does nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

from benchmarks.grow import MODEL
from benchmarks.timing import Measured, Timed, beside, environment, process
from modelkeep.registry import Registry

PYTHON = sys.executable
PROGRAM = os.path.join(os.path.dirname(sys.executable), "modelkeep")
READS = (
    "list --limit 50",
    f"list {MODEL} --limit 50",
    f"show {MODEL}",
    f"show {MODEL}@production",
    f"path {MODEL}@production",
    "audit --limit 50",
)


def measured(registries: dict[str, Registry], home: str, runs: int) -> Iterator[Measured]:
    """Yield completion, then reads and writes, in each registry."""
    for size, registry in registries.items():
        yield from _completion(size, registry, home, runs)
    for size, registry in registries.items():
        yield from _commands(size, registry, home, runs)


def _completion(size: str, registry: Registry, home: str, runs: int) -> Iterator[Measured]:
    environ = environment(home) | {"MODELKEEP_REGISTRY": registry.directory}
    nothing = process([PYTHON, "-c", "pass"], environ, home)
    for words in (f"promote {MODEL}@p", "show team1"):
        ours = completion(words, environ, home)
        work = f"TAB after `{words}`, {size}"
        yield beside(work, ours, nothing, bound=2, faster=False, runs=runs)


def completion(words: str, environ: Mapping[str, str], cwd: str) -> Timed:
    """Return what asks what a half-typed line could become; one that is offered nothing would measure nothing."""
    command = [PROGRAM, "__complete", "--", *words.split(" ")]
    if not subprocess.run(command, env=environ, cwd=cwd, capture_output=True, check=True).stdout:
        sys.exit(f"{' '.join(command)}: nothing is offered")
    return process(command, environ, cwd)


def _commands(size: str, registry: Registry, home: str, runs: int) -> Iterator[Measured]:
    environ = environment(home) | {"MODELKEEP_REGISTRY": registry.directory}
    typer = process([PYTHON, "-c", "import typer"], environ, home)
    for words in READS:
        for form in ("", " --json"):
            ours = process([PROGRAM, *(words + form).split()], environ, home)
            yield beside(f"`{words}{form}`, {size}", ours, typer, bound=1.4, faster=False, runs=runs)
    newest = registry.resolve(f"{MODEL}@latest").version
    one, other = f"{MODEL}@{newest}", f"{MODEL}@{newest - 1}"

    def other_is_live() -> None:
        registry.promote(other, "production")

    def one_is_live() -> None:
        registry.promote(other, "production")
        registry.promote(one, "production")

    for form in ("", " --json"):
        ahead = f"promote {one} production{form}".split()
        ours = process([PROGRAM, *ahead], environ, home, before=other_is_live)
        yield beside(f"`promote{form}`, {size}", ours, typer, bound=1.4, faster=False, runs=runs)
        back = f"rollback {one} --keep-good{form}".split()
        ours = process([PROGRAM, *back], environ, home, before=one_is_live)
        yield beside(f"`rollback{form}`, {size}", ours, typer, bound=1.4, faster=False, runs=runs)
