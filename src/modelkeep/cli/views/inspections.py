"""What `inspect` prints, and what pages of versions say of formats, problems and signatures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from shlex import quote
from typing import TYPE_CHECKING, ClassVar

from modelkeep.cli.views.interface import View, line
from modelkeep.cli.views.layout import facts, heading, indented, section, stack, table, text
from modelkeep.domain.answers.inspections import FieldRow, Inspected, Inspection, ProblemRow, Signature, TensorRow
from modelkeep.domain.answers.versions import AsOf
from modelkeep.rendering import Clock, counted, format_words

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

#: How much of each kind a page shows.
_FILES_SHOWN, _PROBLEMS_SHOWN, _GLOBALS_SHOWN, _LARGEST_SHOWN = 20, 20, 10, 5
_STYLES = {"dangerous": "bold red", "unknown": "bold yellow", "unverified": "bold yellow", "invalid": "bold red"}


class InspectedView(View, frozen=True):
    """What is in a version, or in files on disk. ``all_tensors``: each tensor has a line."""

    undocumented: ClassVar[tuple[str, ...]] = ("all_tensors",)

    as_of: AsOf | None
    answer: Inspected
    all_tensors: bool = False

    def identifiers(self) -> list[str]:
        """Return the formats."""
        return list(self._found.formats)

    @property
    def _found(self) -> Inspection:
        found = self.answer.inspection
        return Inspection(None, (), None, None, {}, (), (), (), 0) if found is None else found

    def lines(self) -> Iterator[str]:
        """Yield a line for each thing that was found: the file, what it is, its name, its value."""
        found = self._found
        if self.answer.inspection is not None:
            yield line(None, "format", None, found.format)
        for name, value in self._totals():
            yield line(None, "fact", name, value)
        yield from (line(each.file, "problem", each.kind, each.text) for each in found.problems)
        for file in found.files:
            yield line(file.path, "format", None, file.format)
            yield from (line(file.path, "fact", name, value) for name, value in file.facts.items())
            yield from (line(file.path, "global", each, None) for each in file.globals)
        yield from (line(each.paths, f"part.{each.role}", each.name, each.digest) for each in found.parts)
        for kind, words in signature_rows(self.answer.signature):
            yield line(None, kind, *words)
        if self.all_tensors:
            yield from (line(each.file, "tensor", each.name, _type_words(each)) for each in self.answer.tensors)

    def _totals(self) -> list[tuple[str, object]]:
        """Return the facts of the whole, with the sums over its files."""
        found = self._found
        sums = {"parameters": found.parameters, "tensors": found.tensors, "unread": found.unread or None}
        return [*((name, value) for name, value in sums.items() if value is not None), *found.facts.items()]

    def table(self, clock: Clock) -> RenderableType:
        found, answer = self._found, self.answer
        title = text(answer.what, "bold") + text(f"  {format_words(found)}", "")
        when = [] if found.since is None else [("recorded", clock.second(found.since))]
        totals = [(name, str(value)) for name, value in self._totals() if name not in {"parameters", "tensors"}]
        blocks = [title, indented(facts([*totals, *when])), *problems_section(found.problems)]
        for file in found.files[:_FILES_SHOWN]:
            more = len(file.globals) - _GLOBALS_SHOWN
            listed = [*file.globals[:_GLOBALS_SHOWN], *([f"{more} more (--json has all)"] if more > 0 else [])]
            rows = [*file.facts.items(), *([("globals", ", ".join(listed))] if listed else [])]
            blocks += section(f"{file.path}  {file.format}", rows or [("", "")])
        if len(found.files) > _FILES_SHOWN:
            blocks.append(text(f"... {len(found.files) - _FILES_SHOWN} more files (--json has all)", "dim"))
        blocks += section("parts", [(each.role, _part_words(each.name, each.digest)) for each in found.parts])
        blocks += signature_section(answer.signature)
        return stack(*blocks, *self._tensors())

    def _tensors(self) -> list[RenderableType]:
        tensors = self.answer.tensors
        if not tensors:
            return []
        if not self.all_tensors:
            counts = Counter(each.dtype for each in tensors)
            rows = [(dtype, counted(number, "tensor")) for dtype, number in counts.most_common()]
            rows += [(each.name, _type_words(each)) for each in _largest(tensors)]
            return section("tensors (all: --tensors)", rows)
        several = len({each.file for each in tensors}) > 1
        rows_of_all = (
            (*([each.file] if several else []), each.name, each.dtype, _shape_words(each)) for each in tensors
        )
        columns = (*(["file"] if several else []), "name", "dtype", "shape")
        return [heading("tensors"), indented(table(columns, rows_of_all, fold=("file", "name")))]

    def notes(self) -> list[str]:
        """Return where the answer is from, and that there is nothing to say."""
        if self.answer.inspection is None:
            return [f"no file of {self.answer.what} is of a format that modelkeep knows"]
        if self.answer.ref is not None and not self.answer.recorded:
            line_to_record = f"modelkeep supplement {quote(self.answer.ref)} --inspect"
            return [f"the stored bytes were read now; to record it: {line_to_record}"]
        return []


def problems_section(problems: Sequence[ProblemRow]) -> list[RenderableType]:
    """Return the problems, the worst first, in colours that nobody overlooks."""
    order = list(_STYLES)
    ranked = sorted(problems, key=lambda each: order.index(each.kind) if each.kind in order else len(order))
    rows: list[tuple[Text, Text]] = [
        (text(each.kind, _STYLES.get(each.kind, "dim")), text(": ".join(filter(None, (each.file, each.text))), ""))
        for each in ranked[:_PROBLEMS_SHOWN]
    ]
    if len(ranked) > len(rows):
        rows.append((text("...", "dim"), text(f"{len(ranked) - len(rows)} more (--json has all)", "dim")))
    return [heading("problems"), indented(facts(rows))] if rows else []


def signature_section(signature: Signature | None) -> list[RenderableType]:
    """Return a signature: inputs, outputs, params, each with its type."""
    return section("signature", [(kind, " ".join(filter(None, words))) for kind, words in signature_rows(signature)])


def signature_rows(signature: Signature | None) -> list[tuple[str, tuple[str | None, str]]]:
    """Return kind, name and type of each field."""
    if signature is None:
        return []
    parts = (("input", signature.inputs), ("output", signature.outputs), ("param", signature.params))
    return [
        (kind, (each.name, _type_words(each) + (" (optional)" if each.optional else "")))
        for kind, fields in parts
        for each in fields
    ]


def _type_words(each: FieldRow | TensorRow) -> str:
    return f"{each.dtype}{_shape_words(each)}"


def _shape_words(each: FieldRow | TensorRow) -> str:
    return f"[{', '.join(each.shape)}]" if each.shape else ""


def _largest(tensors: Sequence[TensorRow]) -> list[TensorRow]:
    """Return the tensors with most elements; dimensions that are no numbers count as one."""

    def elements(each: TensorRow) -> int:
        count = 1
        for size in each.shape:
            count *= int(size) if size.isascii() and size.isdecimal() and len(size) < 20 else 1
        return count

    return sorted(tensors, key=elements, reverse=True)[:_LARGEST_SHOWN]


def _part_words(name: str, digest: str | None) -> str:
    return name if digest is None else f"{name}  {digest}"
