"""`register` and `evaluate`: a new version, and metrics that came later."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated, BinaryIO

from typer import Argument, Option

from modelkeep.changes.register_request import check_order
from modelkeep.cli.call import Call, command
from modelkeep.cli.options import CHANGES
from modelkeep.cli.progress import progress
from modelkeep.cli.typed_line import refusal
from modelkeep.cli.usage import choice
from modelkeep.cli.views.changes import ChangeView, RegisteredView
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError

Many = list[str] | None

Metrics = Annotated[Many, Option("-M", "--metric", metavar="K=V", help="A metric.")]
MetricFiles = Annotated[Many, Option("--metrics", metavar="FILE", help="Metrics from a JSON, TOML or YAML file.")]
On = Annotated[
    str | None,
    Option("--on", metavar="DATA", help="The data the metrics were measured on: a path, a URI, NAME or NAME@VERSION."),
]
Runs = Annotated[Many, Option("--run", metavar="ID", help="The run that made it: a tracker's id, or a URI.")]


@command(*CHANGES, "expect", "progress", answers=("registered",))
def register(
    call: Call,
    name: Annotated[str, Argument(metavar="NAME", help="The model; it is created with its first version.")],
    paths: Annotated[list[str], Argument(metavar="PATH...", help="Files or a directory; - reads standard input.")],
    label: Annotated[str | None, Option("--label", metavar="V", help="An immutable label: 1.2.0.")] = None,
    bump: Annotated[
        str | None, Option("--bump", metavar="major|minor|patch", help="The label that follows the highest one.")
    ] = None,
    param: Annotated[Many, Option("-p", "--param", metavar="K=V", help="A training parameter.")] = None,
    params: Annotated[Many, Option("--params", metavar="FILE", help="Params from a JSON, TOML or YAML file.")] = None,
    metric: Metrics = None,
    metrics: MetricFiles = None,
    on: On = None,
    tag: Annotated[Many, Option("--tag", metavar="K=V", help="A tag.")] = None,
    data: Annotated[
        Many, Option("--data", metavar="[ROLE=]DATA", help="The training data: a path, a URI, NAME or NAME@VERSION.")
    ] = None,
    feature: Annotated[
        Many,
        Option(
            "--feature",
            metavar="VIEW",
            help="A view of a feature store, which is read from Feast's registry: payments/card_stats@3.",
        ),
    ] = None,
    parent: Annotated[Many, Option("--parent", metavar="REF", help="A version or URI that it was made from.")] = None,
    derived_by: Annotated[
        str | None,
        Option(
            "--derived-by", metavar="WORD", help="What was done with its parents: fine-tune, merge, quantize, distill."
        ),
    ] = None,
    run: Runs = None,
    code: Annotated[
        str,
        Option(
            "--code",
            metavar="auto|none|REV",
            help="The commit of its code; auto is that of the git work tree it lies in, HEAD of this directory.",
        ),
    ] = "auto",
    author: Annotated[str | None, Option("--author", metavar="A", help="The author.")] = None,
    trained_at: Annotated[
        str | None,
        Option("--trained-at", metavar="T", help="When it was trained; the time of its newest file by default."),
    ] = None,
    training_started: Annotated[
        str | None, Option("--training-started", metavar="T", help="When its training began.")
    ] = None,
    seed: Annotated[Many, Option("--seed", metavar="SEED", help="A random seed of its training: 42, numpy=42.")] = None,
    env: Annotated[
        str,
        Option(
            "--env",
            metavar="auto|none|FILE",
            help="Its Python environment; auto is the activated one, FILE a requirements.txt, a lock file or an export of conda.",
        ),
    ] = "auto",
    attach: Annotated[
        Many,
        Option("--attach", metavar="diff|FILE", help="Keep the uncommitted changes of its code, or a file, beside it."),
    ] = None,
    description: Annotated[str | None, Option("--description", metavar="TEXT", help="The description.")] = None,
    licence: Annotated[
        str | None, Option("--licence", metavar="SPDX", help="The licence: Apache-2.0, MIT OR GPL-3.0-only.")
    ] = None,
    signature: Annotated[
        str | None,
        Option(
            "--signature",
            metavar="FILE",
            help="Its inputs and outputs, as JSON, or as MLflow writes them; those of its format by default.",
        ),
    ] = None,
    no_inspect: Annotated[bool, Option("--no-inspect", help="Do not look at what is in the files.")] = False,
    stage: Annotated[str | None, Option("--stage", metavar="STAGE", help="Promote it to this stage too.")] = None,
    alias: Annotated[Many, Option("--alias", metavar="ALIAS", help="Point this alias at it too.")] = None,
    if_exists: Annotated[
        str,
        Option("--if-exists", metavar="match|skip|new", help="What to do where the same files are registered already."),
    ] = "match",
    reuse_name: Annotated[
        bool, Option("--reuse-name", help="Begin a new model under the name of a deleted one.")
    ] = False,
    filename: Annotated[str | None, Option("--filename", metavar="F", help="The file name for standard input.")] = None,
    exclude: Annotated[Many, Option("--exclude", metavar="GLOB", help="Leave out these files.")] = None,
    include: Annotated[
        Many, Option("--include", metavar="GLOB", help="Include these files, although they look like secrets.")
    ] = None,
    follow_symlinks: Annotated[bool, Option("--follow-symlinks", help="Follow symbolic links.")] = False,
    move: Annotated[bool, Option("--move", help="Remove the files after they are registered.")] = False,
) -> None:
    """Register a new version."""
    _check_order(name, paths)
    if bump is not None:
        choice(bump, "--bump", ("major", "minor", "patch"))
    _check_if_exists(if_exists)
    _check_message(call, ["register", name, *paths])
    registry = call.registry(create=not call.flags.dry_run)
    with progress(call, "registering") as update:
        found = registry.register(
            name,
            *paths,
            stage=stage,
            alias=alias or (),
            label=label,
            bump=bump,
            params=_pairs(param, params, "param"),
            metrics=_pairs(metric, metrics, "metric"),
            on=on,
            tags=_pairs(tag, None, "tag"),
            data=data or (),
            features=feature or (),
            parents=parent or (),
            derived_by=derived_by,
            runs=run or (),
            code=code,
            author=author,
            trained_at=trained_at,
            training_started=training_started,
            seeds=seed or (),
            env=env,
            attach=attach or (),
            description=description,
            licence=licence,
            signature=signature,
            inspect=not no_inspect,
            if_exists=if_exists,
            reuse_name=reuse_name,
            filename=filename,
            exclude=exclude or (),
            include=include or (),
            follow_symlinks=follow_symlinks,
            move=move,
            stdin=_standard_input() if "-" in paths else None,
            progress=update,
            **call.expect_flags,
        )
    call.show(RegisteredView(found))


@command(*CHANGES, answers=("change",))
def evaluate(
    call: Call,
    ref: Annotated[str, Argument(metavar="REF", help="The version: fraud@4 or fraud 4.")],
    metric: Metrics = None,
    metrics: MetricFiles = None,
    on: On = None,
    run: Runs = None,
) -> None:
    _check_message(call, ["evaluate", ref])
    found = call.registry().evaluate(ref, _pairs(metric, metrics, "metric"), on=on, runs=run or (), **call.change_flags)
    call.show(ChangeView(found))


def _pairs(given: Many, files: Many, what: str) -> Sequence[tuple[str, str]]:
    from modelkeep.registry import read_pairs

    return read_pairs(given or (), files or (), what)


def _check_order(name: str, paths: Sequence[str]) -> None:
    """Raise ``UsageError`` where file and name are swapped, or a metric has no option, with the right line as hint."""
    metrics = [path for path in paths if "=" in path and not os.path.exists(path)]
    if metrics and len(metrics) < len(paths):
        message = f"there is no file '{printable(metrics[0])}'; a metric is given with -M, a param with -p"
        others = [path for path in paths if path not in metrics]
        raise refusal(message, ["register", name, *others, *(each for path in metrics for each in ("-M", path))])
    check_order(name, paths)


#: What other tools call our ways to treat files that are registered already.
_IF_EXISTS = {
    "match": "error fail raise refuse",
    "skip": "ignore keep existing",
    "new": "overwrite replace update version force",
}
_EXPLAINED = {
    "match": "match        (the default: refused where something is given that the version does not have)",
    "skip": "skip        (the registered version is the answer, and what else was given is left out)",
    "new": "new        (one more version; what is registered is never replaced)",
}


def _check_if_exists(typed: str) -> None:
    """Raise ``UsageError`` for another value of --if-exists, and explain the one that was likely meant."""
    for ours, words in _IF_EXISTS.items():
        if typed.lower() in words.split():
            message = f"--if-exists cannot be '{printable(typed)}'"
            raise UsageError(message, f"--if-exists {_EXPLAINED[ours]}")
    choice(typed, "--if-exists", tuple(_IF_EXISTS))


def _check_message(call: Call, tokens: Sequence[str]) -> None:
    """Raise ``UsageError`` for a reason that is ``name=number``: a metric was meant."""
    text = call.flags.message or ""
    name, equals, value = text.rpartition("=")
    if not equals or not name or any(each.isspace() for each in text):
        return
    try:
        float(value)
    except ValueError:
        return
    message = f"-m is the reason of the change, and '{printable(text)}' reads as a metric: that is -M"
    raise refusal(message, [*tokens, "-M", text])


def _standard_input() -> BinaryIO:
    if sys.stdin is None or sys.stdin.closed:
        message = "standard input is closed"
        raise UsageError(message, "give a file, or pipe into it")
    return sys.stdin.buffer
