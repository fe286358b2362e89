"""docs/api.md: the Python API from its docstrings, with the answers and the errors."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

import modelkeep
from modelkeep import api_types, errors, registry
from modelkeep.domain import answers, stages
from modelkeep.domain.answers import changes, found, maintenance, pages, reports, trends, versions
from modelkeep.domain.record import Answer

_WIDEST = 100
_ALIAS = re.compile(r"#: (.*)\n(\w+): TypeAlias = (.*)")
_HEAD = """\
<!-- Made from the docstrings by `make docs`; do not edit. -->
# The Python API

"""
#: In the order in which a reader meets them.
_FUNCTIONS = (registry.register, registry.open_registry, registry.create_registry, registry.read_pairs)


def text() -> str:
    """Return the page."""
    parts = [_HEAD, _code("python", _module_example()), *_introduction()]
    parts += ["\n## Functions\n", *(_function(each, each.__name__) for each in _FUNCTIONS)]
    parts += ["\n### In signatures\n\n| name | |\n|---|---|\n", *_types()]
    parts += ["\n## Registry\n\n", _prose(inspect.getdoc(registry.Registry) or "")]
    parts += list(_methods())
    parts += ["\n## What comes back\n\n", _prose(inspect.getdoc(answers) or "")]
    parts += [_record(each) for each in _records()]
    parts += ["\n## Errors\n\n", *_errors()]
    return "".join(parts)


def _module_example() -> str:
    """Return the example in the package's docstring."""
    blocks = (inspect.getdoc(modelkeep) or "").split("\n\n")
    return "\n\n".join(textwrap.dedent(block) for block in blocks if block.startswith("    "))


def _introduction() -> Iterator[str]:
    yield "\n" + _prose((inspect.getdoc(modelkeep) or "").splitlines()[-1])
    yield "\n" + _prose((inspect.getdoc(registry) or "").partition("\n\n")[2])


def _methods() -> Iterator[str]:
    for name, member in (pair for kind in registry.Registry.__mro__[:-1] for pair in vars(kind).items()):
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            returns = inspect.signature(member.fget).return_annotation if member.fget else ""
            yield f"\n### Registry.{name}\n\n" + _code("python", f"registry.{name}: {returns}") + "\n"
            yield _prose(inspect.getdoc(member) or "")
        else:
            yield _function(member, f"Registry.{name}", called=f"registry.{name}")


def _function(function: Callable[..., Any], title: str, called: str | None = None) -> str:
    signature = _signature(called or title, function)
    return f"\n### {title}\n\n" + _code("python", signature) + "\n" + _prose(inspect.getdoc(function) or "")


def _signature(name: str, function: Callable[..., Any]) -> str:
    """Return the signature of a function, with one parameter a line where it is long."""
    signature = inspect.signature(function)
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    shown, starred = [], False
    for each in parameters:
        if each.kind is each.KEYWORD_ONLY and not starred:
            shown += ["*"]
        starred = starred or each.kind in {each.KEYWORD_ONLY, each.VAR_POSITIONAL}
        shown.append(_parameter(each))
    returns = f" -> {signature.return_annotation}"
    line = f"{name}({', '.join(shown)}){returns}"
    if len(line) <= _WIDEST:
        return line
    return f"{name}(\n" + "".join(f"    {each},\n" for each in shown) + f"){returns}"


def _parameter(parameter: inspect.Parameter) -> str:
    stars: dict[Any, str] = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
    default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    return f"{stars.get(parameter.kind, '')}{parameter.name}: {parameter.annotation}{default}"


def _types() -> Iterator[str]:
    """Yield a table row for each type alias of the signatures, with the comment above it."""
    for comment, name, kind in _ALIAS.findall(inspect.getsource(api_types)):
        yield f"| `{name}` | {comment} `{_cell(kind.strip(chr(34)))}` |\n"


def _records() -> Iterator[type]:
    yield stages.StageDef
    for family in (versions, found, pages, trends, changes, reports, maintenance):
        for value in vars(family).values():
            if isinstance(value, type) and issubclass(value, Struct) and value.__module__ == family.__name__:
                yield value


def _record(kind: type) -> str:
    inherited = [
        each.__name__ for each in kind.__mro__[1:] if each not in {Answer, Struct} and issubclass(each, Struct)
    ]
    title = f"\n### {kind.__name__}\n\n" + _prose(inspect.getdoc(kind) or "")
    also = f"\nAll fields of `{inherited[0]}`, and:\n" if inherited else ""
    own = inspect.get_annotations(kind)
    rows = [f"| `{each.name}` | `{_cell(str(own[each.name]))}` |" for each in fields(kind) if each.name in own]
    return title + also + "\n| field | |\n|---|---|\n" + "".join(f"{row}\n" for row in rows)


def _errors() -> Iterator[str]:
    tree = textwrap.dedent((inspect.getdoc(errors) or "").split("\n\n")[1])
    yield _code("text", tree)
    yield "\nAll are exported by `modelkeep`.\n\n### ModelkeepError\n\n"
    yield _prose(inspect.getdoc(errors.ModelkeepError) or "")
    yield "\n| error | raised for |\n|---|---|\n"
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, errors.ModelkeepError) and value is not errors.ModelkeepError:
            yield f"| `{value.__name__}` | {_cell((inspect.getdoc(value) or '').splitlines()[0])} |\n"


def _prose(docstring: str) -> str:
    """Return a docstring as Markdown: its examples fenced, its literals in single backticks."""
    blocks = []
    for block in docstring.strip().split("\n\n"):
        if block.lstrip().startswith(">>>"):
            blocks.append(_code("pycon", textwrap.dedent(block)))
        elif block.startswith("    "):
            blocks.append(_code("text", textwrap.dedent(block)))
        else:
            blocks.append(block.replace("``", "`") + "\n")
    return "\n".join(blocks)


def _code(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("``", "`")
