"""What Typer refused, in our words: close names, the usage line, exit 2.

Typer's own errors are known by what they carry, not by their classes: it exports none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import typer

from modelkeep.cli import command_table
from modelkeep.domain.text import printable
from modelkeep.errors import UsageError

_MOST_DIGITS = 9


def close(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was likely meant."""
    from difflib import get_close_matches

    found = get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return found[0] if found else None


def unknown_command(word: str, rest: Sequence[str], row: command_table.Command | None = None) -> UsageError:
    """Return the error for a command that is not there, with the one that was likely meant.

    ``rest`` is what was typed after it, ``row`` the group it was looked for in.
    """
    group = f"{row.name} " if row else ""
    message = f"there is no command '{printable(group + word)}'"
    if row is None and word.lower() in {"help", "version"}:
        wanted = "--version" if word.lower() == "version" else " ".join([*rest[:1], "--help"])
        return UsageError(message, printable(f"modelkeep {wanted}"))
    if row is None and word.lower() == "restore":
        there = printable(rest[0]) if rest else "BACKUP"
        return UsageError(
            message, f"modelkeep --registry {there} backup DIR        (where the registry is to be again)"
        )
    known = [each.name for each in (row.commands if row else command_table.COMMANDS)]
    meant = None if row else command_table.FOREIGN.get(word.lower())
    meant = meant or close(word, known)
    if meant is None:
        return UsageError(message, f"modelkeep {group}--help" if not row else f"{group}has {', '.join(known)}")
    from shlex import join

    likely = " or ".join(f"modelkeep {group}{join([*one.split(), *rest])}" for one in meant.split(" or "))
    return UsageError(message, printable(likely))


def choice(value: str, option: str, allowed: Sequence[str], line: str | None = None) -> str:
    """Return a value that is one of those allowed, else raise ``UsageError`` with the closest.

    ``line`` is what is typed before a value that is no option's.
    """
    if value in allowed:
        return value
    message = f"{option} cannot be '{printable(value)}'"
    raise UsageError(message, f"{printable(line or option)} {close(value, allowed) or '|'.join(allowed)}")


def whole(value: str | None, option: str) -> int | None:
    """Return a whole number of 1 and more that was typed, None where none was; else raise ``UsageError``."""
    if value is None:
        return None
    if value.isascii() and value.isdigit() and 0 < len(value) <= _MOST_DIGITS and int(value) > 0:
        return int(value)
    message = f"{option} cannot be '{printable(value)}'"
    raise UsageError(message, f"{option} takes a whole number, 1 or more")


def translated(error: typer.TyperException, typed: Sequence[str] = ()) -> UsageError:
    """Return what Typer raised as an error of ours; ``typed`` is the line, for what is raised without its command."""
    context = getattr(error, "ctx", None)
    command = _path(context)
    if context is None and (named := next((word for word in typed if command_table.find(word)), None)):
        command = f"{command} {named}"
    option = getattr(error, "option_name", None)
    kind = type(error).__name__
    if kind == "NoSuchOption" and option and context is not None:
        options = [each for parameter in context.command.params for each in parameter.opts]
        if not option.lower().startswith("--f"):  # --force is nothing to be led to by --grace
            options = [each for each in options if each != "--force"]
        message = f"{command} has no option '{printable(option)}'"
        meant = close(
            option.lstrip("-"), [each[2:] for each in options if each.startswith("--")]
        )  # dashes are no likeness
        return UsageError(message, f"--{meant}" if meant else f"{command} --help")
    if kind == "MissingParameter" and (parameter := getattr(error, "param", None)) is not None:
        name = parameter.opts[-1] if parameter.param_type_name == "option" else _name(parameter)
        return UsageError(f"{command} needs {name.rstrip('.')}", usage_line(context))
    if kind == "BadOptionUsage" and option:
        return UsageError(f"{printable(option)} needs a value", f"{command} --help")
    said = error.format_message().rstrip(".")
    extra = "Got unexpected extra argument(s) ("
    if said.startswith("Got unexpected extra argument"):
        word = said.partition("(")[2] if not said.startswith(extra) else said.removeprefix(extra)
        return UsageError(f"{command} does not take '{printable(word.rstrip(')'))}'", usage_line(context))
    return UsageError(said[:1].lower() + said[1:], f"{command} --help")


def usage_line(context: Any) -> str:
    """Return how a command is typed: ``modelkeep promote REF STAGE [OPTIONS]``."""
    if context is None:
        return "modelkeep --help"
    pieces = [_argument(parameter) for parameter in context.command.params if parameter.param_type_name == "argument"]
    return " ".join([_path(context), *pieces, "[OPTIONS]"])


def _argument(parameter: Any) -> str:
    name = _name(parameter)
    return name if parameter.required or name.startswith("[") else f"[{name}]"


def _name(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _path(context: Any) -> str:
    words: list[str] = []
    while context is not None:
        words.insert(0, context.info_name or "")
        context = context.parent
    return " ".join(words) or "modelkeep"
