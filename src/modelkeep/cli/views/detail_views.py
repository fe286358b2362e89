"""One thing that fills a page of a terminal: a model, a version, the registry, a verification."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from modelkeep.cli.terminal import Rows, Screen, pairs, stages, table, text
from modelkeep.cli.views.changes import summary
from modelkeep.cli.views.reads import why
from modelkeep.domain.answers.care import Verification
from modelkeep.domain.answers.records import AuditEntry, Status
from modelkeep.domain.answers.versions import (
    CodeState,
    Deletion,
    Holder,
    Metric,
    Model,
    NoteText,
    Tenure,
    Training,
    Version,
    VersionRow,
)
from modelkeep.rendering.counts import counted, files
from modelkeep.rendering.sizes import human_size

_MOST_FILES = 20


class Sheets:
    """Draws what is one thing, on a screen."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen

    def model(self, found: Model) -> RenderableType:
        """Return a model's page."""
        head = text(found.name, "bold")
        head.append(f"  {counted(found.versions, 'version')}", style="dim")
        out = ("archived" if found.versions else "deleted") if found.archived else ""
        head.append(f"  {out}", style="dim")
        facts = pairs()
        for held in found.holders:
            shares = "".join(f"  ~ {each.version} at {each.share}%" for each in held.shares)
            facts.add_row(held.stage, self._holder(found.name, held, shares))
        if found.development is not None:
            newest = found.development
            more = f", {newest.more} more" if newest.more else ""
            facts.add_row("development", text(f"{found.name}@{newest.version}  {self.screen.ago(newest.since)}{more}"))
        _row(facts, "former names", ", ".join(found.former_names))
        _row(facts, "aliases", ", ".join(f"{name} -> {version}" for name, version in found.aliases))
        _row(facts, "tags", _joined(found.tags))
        facts.add_row("created", text(f"{self.screen.local(found.created)} by {found.actor}"))
        return Group(
            head,
            *([text(found.description)] if found.description else []),
            _indented(facts),
            Text(""),
            *([self.version_table(found.recent)] if found.recent else []),
            *self._notes(found.notes),
        )

    def _holder(self, name: str, held: Holder, shares: str) -> Text:
        made = text(f"{name}@{held.version}", "bold green" if held.stage == "production" else "bold")
        label = f" {held.label}" if held.label else ""
        return made.append_text(text(f"{label}  {self.screen.ago(held.since)}, by {held.actor}{shares}", "default"))

    def version(self, found: Version) -> RenderableType:
        """Return a version's page."""
        head = text(found.ref, "bold").append(f"  {found.label}" if found.label else "")
        head.append("  ").append_text(text(found.state))
        if found.stages:
            head.append(" in ").append_text(stages(tuple(each.stage for each in found.stages)))
        head.append("  bad" if found.bad and found.state != "bad" else "", style="bold red")
        facts = pairs()
        _row(facts, "deleted", self._deletion(found.deletion))
        _row(facts, "reason", found.reason)
        _row(facts, "aliases", ", ".join(found.aliases))
        facts.add_row("artifact", text(f"{files(found.files)}, {human_size(found.size_bytes)}"))
        facts.add_row("digest", text(found.digest))
        claims = f" (claims {found.claimed})" if found.claimed else ""
        where = f" on {found.host}" if found.host else ""
        facts.add_row("registered", text(f"{self.screen.local(found.created)} by {found.actor}{claims}{where}"))
        _row(facts, "author", found.author if found.author != found.actor else None)
        _row(facts, "trained", self._trained(found.trained))
        _row(facts, "code", _code(found.code))
        for each in found.data:
            _row(facts, each.role or "data", f"{each.node}{f'  ({each.location})' if each.location else ''}")
        _row(facts, "made from", ", ".join(each.ref or each.location or "" for each in found.parents))
        _row(facts, "led to", ", ".join(found.children))
        _row(
            facts,
            "runs",
            ", ".join(f"{each.id}{f' ({each.location})' if each.location else ''}" for each in found.runs),
        )
        _row(facts, "tags", _joined(found.tags))
        _row(facts, "source", ", ".join(found.source))
        blocks: list[RenderableType] = [head, *([text(found.description)] if found.description else [])]
        blocks.append(_indented(facts))
        blocks += _section("metrics", [(each.name, _metric(each)) for each in found.metrics])
        blocks += _section("params", found.params)
        if len(found.contents) > 1:
            rows = [(each.path, human_size(each.size_bytes)) for each in found.contents[:_MOST_FILES]]
            left = len(found.contents) - len(rows)
            blocks += _section("files", rows + ([(f"... {left} more", "")] if left > 0 else []))
        if found.tenures:
            blocks += [Text("history", style="bold"), _indented(self.tenure_table(found.tenures, ref=False))]
        return Group(*blocks, *self._notes(found.notes))

    def _deletion(self, found: Deletion | None) -> str | None:
        if found is None:
            return None
        return f"{self.screen.local(found.time)} by {found.actor}{f': {found.reason}' if found.reason else ''}"

    def _trained(self, found: Training) -> str | None:
        if found.ended is None:
            return None
        since = f"{self.screen.local(found.started)} to " if found.started else ""
        guessed = " (the newest time of its files)" if found.guessed else ""
        return f"{since}{self.screen.local(found.ended)}{guessed}"

    def _notes(self, notes: Sequence[NoteText]) -> list[RenderableType]:
        return _section("notes", [(f"{self.screen.local(each.time)} {each.actor}", each.text) for each in notes])

    def version_table(self, rows: Sequence[VersionRow]) -> Rows:
        """Return versions, a row each; columns that nobody uses are left out."""
        labels, aliases = any(row.label for row in rows), any(row.aliases for row in rows)
        names = [
            "version", *(["label"] if labels else []), "stage", "state", *(["alias"] if aliases else []),
            "created", "author", "size",
        ]  # fmt: skip
        made = table(*names, right=("size",), fold=("version", "author", "alias"))
        for row in rows:
            made.add_row(
                text(row.ref, "dim" if row.archived or row.deleted else "bold"),
                *([text(row.label)] if labels else []),
                stages(row.stages),
                text(row.state),
                *([text(", ".join(row.aliases))] if aliases else []),
                text(self.screen.ago(row.created)),
                text(row.author),
                text(human_size(row.size_bytes)),
            )
        return made

    def tenure_table(self, rows: Sequence[Tenure], *, ref: bool = True) -> Rows:
        """Return tenures, a row each: by whom and why it began, how it ended."""
        made = table(
            *(["ref"] if ref else []), "stage", "since", "until", "for", "by", "why", fold=("ref", "why", "by")
        )
        for row in rows:
            made.add_row(
                *([text(row.ref, "bold" if row.until is None else "")] if ref else []),
                text(row.stage),
                text(self.screen.minute(row.since)),
                text(self.screen.minute(row.until, "now")),
                text(self.screen.lasted(row.since, row.until)),
                text(row.actor),
                text(why(row)),
            )
        return made

    def entry(self, row: AuditEntry) -> Text:
        """Return an entry of the log as a sentence."""
        made = text(self.screen.local(row.time), "dim").append("  ").append_text(text(row.actor, "bold"))
        return made.append("  ").append_text(text(row.sentence, "default")).append(f"  #{row.seq}", style="dim")

    def status(self, found: Status) -> RenderableType:
        """Return the registry at a glance."""
        facts = pairs()
        facts.add_row("registry", text(f"{found.registry}  ({found.origin})"))
        if found.backup_of:
            facts.add_row("backup of", text(f"{found.backup_of}: nothing is changed in it", "yellow"))
        held = (
            counted(found.models, "model"),
            counted(found.versions, "version"),
            *([f"{found.deleted} deleted"] if found.deleted else []),
            "many files (status --size)" if found.size_bytes is None else human_size(found.size_bytes),
            counted(found.entries, "entry", "entries"),
        )
        facts.add_row("holds", text(", ".join(held)))
        blocks: list[RenderableType] = [facts, Text("")]
        live = pairs()
        for name, holder in found.production:
            live.add_row(text(name, "bold"), self._holder(name, holder, ""))
        blocks.append(Text(found.production_stage, style="bold green"))
        blocks.append(_indented(live) if found.production else _indented(text("nothing yet", "dim")))
        blocks += [Text(""), Text("last", style="bold")]
        blocks += [_indented(self.entry(row)) for row in found.last]
        return Group(*blocks)

    def verification(self, found: Verification) -> RenderableType:
        """Return the findings and what was looked at."""
        made = table("", "code", "where", "what", fold=("where", "what"))
        for each in found.findings:
            made.add_row(text(each.severity), text(each.code), text(each.place), text(each.message))
        last = text(summary(found), "green" if found.ok else "bold red")
        return Group(made, last) if found.findings else last


def _code(found: CodeState) -> str | None:
    if found.commit is None and found.dirty is None:
        return None
    where = " ".join(each for each in (found.branch, found.remote) if each)
    return f"{(found.commit or 'no commit')[:12]}{' (dirty)' if found.dirty else ''}{f'  {where}' if where else ''}"


def _metric(found: Metric) -> str:
    return f"{found.value}{f'  on {found.on}' if found.on else ''}"


def _joined(found: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{key}={value}" for key, value in found)


def _row(facts: Table, name: str, value: str | None) -> None:
    if value:
        facts.add_row(text(name), text(value))


def _section(title: str, rows: Iterable[tuple[str, str]]) -> list[RenderableType]:
    made = pairs()
    for name, value in rows:
        made.add_row(text(name), text(value) if value else Text(""))
    return [Text(title, style="bold"), _indented(made)] if made.row_count else []


def _indented(what: RenderableType) -> Padding:
    return Padding(what, (0, 0, 0, 2))
