"""`pick`, `deployment record`, `deployments`, `signal` and `signals`: versions in use."""

from __future__ import annotations

import sys
from typing import Annotated

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.options import CHANGES
from modelkeep.cli.views.changes import ChangeView
from modelkeep.cli.views.serving import DeploymentsView, PicksView, SignalledView, SignalsView
from modelkeep.errors import UsageError
from modelkeep.local_path import local_path

_Name = Annotated[str | None, Argument(metavar="NAME|REF", help="A model or a version; without it all models.")]
_Ref = Annotated[str, Argument(metavar="REF", help="The version: fraud@4.")]


@command("as_of")
def pick(
    call: Call,
    ref: Annotated[str, Argument(metavar="NAME@STAGE", help="The model and the stage: fraud@production.")],
    key: Annotated[
        list[str] | None, Option("--key", metavar="KEY", help="What is served: the id of a user; may be repeated.")
    ] = None,
    keys_from: Annotated[
        str | None, Option("--keys-from", metavar="FILE", help="A file with a key a line; - is standard input.")
    ] = None,
) -> None:
    """Say which version of a stage serves a key."""
    if not key and keys_from is None:
        message = "pick needs a key"
        raise UsageError(message, f"modelkeep pick {ref} --key user-1")
    keys_from = None if keys_from is None else local_path(keys_from, "--keys-from")
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    keys = [*(key or ()), *([] if keys_from is None else _lines_of(keys_from))]
    call.show(PicksView(moment, registry.pick(ref, keys, as_of=moment)))


@command(*CHANGES, answers=("change",))
def deployment_record(
    call: Call,
    ref: _Ref,
    to: Annotated[str, Option("--to", metavar="TARGET", help="Where it runs: k8s/prod-eu.")],
    endpoint: Annotated[
        str | None, Option("--endpoint", metavar="URL", help="Its URL; user, query and fragment are dropped.")
    ] = None,
    status: Annotated[
        str,
        Option(
            "--status",
            metavar="running|starting|stopped|failed",
            help="Its state; stopped and failed end the deployment.",
        ),
    ] = "running",
    share: Annotated[
        str | None,
        Option(
            "--share",
            metavar="PERCENT",
            help="The percentage of the traffic that it gets there, beside other versions: 10.",
        ),
    ] = None,
    stage: Annotated[
        str | None,
        Option(
            "--stage",
            metavar="STAGE",
            help="The stage whose versions should run there; by default the one that was recorded before.",
        ),
    ] = None,
) -> None:
    """Record where a version runs."""
    registry = call.registry()
    change = registry.record_deployment(
        ref, to, endpoint=endpoint, status=status, share=share, stage=stage, **call.change_flags
    )
    call.show(ChangeView(change))


@command("as_of")
def deployments(
    call: Call,
    name: _Name = None,
    target: Annotated[str | None, Option("--target", metavar="TARGET", help="Only deployments at this target.")] = None,
    drift: Annotated[bool, Option("--drift", help="Only deployments that should not run there.")] = False,
    exit_code: Annotated[bool, Option("--exit-code", help="Exit with 1 if one of them should not run there.")] = False,
) -> int:
    """List what runs where."""
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    found = registry.deployments(name, target=target, drift=drift, as_of=moment)
    nothing = "everything runs as the registry says" if drift else "no deployment is recorded"
    call.show(DeploymentsView(moment, found), nothing=None if found else lambda: nothing)
    return 1 if exit_code and any(each.drift is not None for each in found) else 0


@command(*CHANGES, answers=("signalled",))
def signal(
    call: Call,
    ref: _Ref,
    name: Annotated[
        str | None, Argument(metavar="SIGNAL", help="What was measured: p99; with --evidently a pattern of names.")
    ] = None,
    value: Annotated[str | None, Argument(metavar="VALUE", help="The number.")] = None,
    evidently: Annotated[
        str | None, Option("--evidently", metavar="FILE", help="The numbers of a report of Evidently, in JSON.")
    ] = None,
    count: Annotated[
        int | None, Option("--count", metavar="N", help="The number of observations that the value is from.", min=0)
    ] = None,
    window: Annotated[
        str | None, Option("--window", metavar="TIME", help="The length of time that it covers: 1h.")
    ] = None,
    source: Annotated[str | None, Option("--source", metavar="SOURCE", help="Who measured it: prometheus.")] = None,
) -> None:
    """Record what monitoring measured of a version."""
    registry = call.registry()
    evidently = None if evidently is None else local_path(evidently, "--evidently")
    more = {"count": count, "window": window, "source": source} | call.change_flags
    if evidently is not None:
        call.require_one_record(None)
        if value is not None:
            message = "a report has the values: give a number or --evidently"
            raise UsageError(message, f"modelkeep signal {ref} --evidently {evidently}")
        call.show(SignalledView(registry.signal_report(ref, evidently, name, **more)))
        return
    if name is None or value is None:
        message = "signal needs a name and a number"
        raise UsageError(message, f"modelkeep signal {ref} p99 0.31")
    call.show(SignalledView([registry.signal(ref, name, value, **more)]))


@command("as_of")
def signals(
    call: Call,
    name: _Name = None,
    open_: Annotated[bool, Option("--open", help="Only those that a person has not acknowledged yet.")] = False,
    since: Annotated[str | None, Option("--since", metavar="T", help="Only from this moment on.")] = None,
    limit: Annotated[int, Option("--limit", metavar="N", help="At most so many.", min=1)] = 50,
    exit_code: Annotated[bool, Option("--exit-code", help="Exit with 1 if one of them is open.")] = False,
) -> int:
    """List what monitoring measured, newest first."""
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    found = registry.signals(name, open_only=open_, since=since, limit=limit, as_of=moment)
    nothing = "nothing is open" if open_ else "no signal was recorded"
    call.show(SignalsView(moment, found), nothing=None if found else lambda: nothing)
    return 1 if exit_code and any(each.is_open for each in found) else 0


def _lines_of(path: str) -> list[str]:
    try:
        if path == "-" and sys.stdin is None:
            message = "standard input is closed"
            raise UsageError(message, "name a file instead of '-'")
        if path == "-":
            data = sys.stdin.buffer.read()
        else:
            with open(path, "rb") as file:
                data = file.read()
    except OSError as error:
        message = f"cannot read {path}: {error.strerror}"
        raise UsageError(message) from error
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        message = f"the keys of {path} are not UTF-8"
        raise UsageError(message) from error
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text else []
