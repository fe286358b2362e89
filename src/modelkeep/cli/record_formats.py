"""Answers as records for scripts: JSON Lines, CSV, variables of a shell, and a template of one's own.

The records of an answer are the rows of the only list of objects in its document, or of the list that its view names, else
the document itself. So every format has the fields of ``--json``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import json

from modelkeep.domain.json_values import to_json, to_text
from modelkeep.domain.keys import split_key
from modelkeep.domain.text import close_to, pattern, printable
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from modelkeep.cli.views.interface import View

FORMATS = ("jsonl", "csv", "env")
#: Fields of a document that are about the answer, and none of its records.
_AROUND = frozenset({"schema", "as_of"})
_PART = pattern(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|\\([ntr0\\])")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\"}
_LONGEST_SHOWN = 100
_NO_NAME = pattern(r"[^A-Z0-9_]+")
#: Not MODELKEEP_: `eval` would set the variables that modelkeep itself reads.
PREFIX = "MK_"


def is_template(form: str) -> bool:
    """Tell whether a format is a template: ``{ref} {metrics.auc}``."""
    return "{" in form


def records(document: Mapping[str, Any], rows: str = "") -> list[Mapping[str, Any]]:
    """Return the records of a document; ``rows`` is the field that has them, where there are others beside it."""
    if rows:
        return list(document[rows])
    fields = {name: value for name, value in document.items() if name not in _AROUND}
    if len(fields) == 1:
        (only,) = fields.values()
        if isinstance(only, list) and all(isinstance(each, Mapping) for each in only):
            return only
    return [fields]


def check_fields(form: str, answers: Sequence[str]) -> None:
    """Raise ``UsageError`` where a template has a field that the records of no answer have, named by their JSON Schemas."""
    known = {field: has_parts for answer in answers for field, has_parts in fields_of(answer).items()}
    for is_field, name in _parts(form):
        if is_field and name not in known and not known.get(name.partition(".")[0]):
            raise _unknown(known, name)


def fields_of(answer: str, rows: str = "") -> dict[str, bool]:
    """Return the fields of the records of an answer (``registered``) by its JSON Schema, and which ones are objects.

    ``rows`` is the field that has the records, where there are others beside it.
    """
    from importlib.resources import files

    schema: Any = json.decode((files("modelkeep") / "schemas" / f"{answer}.json").read_bytes())
    fields = {
        name: each for name, each in schema["properties"].items() if name == rows or not (rows or name in _AROUND)
    }
    if len(fields) == 1 and "$ref" in (items := next(iter(fields.values())).get("items", {})):
        fields = schema["$defs"][items["$ref"].rpartition("/")[2]]["properties"]
    kinds = {name: (each, *each.get("anyOf", ())) for name, each in fields.items()}
    return {name: any("$ref" in one or one.get("type") == "object" for one in each) for name, each in kinds.items()}


class Writer:
    """Writes the records of one answer, which may come in pages, in one format; ``end`` ends each record."""

    def __init__(self, form: str, end: str = "\n") -> None:
        """Raise ``UsageError`` for a template that is none."""
        self._end, self._is_env = end, form == "env"
        self._names_fields = form == "csv" or is_template(form)
        self._columns: list[str] | None = None
        #: Those that the records of an answer without records would have.
        self._fields: Sequence[str] = ()
        self._write = self._template(form) if is_template(form) else getattr(self, f"_{form}")

    def write(self, document: Mapping[str, Any], rows: str = "") -> str:
        """Return the text of a document's records; variables are the fields of the document where it has other ones."""
        found = records(document, "" if self._is_env else rows)
        if not found and self._names_fields and self._columns is None:
            self._fields = list(fields_of(document["schema"].removeprefix("modelkeep.").partition("/")[0], rows))
        return "".join(self._write(found))

    def answer(self, view: View, form: str) -> str:
        """Return the text of a view; its own columns as CSV have their heading also where there is no row."""
        own = view.columns_of_csv() if form == "csv" else None
        if own is None:
            return self.write(view.record_document(form), view.record_field)
        heading, rows = own
        return _csv_line(heading) + "".join(_csv_line(map(_text, row)) for row in rows)

    def _jsonl(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        return (to_json(row) + self._end for row in rows)

    def _csv(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Yield the rows as RFC 4180 has them, the first page with a header; lists and objects are JSON."""
        if self._columns is None and (rows or self._fields):
            self._columns = list(dict.fromkeys(name for row in rows for name in row) or self._fields)
            yield _csv_line(self._columns)
        for row in rows:
            yield _csv_line([_text(row.get(name)) for name in self._columns or ()])

    def _env(self, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
        """Yield a variable for each field of the only record, as a shell reads it; lists and objects are JSON."""
        from shlex import quote

        for name, text in single(rows, "--format env").items():
            variable = PREFIX + _NO_NAME.sub("_", name.upper())
            yield f"{variable}={quote(text)}{self._end}"

    def _template(self, form: str) -> Callable[[Sequence[Mapping[str, Any]]], Iterator[str]]:
        parts = [part for part in _parts(form) if any(part)]
        end = "" if parts[-1] == (False, "\0") else self._end  # the template has an end of its own

        def write(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
            if self._fields and not rows:
                for name in (text for is_field, text in parts if is_field):
                    _field(dict.fromkeys(self._fields), name)  # raises for an unknown one
            for row in rows:
                yield "".join(_field(row, text) if is_field else text for is_field, text in parts) + end

        return write


def single(rows: Sequence[Mapping[str, Any]], what: str) -> dict[str, str]:
    """Return the fields of the only record as texts; ``UsageError`` where there are several, or none."""
    if len(rows) != 1:
        raise several_records(what, len(rows))
    return {name: _text(value) for name, value in rows[0].items()}


def several_records(what: str, count: int | None = None) -> UsageError:
    """Return the error for a format of one record and an answer of ``count`` records, or of any number."""
    has = "may have several" if count is None else f"has {count}"
    return UsageError(f"{what} takes an answer of one record, and this one {has}", "--format jsonl        (or csv)")


def github_output(document: Mapping[str, Any], new_id: Callable[[], str]) -> str:
    """Return the fields of the only record as lines of a ``$GITHUB_OUTPUT`` file; ``new_id`` makes delimiters."""
    lines = []
    for name, text in single(records(document), "--github-output").items():
        if "\n" in text or "\r" in text:
            delimiter = f"modelkeep-{new_id()}"
            lines.append(f"{name}<<{delimiter}\n{text}\n{delimiter}\n")
        else:
            lines.append(f"{name}={text}\n")
    return "".join(lines)


def _parts(form: str) -> Iterator[tuple[bool, str]]:
    """Yield the parts of a template: whether it is a field, and its text."""
    last = 0
    for match in _PART.finditer(form):
        yield False, form[last : match.start()]
        last = match.end()
        name, escape = match.groups()
        if name is not None:
            yield True, name.strip()
        elif escape is not None:
            yield False, _ESCAPES[escape]
        elif match.group() in ("{", "}"):
            message = f"a brace of the template has no partner: '{printable(form)}'"
            raise UsageError(message, "{ref}        ({{ and }} are braces)")
        else:
            yield False, match.group()[0]
    yield False, form[last:]


def _field(row: Mapping[str, Any], name: str) -> str:
    """Return a field of a record as text: ``ref``, ``metrics.auc``, ``metric.auc@DATA``, ``stages``; ``UsageError`` for an unknown one."""
    split = split_key(name)
    own = "" if split is None else "evaluations" if split[0] == "metric" else f"{split[0]}s"
    if split is not None and own in row:
        from modelkeep.cli.views.values import NOTHING, keyed_value

        # Of an answer without records only the names of the fields are known.
        found = NOTHING if row[own] is None else keyed_value(row, *split, str(row.get("ref", "")))
        return "" if found is NOTHING else _text(found)
    value: Any = row
    rest = name
    while rest:
        if value is None:
            return ""  # the commit of a version without code
        if not isinstance(value, Mapping):
            raise _unknown(row, name)
        # A key may have dots in it: the longest beginning that is one counts.
        fitting = (each for each in value if rest == each or (rest.startswith(each) and rest[len(each)] == "."))
        key = max(fitting, key=len, default=None)
        if key is None:
            if value is row:
                raise _unknown(row, name)
            return ""  # a version without this metric
        value, rest = value[key], rest[len(key) + 1 :]
    if value is row:
        raise _unknown(row, name)
    return _text(value)


def _unknown(row: Mapping[str, Any], name: str) -> UsageError:
    shown = name if len(name) <= _LONGEST_SHOWN else f"{name[:_LONGEST_SHOWN]}..."
    message = f"a record has no field '{printable(shown)}'"
    kind, _, key = shown.partition(".")
    near = [f"{kind}s.{key}"] if key and f"{kind}s" in row else close_to(shown, list(row)) or list(row)
    return UsageError(message, f"there are {', '.join(near)}")


def _text(value: Any) -> str:
    """Return a value as text: nothing for null, all else as JSON.

    A list is its values joined by commas, where these are plain and can be taken apart again.
    """
    if value is None:
        return ""
    if isinstance(value, (list, tuple)) and all(isinstance(each, (str, int, float)) for each in value):
        texts = list(map(to_text, value))
        if all(texts) and not any("," in each or each.startswith("[") for each in texts):
            return ",".join(texts)
    return to_text(value)


def _csv_line(cells: Iterable[str]) -> str:
    import csv
    import io

    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()
