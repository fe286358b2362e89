"""The manual: modelkeep(1), one page a command in section 1, one a topic in section 7."""

from __future__ import annotations

from collections.abc import Iterable

from modelkeep.cli import command_table, topics
from modelkeep.cli import help as command_help
from modelkeep.cli.environment import ENVIRONMENT, FILES
from modelkeep.errors import EXIT_CODES
from tools import topic_pages
from tools.command_tree import Node, Parameter, argument, synopsis, walk
from tools.roff import bold, call, examples, head, italic, item, listed, plain, prose, section

_ABOUT = """\
modelkeep keeps models, their versions and what is known of them in one SQLite file and one directory. Every change is
an entry of an append-only log that says who made it, when and why. From the log modelkeep answers what is in
production, what was there yesterday and where a file came from. It checks every byte that it hands out.
"""
_CELLS = "In a pipe a line has these cells, separated by tabs:"


def texts(program: Node) -> dict[str, str]:
    """Return the text of each page by its file name below ``man``."""
    about = {node.words[0]: topic_pages.topics_of(node) for node in program.below}
    pages = {"man1/modelkeep.1": _main_page(program)}
    pages |= {f"man1/modelkeep-{node.title}.1": _page(node, about[node.title]) for node in program.below}
    for topic in topics.names():
        commands = [command for command, told in about.items() if topic in told]
        pages[f"man7/modelkeep-{topic}.7"] = topic_pages.page(topic, commands)
    return pages


def _main_page(program: Node) -> str:
    parts = [head("modelkeep", 1), section("NAME"), "modelkeep \\- a model registry in one file and one directory\n"]
    parts += [section("SYNOPSIS"), call("modelkeep", "COMMAND [ARGUMENTS] [OPTIONS]")]
    parts += [section("DESCRIPTION"), prose(_ABOUT), section("COMMANDS")]
    for panel in command_table.PANELS:
        parts.append(f".SS {panel}\n")
        for node in walk(program):
            if node.row and node.row.panel == panel and not node.below:
                parts.append(item(bold(synopsis(node)), f"{node.row.help}."))
    parts += [".PP\n", prose("Each has a page of its own: man modelkeep-promote, or modelkeep promote --help.")]
    parts += [section("TOPICS")]
    parts += [item(f"{bold(f'modelkeep-{topic}')}(7)", f"{topics.title(topic)}.") for topic in topics.names()]
    parts += [section("OPTIONS"), prose("These may stand before or after every command.")]
    parts += [_option(each) for each in (*program.shared, *program.options)]
    parts += [*_tail(), section("EXAMPLES"), examples(node.row.examples[0] for node in program.below if node.row)]
    pages = [(f"modelkeep-{node.title}", 1) for node in program.below]
    pages += [(f"modelkeep-{topic}", 7) for topic in topics.names()]
    return "".join([*parts, section("SEE ALSO"), listed(pages)])


def _page(node: Node, about: Iterable[str]) -> str:
    assert node.row is not None
    title = f"modelkeep-{node.title}"
    below = [each for each in node.below if each.row is not None]
    parts = [
        head(title, 1),
        section("NAME"),
        f"{plain(title)} \\- {plain(_lower(node.row.help))}\n",
        section("SYNOPSIS"),
    ]
    if below:
        parts += ["\n.br\n".join(call(f"modelkeep {each.title}", _arguments(each)).rstrip() for each in below) + "\n"]
        parts += [section("COMMANDS"), *(part for each in below for part in _below(each))]
    else:
        parts += [call(f"modelkeep {node.title}", _arguments(node)), section("DESCRIPTION")]
        parts += [prose(f"{node.row.help}.")]
        parts += [prose(f"It may also be typed as {', '.join(node.row.aliases)}.")] if node.row.aliases else []
        parts += _explained(node)
    if node.options:
        parts += [section("OPTIONS"), *(_option(each) for each in node.options)]
    parts += [".SS Options of all commands\n" if node.options else section("OPTIONS")]
    parts += [_option(each) for each in node.shared]
    words = command_help.words(each.metavar for row in (node, *below) for each in (*row.arguments, *row.options))
    parts += [section("WORDS"), *(item(italic(word), f"{meaning}.") for word, meaning in words)] if words else []
    if node.row.columns:
        parts += [section("OUTPUT"), prose(_CELLS), f".RS\n{plain(', '.join(node.row.columns))}\n.RE\n"]
    parts += [*_tail(), section("EXAMPLES"), examples(each for row in (node, *below) for each in _shown(row))]
    pages = [("modelkeep", 1), *((f"modelkeep-{topic}", 7) for topic in about)]
    return "".join([*parts, section("SEE ALSO"), listed(pages)])


def _below(node: Node) -> Iterable[str]:
    """Yield what is told of a command of a group."""
    assert node.row is not None
    yield item(bold(synopsis(node)), f"{node.row.help}.")
    told = [*_explained(node), *map(_option, node.options)]
    if node.row.columns:
        told += [f".PP\n{prose(_CELLS)}", plain(", ".join(node.row.columns)), ".\n"]
    yield f".RS\n{''.join(told)}.RE\n" if told else ""


def _explained(node: Node) -> list[str]:
    return [item(italic(argument(each)), each.help) for each in node.arguments if each.help]


def _shown(node: Node) -> tuple[str, ...]:
    return node.row.examples if node.row is not None and not node.below else ()


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _arguments(node: Node) -> str:
    return " ".join([*(argument(each) for each in node.arguments), "[OPTIONS]"])


def _tail() -> Iterable[str]:
    """Yield the sections that all pages share."""
    yield section("EXIT STATUS")
    yield from (item(bold(str(code)), f"{meaning}.") for code, meaning in EXIT_CODES)
    yield section("ENVIRONMENT")
    yield from (item(bold(name), meaning) for name, meaning in ENVIRONMENT)
    yield section("FILES")
    yield from (item(italic(name), meaning) for name, meaning in FILES)


def _option(option: Parameter) -> str:
    spellings = ", ".join(bold(each) for each in option.spellings)
    takes = f" {italic(option.metavar)}" if option.metavar else ""
    return item(spellings + takes, option.help + (" May be repeated." if option.many else ""))
