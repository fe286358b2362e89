"""The installed program, from start to end, beside a program of one Typer command; completion beside `python -c pass`."""

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
    "list --search T-4711",
)
#: The promised ratios: of lines and JSON, of a table on a terminal, of completion.
LINES, TABLE, TAB = 1.6, 2.5, 2
NO_RULE = """\
[[stages]]
name = "staging"
synonyms = ["stg"]
[[stages]]
name = "production"
synonyms = ["prod"]
protected = true
"""
#: Each rule is looked up; those that the versions of the benchmark do not keep only warn.
EVERY_RULE = (
    NO_RULE
    + """\
recommend = ["data", "code", "clean-code", "licence", "description", "label", "reason", "tag.owner"]
soak = { time = "12h in staging", warn = true }
[[stages.gates]]
metric = "auc"
min = 0.1
max = 1
no_worse_than_production = 0.5
warn = true
[[stages.checks]]
name = "bias"
max_age = "30d"
warn = true
[roles.owner]
may = ["*"]
[roles.risk]
may = ["approve"]
[[signals]]
name = "p99"
above = 0.5
then = "rollback"
"""
)
_HERE = os.path.dirname(os.path.abspath(__file__))
_HELLO = "from benchmarks.hello import app; app()"


def measured(registries: dict[str, Registry], home: str, runs: int) -> Iterator[Measured]:
    """Yield completion, then reads and writes, in each registry."""
    for size, registry in registries.items():
        yield from _completion(size, registry, home, runs)
    for size, registry in registries.items():
        yield from _reads(size, registry, home, runs)
        yield from _writes(size, registry, home, runs)
        yield from _governed(size, registry, home, runs)


def hello(environ: Mapping[str, str], cwd: str, *, terminal: bool = False) -> Timed:
    """Return a function that runs the program of one Typer command."""
    with_us = {**environ, "PYTHONPATH": os.path.dirname(_HERE)}
    return process([PYTHON, "-c", _HELLO], with_us, cwd, terminal=terminal)


def completion(words: str, environ: Mapping[str, str], cwd: str) -> Timed:
    """Return a function that completes a half-typed line; a line without candidates would measure nothing."""
    command = [PROGRAM, "__complete", "--", *words.split(" ")]
    if not subprocess.run(command, env=environ, cwd=cwd, capture_output=True, check=True).stdout:
        sys.exit(f"{' '.join(command)}: no candidates")
    return process(command, environ, cwd)


def _completion(size: str, registry: Registry, home: str, runs: int) -> Iterator[Measured]:
    environ = environment(home) | {"MODELKEEP_REGISTRY": registry.directory}
    nothing = process([PYTHON, "-c", "pass"], environ, home)
    for words in (f"promote {MODEL}@p", "show team1", "list --where stage='p", f"list {MODEL} --where tag.t"):
        work = f"TAB after `{words}`, {size}"
        yield beside(work, completion(words, environ, home), nothing, bound=TAB, faster=False, runs=runs)


def _reads(size: str, registry: Registry, home: str, runs: int) -> Iterator[Measured]:
    environ = environment(home) | {"MODELKEEP_REGISTRY": registry.directory}
    for words in READS:
        for form in ("", " --json"):
            ours, floor = process([PROGRAM, *(words + form).split()], environ, home), hello(environ, home)
            yield beside(f"`{words}{form}`, {size}", ours, floor, bound=LINES, faster=False, runs=runs)
        ours = process([PROGRAM, *words.split()], environ, home, terminal=True)
        floor = hello(environ, home, terminal=True)
        yield beside(f"`{words}` on a terminal, {size}", ours, floor, bound=TABLE, faster=False, runs=runs)


def _governed(size: str, registry: Registry, home: str, runs: int) -> Iterator[Measured]:
    """Yield the writes again under a policy with a rule of every kind; none is in force afterwards."""
    for name, text in (("every", EVERY_RULE), ("none", NO_RULE)):
        with open(os.path.join(home, f"{name}.toml"), "w", encoding="utf-8") as file:
            file.write(text)
    registry.set_policy(os.path.join(home, "every.toml"))
    try:
        yield from _writes(f"{size}, a policy of every rule", registry, home, runs)
    finally:
        registry.set_policy(os.path.join(home, "none.toml"))


def _writes(size: str, registry: Registry, home: str, runs: int) -> Iterator[Measured]:
    """Yield promote and rollback, each of which is undone before the next run."""
    environ = environment(home) | {"MODELKEEP_REGISTRY": registry.directory}
    newest = registry.resolve(f"{MODEL}@latest").version
    new, old = f"{MODEL}@{newest}", f"{MODEL}@{newest - 1}"

    def promote_old() -> None:
        registry.promote(old, "production")

    def promote_both() -> None:
        registry.promote(old, "production")
        registry.promote(new, "production")

    for form in ("", " --json"):
        for words, before in (
            (f"promote {new} production", promote_old),
            (f"rollback {new} --keep-good", promote_both),
        ):
            ours = process([PROGRAM, *(words + form).split()], environ, home, before=before)
            work = f"`{words.partition(' ')[0]}{form}`, {size}"
            yield beside(work, ours, hello(environ, home), bound=LINES, faster=False, runs=runs)
