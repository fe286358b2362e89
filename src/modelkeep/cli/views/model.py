"""What `show NAME` prints: the page of a model."""

from __future__ import annotations

from collections.abc import Sequence

from modelkeep.cli.views.fields import flattened
from modelkeep.cli.views.interface import Document, View
from modelkeep.cli.views.layout import BLANK, Block, Facts, Indented, Line, Stack, section, text
from modelkeep.cli.views.lists import shares, version_table
from modelkeep.cli.views.text_lines import field_lines
from modelkeep.domain.answers.versions import AsOf, Holder, Model, NoteText
from modelkeep.rendering import Clock, counted


class ModelDocument(Model, Document, frozen=True, kw_only=True):
    """A model: its stages, aliases, tags, notes and newest versions."""

    as_of: AsOf | None


class ModelView(View, frozen=True):
    """All that is known of a model."""

    model: Model
    as_of: AsOf | None

    def document(self) -> ModelDocument:
        return ModelDocument.of(self.model, as_of=self.as_of)

    def lines(self) -> list[str]:
        """Return a line a field; of the newest versions only their refs."""
        return [*field_lines(flattened(self.document()) | {"recent": [each.ref for each in self.model.recent]})]

    def identifiers(self) -> list[str]:
        return [self.model.name]

    def table(self, clock: Clock) -> Block:
        model = self.model
        gone = ("archived" if model.versions else "deleted") if model.archived else ""
        title = text(model.name, "bold") + text(f"  {counted(model.versions, 'version')}  {gone}", "dim")
        facts = Facts()
        for held in model.holders:
            facts.add(held.stage, holder_line(model.name, held, clock))
        if model.development is not None:
            newest = model.development
            more = f", {newest.more} more" if newest.more else ""
            facts.add("development", f"{model.name}@{newest.version}  {clock.ago(newest.since)}{more}")
        facts.add("former names", ", ".join(model.former_names))
        facts.add("aliases", ", ".join(f"{name} -> {version}" for name, version in model.aliases.items()))
        facts.add("tags", ", ".join(f"{key}={value}" for key, value in model.tags.items()))
        facts.add("created", f"{clock.second(model.created)} by {model.actor}")
        return Stack(
            [
                title,
                *([text(model.description, "")] if model.description else []),
                Indented(facts),
                BLANK,
                version_table(model.recent, clock),
                *notes_section(model.notes, clock),
            ]
        )


def holder_line(name: str, held: Holder, clock: Clock) -> Line:
    """Return who holds a stage, since when and by whose hand: ``fraud@3 2.0  12d, by ana``."""
    label = f" {held.label}" if held.label else ""
    version = text(f"{name}@{held.version}", "bold green" if held.stage == "production" else "bold")
    return version + text(f"{label}  {clock.ago(held.since)}, by {held.actor}{shares(held)}", "")


def notes_section(notes: Sequence[NoteText], clock: Clock) -> list[Block]:
    """Return the notes of a model or version, each with its time and author."""
    return section("notes", [(f"{clock.second(each.time)} {each.actor}", each.text) for each in notes])
