"""The model card of a version: a template of the team's, filled with what the registry knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

from modelkeep.domain.answers.papers import Card, PaperFacts
from modelkeep.domain.json_values import Json, to_text
from modelkeep.domain.known_documents import Field
from modelkeep.domain.text import close_to, pattern, printable, printable_lines
from modelkeep.errors import UsageError
from modelkeep.papers.card_metadata import card_metadata
from modelkeep.papers.markdown import code, escape, facts, minute, table
from modelkeep.rendering import counted, human_size

_PLACEHOLDER = pattern(r"\{\{\s*+([A-Za-z0-9_.-]*+)\s*+\}\}")
_NUMBER_OF_YAML = pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$|0o[0-7]+$|0x[0-9a-fA-F]+$")
_NOT_RECORDED = "Not recorded."
#: How many files, packages and problems are listed; the rest are counted.
_MOST = 100


def card(known: PaperFacts, template: str) -> Card:
    """Return the card; the same facts and template make the same bytes. Raises ``UsageError`` for an unknown placeholder."""
    metadata = card_metadata(known)

    def fill(match: object) -> str:
        name: str = match.group(1)  # type: ignore[attr-defined]
        if name == "front_matter":
            return _front_matter(metadata)
        section = SECTIONS.get(name)
        if section is None:
            message = f"a card has no part '{printable(name)}'"
            near = close_to(name, [*SECTIONS, "front_matter"])
            raise UsageError(
                message, f"{{{{{near[0]}}}}}" if near else f"parts are front_matter, {', '.join(SECTIONS)}"
            )
        return "\n".join(section(known)).strip("\n") or _NOT_RECORDED

    page = _PLACEHOLDER.sub(fill, template)
    return Card(known.version.ref, metadata, page if page.endswith("\n") else f"{page}\n")


def _front_matter(metadata: Mapping[str, Json]) -> str:
    import yaml  # type: ignore[import-untyped]  # few commands need it

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]
        """Writes texts that YAML 1.2 takes for numbers (``1e400``) in quotes; YAML 1.1, as PyYAML knows it, does not."""

    Dumper.add_implicit_resolver("tag:yaml.org,2002:float", _NUMBER_OF_YAML, list("-+.0123456789"))

    def dumped(*, allow_unicode: bool) -> str:
        found: str = yaml.dump(dict(metadata), None, Dumper, sort_keys=False, allow_unicode=allow_unicode, width=10_000)
        return found

    text = dumped(allow_unicode=True)
    # YAML takes marks that turn the direction of writing for letters.
    return f"---\n{text if printable_lines(text) == text else dumped(allow_unicode=False)}---"


def _title(known: PaperFacts) -> Iterable[str]:
    label = "" if known.version.label is None else f" ({known.version.label})"
    return [escape(f"{known.version.ref}{label}")]


def _summary(known: PaperFacts) -> Iterable[str]:
    return _prose(known.version.description)


def _purpose(known: PaperFacts) -> Iterable[str]:
    return _prose(known.purpose)


def _prose(text: str | None) -> Iterable[str]:
    """Return a text that people wrote as paragraphs, in which nothing is markup."""
    return [escape(line) if line.strip() else "" for line in (text or "").split("\n")]


def _details(known: PaperFacts) -> Iterable[str]:
    version, inspection = known.version, known.inspection
    found = () if inspection is None else inspection.formats
    sums = [
        (name, file.fact(name)) for file in (() if inspection is None else inspection.files) for name in ("parameters",)
    ]
    return facts([
        ("Model", version.name),
        ("Version", f"{version.version}" + ("" if version.label is None else f", labelled {version.label}")),
        ("Digest", version.digest),
        ("Registered", f"{minute(version.created)} by {version.actor}"),
        ("Author", version.author),
        ("Licence", version.licence),
        ("State", ", ".join([version.state, *version.stages])),
        ("Format", ", ".join(found)),
        ("Parameters", _total(value for _, value in sums)),
        ("Size", f"{human_size(version.size_bytes)} in {counted(version.files, 'file')}"),
        *((f"Tag {escape(key)}", value) for key, value in version.tags.items()),
    ])  # fmt: skip


def _total(values: Iterable[str | None]) -> str | None:
    numbers = [int(value) for value in values if value is not None and value.isdecimal()]
    return f"{sum(numbers):,}" if numbers else None


def _signature(known: PaperFacts) -> Iterable[str]:
    if known.interface is None:
        return []
    groups = (
        ("input", known.interface.inputs),
        ("output", known.interface.outputs),
        ("parameter", known.interface.params),
    )
    rows = [
        (what, each.name, each.dtype, _shape(each), "optional" if each.optional else "")
        for what, group in groups
        for each in group
    ]
    return table(("", "name", "type", "shape", ""), rows)


def _shape(field: Field) -> str:
    return f"[{', '.join(field.shape)}]" if field.shape else ""


def _data(known: PaperFacts) -> Iterable[str]:
    rows = [(each.name, each.version, each.role, each.digest, each.location) for each in known.version.data]
    return table(("dataset", "version", "role", "digest", "location"), rows) if rows else []


def _metrics(known: PaperFacts) -> Iterable[str]:
    seen: dict[tuple[str, str | None], tuple[object, ...]] = {}
    for each in known.version.evaluations:
        seen.setdefault((each.name, each.data), (each.name, to_text(each.value), each.data, minute(each.since)))
    return table(("metric", "value", "on", "recorded"), seen.values()) if seen else []


def _origin(known: PaperFacts) -> Iterable[str]:
    version, source = known.version, known.version.code
    dirty = "" if not source.dirty else ", with uncommitted changes"
    parents = [
        (escape(f"Made from{'' if each.by is None else f' ({each.by})'}"), each.ref or each.location)
        for each in known.parents
    ]
    params = [(f"Parameter {escape(key)}", to_text(value)) for key, value in version.params.items()]
    trained = version.trained
    return facts([
        *parents,
        ("Commit", None if source.commit is None else source.commit + dirty),
        ("Repository", source.remote),
        *(("Run", each.location or each.id) for each in version.runs),
        ("Trained", None if trained.ended is None else minute(trained.ended) + (" (of the files)" if trained.guessed else "")),
        *params,
    ])  # fmt: skip


def _problems(known: PaperFacts) -> Iterable[str]:
    if known.inspection is None:
        return ["Its files were not inspected."]
    found = known.inspection.all_problems
    lines = [
        f"- {each.kind}: {escape(each.text)}{'' if path is None else f' ({escape(path)})'}"
        for path, each in found[:_MOST]
    ]
    more = [f"- and {len(found) - _MOST} more"] if len(found) > _MOST else []
    return [*lines, *more] or ["Nothing was found that runs code when it is loaded."]


def _environment(known: PaperFacts) -> Iterable[str]:
    environment = known.environment
    if environment is None:
        return []
    machine = " ".join(each for each in (environment.system, environment.machine) if each)
    packages = [f"{name}=={version}" for name, version in environment.packages]
    more = f" and {len(packages) - _MOST} more" if len(packages) > _MOST else ""
    return facts([
        ("Python", environment.python),
        ("Machine", machine),
        ("Accelerators", ", ".join(environment.accelerators)),
        ("Lock file", None if environment.lock is None else f"{environment.lock.name}, {environment.lock.digest}"),
        ("Packages", ", ".join(packages[:_MOST]) + more),
    ])  # fmt: skip


def _files(known: PaperFacts) -> Iterable[str]:
    files = known.version.contents
    rows = [(each.path, human_size(each.size_bytes), each.digest) for each in files[:_MOST]]
    more = [f"and {len(files) - _MOST} more files"] if len(files) > _MOST else []
    return [
        *table(("file", "size", "SHA-256"), rows),
        "",
        *more,
        f"To get them: {code(f'modelkeep get {known.version.ref} DIR')}",
    ]


#: The parts that a template can name, besides the front matter.
SECTIONS: Mapping[str, Callable[[PaperFacts], Iterable[str]]] = MappingProxyType({
    "title": _title, "summary": _summary, "purpose": _purpose, "details": _details, "signature": _signature, "data": _data,
    "metrics": _metrics, "origin": _origin, "problems": _problems, "environment": _environment, "files": _files,
})  # fmt: skip
