"""The door of the Python API: each argument is parsed by what its annotation says, before the function runs.

None is the same as leaving an argument out. A wrong keyword, a missing argument and a value that is not understood are a
``UsageError`` that says what was given and what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, wraps
from inspect import cleandoc, signature
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from modelkeep.domain.refs import is_version
from modelkeep.errors import ModelkeepError, UsageError
from modelkeep.provenance.arguments import PARSERS, not_made_here
from modelkeep.provenance.plain_values import shorten

if TYPE_CHECKING:
    from inspect import BoundArguments, Signature

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")

#: Keywords as other libraries spell them, and as the command line does.
_SYNONYMS = {
    "metric": "metrics", "results": "metrics", "param": "params", "parameters": "params", "hyperparameters": "params",
    "hparams": "params", "config": "params", "tag": "tags", "labels": "tags", "aliases": "alias", "parent": "parents",
    "base_model": "parents", "run": "runs", "run_id": "runs", "dataset": "data", "datasets": "data",
    "dataset_name": "on", "license": "licence", "reason": "message", "comment": "message", "commit_message": "message",
    "msg": "message", "version": "label", "tag_name": "label", "commit": "code", "overwrite": "force",
    "output": "dest", "destination": "dest", "dst_path": "dest", "local_dir": "dest", "model": "name",
    "model_name": "name", "exclude_patterns": "exclude", "ignore_patterns": "exclude", "allow_patterns": "include",
    "date": "as_of", "at": "as_of", "max_results": "limit", "order_by": "sort", "group": "shared", "user": "actor",
}  # fmt: skip


#: What follows a ref and is never a version itself.
_AFTER_A_REF = frozenset({"stage", "label", "mark", "add", "dest"})


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function of the API behind its door; every parameter needs an annotation that stands in ``PARSERS``."""
    kinds = {name: kind for name, kind in function.__annotations__.items() if name != "return"}
    parsers = {name: PARSERS[kind.removesuffix(" | None")] for name, kind in kinds.items()}

    @wraps(function)
    def door(*args: P.args, **kwargs: P.kwargs) -> R:
        bound = _bind(function, args, kwargs)
        bound.apply_defaults()
        for name, parse in parsers.items():
            value, parameter = bound.arguments[name], bound.signature.parameters[name]
            if parameter.kind is parameter.VAR_POSITIONAL:
                bound.arguments[name] = tuple(item for each in value for item in _parsed(parse, name, each))
                continue
            if value is None and parameter.default is not parameter.empty:
                value = parameter.default
            if value is not None or not kinds[name].endswith("None"):
                value = _parsed(parse, name, value)
            bound.arguments[name] = value
        _refuse_swapped(function.__name__, bound)
        return function(*bound.args, **bound.kwargs)

    return door


def checked_class(kind: type[S]) -> type[S]:
    """Return a class whose constructor and public methods are behind their doors."""
    for name, member in list(vars(kind).items()):
        if callable(member) and (name == "__init__" or not name.startswith("_")):
            setattr(kind, name, checked(member))
    return kind


def as_function(method: Callable[Concatenate[S, P], R], open_first: Callable[[], S], beginning: str) -> Callable[P, R]:
    """Return a method as a function of what ``open_first`` returns, with the method's own signature and docstring.

    ``beginning`` stands in place of the first line of the docstring.
    """

    @wraps(method)
    def function(*args: P.args, **kwargs: P.kwargs) -> R:
        _bind(method, (None, *args), kwargs)  # a wrong call makes no registry
        return method(open_first(), *args, **kwargs)

    own = _signature(method)
    function.__signature__ = own.replace(parameters=list(own.parameters.values())[1:])  # type: ignore[attr-defined]
    function.__qualname__ = method.__name__
    rest = (method.__doc__ or "").partition("\n")[2]
    function.__doc__ = f"{cleandoc(beginning)}\n\n{cleandoc(rest)}"
    return function


@cache
def _signature(function: Callable[..., object]) -> Signature:
    return signature(function)


def _bind(function: Callable[..., object], args: tuple[Any, ...], kwargs: dict[str, Any]) -> BoundArguments:
    own = _signature(function)
    try:
        return own.bind(*args, **kwargs)
    except TypeError as error:
        raise _wrong_call(function.__name__, own, kwargs, str(error)) from None


def _refuse_swapped(called: str, bound: BoundArguments) -> None:
    """Refuse ``promote("production", "fraud@3")``: a version stands in the second place, and none in the first."""
    (first, ref), (second, value) = [*bound.arguments.items(), ("", None), ("", None)][1:3]
    word = value[0] if isinstance(value, tuple) and len(value) == 1 else value
    if first != "ref" or second not in _AFTER_A_REF or not isinstance(word, str) or "@" in ref or not is_version(word):
        return
    message = f"{called}() takes the ref first: {shorten(repr(word))}, then {shorten(repr(ref))}"
    raise UsageError(message, f"{called}({shorten(repr(word))}, {shorten(repr(ref))})")


def _wrong_call(called: str, own: Signature, given: Mapping[str, Any], why: str) -> UsageError:
    if called == "__init__":
        return not_made_here()
    parameters = [each for each in own.parameters.values() if each.name != "self"]
    needed = [each.name for each in parameters if each.default is each.empty and each.kind is not each.VAR_POSITIONAL]
    many = [each.name for each in parameters if each.kind is each.VAR_POSITIONAL]
    named = [each.name for each in parameters if each.name not in many]
    call = f"{called}({', '.join([*needed, *(f'*{name}' for name in many), '…'])})"
    wrong = next((name for name in given if name not in named), None)
    if wrong is None:
        return UsageError(f"{called}(): {why}", call)
    message = f"{called}() has no argument '{shorten(wrong)}'"
    if wrong in many or f"{wrong}s" in many:
        return UsageError(message, f"{call}: {many[0]} are given without a keyword")
    right = _right_keyword(wrong, named)
    return UsageError(message, f"{right}=…" if right else f"its arguments are {', '.join([*many, *named])}")


def _right_keyword(wrong: str, names: list[str]) -> str | None:
    word = wrong.lower().replace("-", "_")
    if "on" in names and "data" not in names and "data" in (word, _SYNONYMS.get(word)):
        return "on"  # what `evaluate` measures on is no training data
    if (synonym := _SYNONYMS.get(word)) in names:
        return synonym
    from difflib import get_close_matches

    return next(iter(get_close_matches(word, names, n=1)), None)


def _parsed(parse: Callable[[str, Any], Any], name: str, value: object) -> Any:
    try:
        return parse(name, value)
    except ModelkeepError:
        raise
    except Exception as error:  # a library's code, asked what its value is, may raise anything
        message = f"{name} cannot be read: {type(error).__name__}: {error}"
        raise UsageError(message, "give it as a plain value: text, a number, a list or a dict") from error
