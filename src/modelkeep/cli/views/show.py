"""What `show` prints: the page of a model, and the page of a version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from modelkeep.cli.views.approvals import requests_section, rules_sections
from modelkeep.cli.views.checks import checks_section
from modelkeep.cli.views.history import tenure_table
from modelkeep.cli.views.interface import View, field_lines, flattened
from modelkeep.cli.views.layout import facts, heading, indented, section, stack, stages, text
from modelkeep.cli.views.lists import glass_warnings, holder_line, version_table
from modelkeep.cli.views.origin import origin_sections
from modelkeep.cli.views.roles import authority_rows
from modelkeep.cli.views.trends import trend_block
from modelkeep.domain.answers.pages import CodeState, Model, NoteText, ParentRef, Training, Version
from modelkeep.domain.answers.serving import DeploymentRow
from modelkeep.domain.answers.trends import Trend
from modelkeep.domain.answers.versions import AskedFor, AsOf, Deletion, Marked, Tenure
from modelkeep.domain.completeness import missing_words
from modelkeep.domain.json_values import to_text
from modelkeep.domain.metrics import newest_by_data
from modelkeep.domain.next_steps import next_steps
from modelkeep.rendering import (
    Clock,
    beginning,
    counted,
    files,
    format_words,
    glass_warning,
    human_size,
    six_digits,
    visible,
)

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text


_FILES_SHOWN = 20
_COMMIT_DIGITS = 12


class ModelView(View, frozen=True):
    """A model: its stages, aliases, tags, notes and newest versions."""

    undocumented = ("trend",)
    answer: Model
    as_of: AsOf | None
    trend: Trend | None = None

    def lines(self) -> list[str]:
        """Return a line a field; of the newest versions only their refs."""
        return [*field_lines(flattened(self.document()) | {"recent": [each.ref for each in self.answer.recent]})]

    def identifiers(self) -> list[str]:
        return [self.answer.name]

    def notes(self) -> list[str]:
        """Return a warning for each stage that is held because the glass was broken."""
        return glass_warnings(self.answer.name, self.answer.holders)

    def table(self, clock: Clock) -> RenderableType:
        model = self.answer
        gone = ("archived" if model.versions else "deleted") if model.archived else ""
        title = text(model.name, "bold") + text(f"  {counted(model.versions, 'version')}  {gone}", "dim")
        rows = [
            *((held.stage, holder_line(model.name, held, clock)) for held in model.holders),
            *(("asked for", _asked_for(model.name, each, clock)) for each in model.requests),
            ("development", self._development(clock)),
            ("former names", ", ".join(model.former_names)),
            ("aliases", ", ".join(f"{name} -> {version}" for name, version in model.aliases.items())),
            ("tags", _tags(model.tags)),
            ("created", f"{clock.second(model.created)} by {model.actor}"),
        ]
        return stack(
            title,
            *([text(model.description, "")] if model.description else []),
            indented(facts(rows)),
            "",
            *trend_block(self.trend),
            version_table(model.recent, clock, trend=self.trend),
            *(["", *section("who may", authority_rows(model.authority))] if model.authority else self._meanings()),
            *notes_section(model.notes, clock),
        )

    def _meanings(self) -> list[RenderableType]:
        """Return what the stages mean, where no roles say who may do what in them."""
        return ["", *section("stages", list(self.answer.meanings.items()))] if self.answer.meanings else []

    def _development(self, clock: Clock) -> str | None:
        newest = self.answer.development
        if newest is None:
            return None
        more = f", {newest.more} more" if newest.more else ""
        return f"{self.answer.name}@{newest.version}  {clock.ago(newest.since)}{more}"


def _asked_for(name: str, asked: AskedFor, clock: Clock) -> Text:
    """Return what an open request asks for: ``fraud@5 for production  2d, by ana (request 17)``."""
    by = f" for {asked.stage}  {clock.ago(asked.since)}, by {asked.actor} (request {asked.request})"
    return text(f"{name}@{asked.version}", "bold") + text(by, "")


def notes_section(notes: Sequence[NoteText], clock: Clock) -> list[RenderableType]:
    """Return the notes of a model or version, each with its time and author."""
    return section("notes", [(f"{clock.second(each.time)} {each.actor}", each.text) for each in notes])


class VersionView(View, frozen=True):
    """A version: what it is, what made it, where it stands and where it stood."""

    undocumented = ("stages",)
    answer: Version
    as_of: AsOf | None
    #: Those of the registry, for what is next.
    stages: Sequence[str] = ()

    def lines(self) -> list[str]:
        """Return a line a field; of the files only the sums and the problems, and no packages: ``--packages`` shows them."""
        fields = flattened(self.document())
        if self.answer.inspection is not None:
            del fields["inspection"]["files"]
        if self.answer.environment is not None:
            del fields["environment"]["packages"]
        return [*field_lines(fields)]

    def identifiers(self) -> list[str]:
        return [self.answer.ref]

    def notes(self) -> list[str]:
        """Return a warning for each stage that is held because the glass was broken."""
        return [glass_warning(self.answer.ref, stage) for stage in self.answer.break_glass]

    def table(self, clock: Clock) -> RenderableType:
        """Return where it stands, what it scored, what made it, what it is, what happened to it, and what is next."""
        version = self.answer
        found = version.inspection
        blocks: list[RenderableType] = [_title(version)]
        if version.description:
            blocks.append(text(version.description, ""))
        blocks.append(indented(facts(_standing(version, clock))))
        if found is not None and found.problems:
            from modelkeep.cli.views.inspections import problems_section  # few versions have problems

            blocks += problems_section(found.problems)
        blocks += section("metrics", _metrics(version))
        blocks += section("params", [(key, visible(to_text(value))) for key, value in version.params.items()])
        blocks += _group("origin", _origin(version, clock))
        blocks += origin_sections(version)
        blocks += _group("artifact", _artifact(version))
        blocks += _contents(version)
        if version.tenures:
            blocks += [heading("history"), indented(tenure_table(version.tenures, clock, without={"version"}))]
        blocks += checks_section(version.checks, clock)
        blocks += rules_sections(version.tenures) + requests_section(version.requests, clock)
        blocks += notes_section(version.notes, clock)
        return stack(*blocks, *(() if self.as_of is not None else _next(version, self.stages)))


def _next(version: Version, stages: Sequence[str]) -> list[RenderableType]:
    """Return what can be done next, a line to type each with why."""
    steps = next_steps(version, stages) if stages else []
    lines = [text(each.line, "bold") + text(f"    ({each.why})", "dim") for each in steps]
    return [heading("next"), *map(indented, lines)] if lines else []


def _group(title: str, rows: Iterable[tuple[str, str | Text | None]]) -> list[RenderableType]:
    """Return a section of facts; nothing where all are unknown."""
    listed = facts(rows)
    return [heading(title), indented(listed)] if listed.rows else []


def _title(version: Version) -> Text:
    title = text(version.ref, "bold") + text(_with("", "  ", version.label) + "  ", "") + text(version.state)
    held = [*version.stages, *(f"{each.stage} ({each.share:g}%)" for each in version.shares)]
    if held:
        title += text(" in ", "") + stages(held)
    return title + text("  bad", "bold red") if version.bad and version.state != "bad" else title


def _parent(parent: ParentRef) -> str:
    word = "" if parent.derived_by is None else f" ({parent.derived_by})"
    return f"{parent.ref or parent.location}{word}"


def _where(row: DeploymentRow) -> str:
    """Return where a version runs, and loudly that it should not: ``k8s/eu (drift: production is fraud@4)``."""
    status = "" if row.status == "running" else f" {row.status}"
    return f"{row.target}{status}" + (f" (drift: {row.drift})" if row.drift else "")


def _standing(version: Version, clock: Clock) -> list[tuple[str, str | Text | None]]:
    """Return where a version stands and who is behind it, and what is not known of it."""
    claimed = f" (claims {version.claimed})" if version.claimed else ""
    by = f"{version.actor}{claimed}{_with('', ' on ', version.host)}"
    held = [each for each in version.tenures if each.until is None]
    return [
        *((each.stage, _held(each, clock)) for each in held),
        ("marked bad", _done(version.marked, clock)),
        ("deleted", _done(version.deletion, clock)),
        ("aliases", ", ".join(version.aliases)),
        ("runs at", ", ".join(map(_where, version.deployments)) or None),
        ("registered", f"{clock.second(version.created)} by {by}"),
        ("reason", version.reason),
        ("author", version.author if version.author != version.actor else None),
        ("licence", version.licence),
        ("tags", _tags(version.tags)),
        ("missing", missing_words(version)),
    ]


def _held(tenure: Tenure, clock: Clock) -> str:
    """Return since when a version holds a stage and why: ``12d, by ana: "march data"``."""
    share = "" if tenure.share is None else f"{tenure.share:g}%, "
    return f"{share}{clock.ago(tenure.since)}, by {tenure.began.actor}: {beginning(tenure)}"


def _origin(version: Version, clock: Clock) -> list[tuple[str, str | Text | None]]:
    """Return what made a version, and what was made from it."""
    return [
        ("files dated" if version.trained.guessed else "trained", _training(version.trained, clock)),
        ("code", _code(version.code)),
        *((each.role or "data", _located(each.node, each.location, "  ")) for each in version.data),
        ("made from", ", ".join(map(_parent, version.parents))),
        ("led to", ", ".join(version.children)),
        ("runs", ", ".join(_located(each.id, each.location, " ") for each in version.runs)),
        ("seeds", ", ".join(version.trained.seeds)),
        ("source", ", ".join(version.source)),
    ]


def _artifact(version: Version) -> list[tuple[str, str | Text | None]]:
    return [
        ("holds", f"{files(version.files)}, {human_size(version.size_bytes)}"),
        ("format", None if version.inspection is None else format_words(version.inspection)),
        ("digest", version.digest),
    ]


def _contents(version: Version) -> list[RenderableType]:
    """Return the files, where there are several, and the signature; few versions have one."""
    blocks: list[RenderableType] = []
    if len(version.contents) > 1:
        rows = [(each.path, human_size(each.size_bytes)) for each in version.contents[:_FILES_SHOWN]]
        more = len(version.contents) - len(rows)
        blocks += section("files", [*rows, (f"... {more} more", "")] if more else rows)
    if version.signature is not None:
        from modelkeep.cli.views.inspections import signature_section

        blocks += signature_section(version.signature)
    return blocks


def _metrics(version: Version) -> list[tuple[str, str]]:
    """Return the newest value of each metric on each data."""
    newest = newest_by_data(version.evaluations)
    return [
        (name, _with(six_digits(to_text(each.value)), "  on ", data))
        for name, of in newest.items()
        for data, each in of.items()
    ]


def _tags(tags: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in tags.items())


def _done(found: Deletion | Marked | None, clock: Clock) -> str | None:
    return None if found is None else _with(f"{clock.second(found.time)} by {found.actor}", ": ", found.reason)


def _training(found: Training, clock: Clock) -> str | None:
    if found.ended is None:
        return f"from {clock.second(found.started)}" if found.started else None
    since = f"{clock.second(found.started)} to " if found.started else ""
    return f"{since}{clock.second(found.ended)}"


def _code(found: CodeState) -> str | None:
    if found.commit is None and found.dirty is None:
        return None
    commit = (found.commit or "no commit")[:_COMMIT_DIGITS] + (" (dirty)" if found.dirty else "")
    place = " ".join(each for each in (found.branch, found.remote) if each)
    return _with(_with(commit, "  ", place), "  in ", found.work_tree)


def _located(name: str, location: str | None, gap: str) -> str:
    return f"{name}{gap}({location})" if location else name


def _with(value: str, between: str, more: str | None) -> str:
    """Return a value and what there is more of it."""
    return f"{value}{between}{more}" if more else value
