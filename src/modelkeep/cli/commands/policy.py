"""`policy`: the rules of the registry are written, tried, put in force, shown and compared."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option

from modelkeep.cli.call import Call, command
from modelkeep.cli.options import CHANGES
from modelkeep.cli.usage import choice
from modelkeep.cli.views.policy import PoliciesView, PolicyDiffView, PolicyFilesView, PolicySetView, PolicyView
from modelkeep.domain.policy.words import KINDS
from modelkeep.domain.stages import DEFAULT_STAGES
from modelkeep.local_path import local_path
from modelkeep.locate import is_registry

DEFAULT_NAMES = [stage.name for stage in DEFAULT_STAGES]


@command()
def policy_init(
    call: Call,
    kind: Annotated[str, Argument(metavar="solo|team|regulated", help="How strict the policy begins.")],
    output: Annotated[
        str, Option("-o", "--output", metavar="FILE", help="Write the policy here; policy.toml by default.")
    ] = "policy.toml",
    force: Annotated[bool, Option("--force", help="Overwrite the files if they are there.")] = False,
) -> None:
    from modelkeep.changes.policy_templates import write_templates

    local_path(output, "-o")
    choice(kind, "the policy", KINDS, "modelkeep policy init")
    located = call.settings.registry
    has_registry = is_registry(located.path) and not located.foreign
    stages = [stage.name for stage in call.registry().stages()] if has_registry else DEFAULT_NAMES
    files = write_templates(kind, output, stages, force=force)
    notes = []
    if has_registry and call.registry().policies():
        notes.append("a policy is in force already: modelkeep policy show > FILE writes it down")
    call.show(PolicyFilesView(kind, files), *notes)


@command(*CHANGES, answers=("policyset",))
def policy_set(
    call: Call,
    file: Annotated[str, Argument(metavar="FILE", help="The policy.toml; - reads it from standard input.")],
) -> None:
    call.show(PolicySetView(call.registry().set_policy(file, **call.change_flags)))


@command("as_of")
def policy_show(call: Call) -> None:
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    call.show(PolicyView(registry.policy(as_of=moment), moment))


@command()
def policy_diff(
    call: Call,
    sides: Annotated[
        list[str] | None,
        Argument(metavar="[FILE|T...]", help="One or two policies; the last change by default."),
    ] = None,
    exit_code: Annotated[bool, Option("--exit-code", help="Exit 1 if they differ.")] = False,
) -> int:
    if len(sides or ()) > 2:
        from modelkeep.errors import UsageError

        message = "two policies can be compared, not more"
        raise UsageError(message, "modelkeep policy diff policy.toml")
    found = call.registry().policy_diff(sides or ())
    call.show(PolicyDiffView(found), nothing=(lambda: "the policies are the same") if found.same else None)
    return int(exit_code and not found.same)


@command("as_of")
def policy_history(call: Call) -> None:
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    rows = registry.policies(as_of=moment)
    nothing = "there is no policy yet: modelkeep policy init team"
    call.show(PoliciesView(moment, rows), nothing=None if rows else lambda: nothing)
