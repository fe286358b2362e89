"""What ``--help`` prints: the commands in panels, or the usage, options and examples of one command."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from modelkeep.cli import command_table, streams
from modelkeep.cli.usage import usage_line
from modelkeep.errors import EXIT_CODES

_WIDEST = 100
#: What the words mean that stand for arguments and values in usage lines and options. ``ROLE=`` is the one before a
#: dataset, ``KEY[`` that of ``--sort``; the ROLE of a policy and other KEYs are explained where they are arguments.
_WORDS = {
    "REF": "a version, as fraud@3 (number), fraud@1.2.0 (label), fraud@production (stage), fraud@champion (alias), "
    "fraud@latest, or sha256:HEX (its digest); where a model is taken too, as fraud",
    "NAME": "a model, as fraud or risk/fraud",
    "SELECTOR": "what stands behind the @ of a REF",
    "PATTERN": "a glob over the names of models, as 'risk/*'",
    "STAGE": "a stage of this registry, as staging or production; modelkeep status shows what holds the highest, "
    "modelkeep policy show what each means",
    "ALIAS": "a name that moves between versions, as champion: small letters, digits and -",
    "VERSION": "a version of this model by its number (3), its label (1.2.0) or its digest (sha256:HEX)",
    "DATA": "a dataset: NAME or NAME@VERSION in your own words (transactions@2026-02), a URI, or with / or . in it a path "
    "whose bytes are hashed (./train.csv)",
    "ROLE=": "what the data was used for, as train, validation or test",
    "KEY[": "what to sort by: created, version, name, author, size, label, or metric.K, param.K, tag.K; metric.K puts the best "
    "first, all others the least: created:desc is the newest first",
    "K": "the name of a metric, a param or a tag, as auc; V is its value. In --columns: a field of list --json, or "
    "metric.K, param.K, tag.K",
    "GLOB": "a pattern of file names: '*.log' is compared with each name, 'logs/*' with the path below the directory",
    "T": "a time (2026-03-01T12:00:00Z), a date (2026-03-01), an age (7d) or an entry of the log (seq:12)",
    "TIME": "a length of time, as 30s, 5m or 2h",
    "DIGEST": "the SHA-256 of a file or a version, or the first 8 digits of it or more",
    "DATASET": "a version of a dataset in your own words, NAME@VERSION (transactions@2026-02), or where one is shown a NAME",
    "VIEW": "a view of a feature store, STORE/VIEW or STORE/VIEW@VERSION as the store calls it",
    "NODE": "a part of the lineage: a REF, data:NAME[@VERSION], code:COMMIT, run:ID, environment:HEX or deployment:TARGET",
    "URI": "an address with a scheme, as https://example.org/x",
    "REV": "a commit, branch or tag of the git repository",
    "GROUP": "a group of accounts of this machine",
    "ID": "the id of a run in your tracker, or its URI",
}


def of_group(row: command_table.CommandRow | None, rows: Sequence[command_table.CommandRow], context: Any) -> str:
    """Return the help of the program, with its commands in panels, or of a group of commands."""
    from textwrap import fill

    from modelkeep.cli.topics import listed, names

    width = _width()
    if row is not None:
        below = [(each.name, each.help) for each in rows]
        return _joined(
            f"usage: modelkeep {row.name} COMMAND [OPTIONS]",
            fill(f"{row.help}.", width),
            _section("Commands", below, width),
        )
    blocks = [
        "usage: modelkeep COMMAND [OPTIONS]",
        "A model registry in one SQLite file and one directory.",
        *(
            _section(panel, [(each.name, each.help) for each in rows if each.panel == panel], width)
            for panel in command_table.PANELS
        ),
        _section("Options", [_option(each) for each in context.command.params if _is_option(each)], width),
        fill(
            f"modelkeep COMMAND --help explains a command. modelkeep help TOPIC explains {listed(names())}. These options may stand before or after it.",
            width,
        ),
    ]
    return _joined(*blocks)


def of_command(command: Any, context: Any) -> str:
    """Return the help of one command: usage, arguments, options, examples, cells of a line in a pipe, exit codes."""
    from textwrap import fill

    from modelkeep.cli.options import ALWAYS

    width, row = _width(), command.row
    arguments = [_argument(each) for each in command.params if not _is_option(each) and each.help]
    options = [each for each in command.params if _is_option(each)]
    own = [_option(each) for each in options if each.name not in ALWAYS]
    shared = [min(each.opts, key=len) for each in options if each.name in ALWAYS]
    blocks = [f"usage: {usage_line(context)}", fill(f"{row.help}.", width)]
    blocks += [_section("Arguments", arguments, width)] if arguments else []
    blocks += [_section("Options", own, width)] if own else []
    meant = words(each.metavar or each.name.upper() for each in command.params if each.name not in ALWAYS)
    blocks += [_section("Words", meant, width)] if meant else []
    meanings = _meanings() if any(word == "STAGE" for word, _ in meant) else []
    blocks += [_section("Stages of this registry", meanings, width)] if meanings else []
    blocks += [fill(f"Options of all commands: {', '.join(shared)} (modelkeep --help).", width, break_on_hyphens=False)]
    blocks += ["Examples:\n" + "".join(f"  {each}\n" for each in row.examples)]
    if row.columns:
        blocks.append(_section("In a pipe", [("a line", "<TAB>".join(row.columns))], width))
    blocks.append(fill(_exit_codes(), width))
    return _joined(*blocks)


def words(metavars: Iterable[str]) -> list[tuple[str, str]]:
    """Return what the words of arguments and options mean, in the order of `_WORDS`."""
    import re

    used = {word for metavar in metavars for word in re.findall(r"ROLE=|KEY\[|[A-Z]+", metavar)}
    return [(word.rstrip("=["), meaning) for word, meaning in _WORDS.items() if word in used]


def _meanings() -> list[tuple[str, str]]:
    """Return what the policy of the registry at hand says that its stages mean; nothing on any trouble."""
    from modelkeep.cli.complete import completion

    try:
        return completion.meanings(sys.argv[1:], os.environ, os.getcwd())
    except Exception:  # noqa: BLE001 - help is for who is in trouble
        return []


def _exit_codes() -> str:
    """Return the exit codes, with their meaning in a word or two."""
    meanings = (f"{code} {meaning.partition(':')[0].partition(',')[0]}" for code, meaning in EXIT_CODES)
    return f"Exit codes: {', '.join(meanings)}."


def _is_option(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def _argument(parameter: Any) -> tuple[str, str]:
    return parameter.metavar or parameter.name.upper(), parameter.help or ""


def _option(parameter: Any) -> tuple[str, str]:
    names = ", ".join(sorted(parameter.opts, key=len))
    takes = "" if parameter.is_flag else f" {parameter.metavar or 'TEXT'}"
    repeat = "  (may be repeated)" if parameter.multiple else ""
    return f"{names}{takes}", f"{parameter.help or ''}{repeat}"


def _width() -> int:
    return min(_WIDEST, streams.width(sys.stdout))


def _section(title: str, rows: Iterable[tuple[str, str]], width: int) -> str:
    from modelkeep.rendering import two_columns

    return f"{title}:\n{two_columns(rows, width)}"


def _joined(*blocks: str) -> str:
    return "\n".join(block if block.endswith("\n") else f"{block}\n" for block in blocks).rstrip("\n")
