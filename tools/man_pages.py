"""The manual: modelkeep(1) and one page a command, in the man macros, without dates."""

from __future__ import annotations

from collections.abc import Iterable

from modelkeep.cli import command_table
from modelkeep.errors import EXIT_CODES
from tools.command_tree import Node, Parameter, argument, synopsis, walk

ENVIRONMENT = (
    ("MODELKEEP_REGISTRY", "The registry: a directory, or a name from the user's config. --registry wins over it."),
    ("MODELKEEP_ACTOR", "Who you are, as you say; kept in the log beside the account of the operating system."),
    ("MODELKEEP_LOCK_WAIT", "How long to wait for other writers; 30s by default."),
    ("MODELKEEP_CACHE", "The directory in which path makes its views."),
    ("MODELKEEP_COLOR", "auto, always or never."),
    ("MODELKEEP_PROGRESS", "How progress is shown on standard error: auto, plain or none."),
    (
        "MODELKEEP_PAGER, PAGER",
        "The program that shows an answer on a terminal which is longer than the window; less by default, none if it is empty or cat.",
    ),
    ("MODELKEEP_DEBUG", "With 1, the traceback of a bug is shown."),
    ("NO_COLOR, FORCE_COLOR, TERM", "As other programs understand them."),
    ("MLFLOW_RUN_ID, WANDB_RUN_ID", "The run of a tracker, which register keeps unless --run is given."),
    (
        "XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_CACHE_HOME",
        "Where the user's files are, if not in the usual directories.",
    ),
)
FILES = (
    (
        ".modelkeep/",
        (
            "The registry of a directory and of all directories below it, found as git finds its own. One that belongs to "
            "another user is used only after modelkeep config trust."
        ),
    ),
    ("modelkeep.toml", 'registry = "DIR": the registry of a directory and of all directories below it.'),
    (
        "~/.config/modelkeep/config.toml",
        "The user's settings. [registries] names several registries; trust lists directories of other users.",
    ),
    ("~/.local/share/modelkeep/registry/", "The registry that is used when no other is named."),
    (
        "~/.local/state/modelkeep/heads/",
        "The newest entry seen of each registry, by which a log that lost entries is recognised.",
    ),
    ("~/.cache/modelkeep/", "The views that path makes; it may be deleted at any time."),
    ("REGISTRY/registry.db", "The log and the tables made from it."),
    ("REGISTRY/store/", "The files of all artifacts, each under its SHA-256."),
    (".modelkeepignore", "Globs, one a line, of files that register leaves out of the directory that holds this file."),
)
_REFERENCES = """\
A version is NAME@SELECTOR. The selector is a number (fraud@3), a label (fraud@1.2), latest, a stage
(fraud@production), an alias (fraud@champion) or a digest (fraud@sha256:0c416566). sha256:0c416566 alone is the
version, or the version whose only file, has this digest. A bare NAME is the model where a model is meant; where bytes
or a stage are at stake it is refused, with the likely references as a hint.
"""
_TIMES = """\
A time T is an RFC 3339 time, a date, an age (7d, 12h) or seq:N, the entry of the log with this number.
"""
_OUTPUT = """\
Standard output carries the answer and nothing else; notes, hints, progress and errors go to standard error. In a pipe
an answer is a record a line, its cells separated by tabs, no cell empty. --json prints one document; a JSON Schema of
each is in the package. -q prints identifiers only.
"""
_ABOUT = """\
modelkeep keeps models, their versions and what is known of them in one SQLite file and one directory. Every change is
an entry of an append-only log that says who made it, when and why. From the log modelkeep answers what is in
production, what was there yesterday and where a file came from. It checks every byte that it hands out.
"""


def texts(program: Node) -> dict[str, str]:
    """Return the text of each page by its file name."""
    pages = {"modelkeep.1": _main_page(program)}
    pages |= {f"modelkeep-{node.title}.1": _page(node) for node in program.below}
    return pages


def _main_page(program: Node) -> str:
    parts = [_head("modelkeep"), _section("NAME"), "modelkeep \\- a model registry in one file and one directory\n"]
    parts += [_section("SYNOPSIS"), _call("modelkeep", "COMMAND [ARGUMENTS] [OPTIONS]")]
    parts += [_section("DESCRIPTION"), _text(_ABOUT), _section("COMMANDS")]
    for panel in command_table.PANELS:
        parts.append(f".SS {panel}\n")
        for node in walk(program):
            if node.row and node.row.panel == panel and not node.below:
                parts.append(_item(_bold(synopsis(node)), f"{node.row.help}."))
    parts += [".PP\n", _text("Each has a page of its own: man modelkeep-promote, or modelkeep promote --help.")]
    parts += [_section("OPTIONS"), _text("These may stand before or after every command.")]
    parts += [_option(each) for each in (*program.shared, *program.options)]
    parts += [_section("REFERENCES"), _text(_REFERENCES), ".PP\n", _text(_TIMES)]
    parts += [_section("OUTPUT"), _text(_OUTPUT), *_tail()]
    parts += [_section("EXAMPLES"), _examples(node.row.examples[0] for node in program.below if node.row)]
    names = ", ".join(f"modelkeep\\-{node.title}(1)" for node in program.below)
    return "".join([*parts, _section("SEE ALSO"), names + "\n"])


def _page(node: Node) -> str:
    assert node.row is not None
    title = f"modelkeep-{node.title}"
    below = [each for each in node.below if each.row is not None]
    parts = [
        _head(title),
        _section("NAME"),
        f"{_plain(title)} \\- {_plain(_lower(node.row.help))}\n",
        _section("SYNOPSIS"),
    ]
    if below:
        parts += ["\n.br\n".join(_call(f"modelkeep {each.title}", _arguments(each)).rstrip() for each in below) + "\n"]
        parts += [_section("COMMANDS")]
        for each in below:
            parts += [_item(_bold(synopsis(each)), f"{each.row.help}.")] if each.row else []
            parts += [f".RS\n{''.join(map(_option, each.options))}.RE\n"] if each.options else []
    else:
        parts += [_call(f"modelkeep {node.title}", _arguments(node)), _section("DESCRIPTION")]
        parts += [_text(f"{node.row.help}.")]
        parts += [_text(f"It may also be typed as {', '.join(node.row.aliases)}.")] if node.row.aliases else []
        parts += [_item(_italic(argument(each)), each.help) for each in node.arguments if each.help]
    if node.options:
        parts += [_section("OPTIONS"), *(_option(each) for each in node.options)]
    parts += [".SS Options of all commands\n" if node.options else _section("OPTIONS")]
    parts += [_option(each) for each in node.shared]
    if node.row.columns:
        parts += [_section("OUTPUT"), _text("In a pipe a line has these cells, separated by tabs:")]
        parts += [f".RS\n{_plain(', '.join(node.row.columns))}\n.RE\n"]
    parts += [*_tail(), _section("EXAMPLES"), _examples(each for row in (node, *below) for each in _shown(row))]
    return "".join([*parts, _section("SEE ALSO"), "modelkeep(1)\n"])


def _shown(node: Node) -> tuple[str, ...]:
    return node.row.examples if node.row is not None and not node.below else ()


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _arguments(node: Node) -> str:
    return " ".join([*(argument(each) for each in node.arguments), "[OPTIONS]"])


def _tail() -> Iterable[str]:
    """Yield the sections that all pages share."""
    yield _section("EXIT STATUS")
    yield from (_item(_bold(str(code)), f"{meaning}.") for code, meaning in EXIT_CODES)
    yield _section("ENVIRONMENT")
    yield from (_item(_bold(name), meaning) for name, meaning in ENVIRONMENT)
    yield _section("FILES")
    yield from (_item(_italic(name), meaning) for name, meaning in FILES)


def _option(option: Parameter) -> str:
    spellings = ", ".join(_bold(each) for each in option.spellings)
    takes = f" {_italic(option.metavar)}" if option.metavar else ""
    return _item(spellings + takes, option.help + (" May be repeated." if option.many else ""))


def _head(title: str) -> str:
    return f'.\\" Made from the commands by `make docs`; do not edit.\n.TH {title.upper()} 1 "" modelkeep\n.nh\n.ad l\n'


def _section(title: str) -> str:
    return f".SH {title}\n"


def _item(tag: str, text: str) -> str:
    return f".TP\n{tag}\n{_text(text)}"


def _call(command: str, rest: str) -> str:
    return f"{_bold(command)} {_italic(rest)}\n"


def _examples(lines: Iterable[str]) -> str:
    return ".nf\n.RS\n" + "".join(f"{_exact(line)}\n" for line in lines) + ".RE\n.fi\n"


def _bold(text: str) -> str:
    return f"\\fB{_exact(text)}\\fR"


def _italic(text: str) -> str:
    return f"\\fI{_exact(text)}\\fR"


def _text(text: str) -> str:
    return "".join(f"{_plain(line)}\n" for line in text.splitlines())


def _plain(text: str) -> str:
    """Return running text without requests of groff, in which option names keep their hyphens."""
    escaped = _escaped(text)
    words = [
        word.replace("-", "\\-") if word.startswith(("-", "modelkeep-", "(-")) else word for word in escaped.split(" ")
    ]
    return " ".join(words)


def _exact(text: str) -> str:
    """Return text that is copied and typed, with each character as it is."""
    escaped = _escaped(text)
    for character, name in (("-", "\\-"), ("'", "\\(aq"), ("`", "\\(ga"), ("^", "\\(ha"), ("~", "\\(ti")):
        escaped = escaped.replace(character, name)
    return escaped


def _escaped(text: str) -> str:
    safe = text.replace("\\", "\\e")
    safe = "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in safe)
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe
