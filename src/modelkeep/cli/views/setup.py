"""What `init`, `status`, `whoami` and `config` print: the registry at a glance, its user and the settings."""

from __future__ import annotations

from collections.abc import Sequence
from shlex import quote
from typing import TYPE_CHECKING

from modelkeep.cli.views.history import entry_line
from modelkeep.cli.views.interface import View, field_lines, line, to_seconds
from modelkeep.cli.views.layout import facts, heading, indented, short, stack, table, text
from modelkeep.cli.views.lists import glass_warnings, holder_line, shares_cell
from modelkeep.cli.views.roles import permissions
from modelkeep.domain.answers.maintenance import Access
from modelkeep.domain.answers.reports import Identity, Status
from modelkeep.domain.record import Answer
from modelkeep.rendering import Clock, counted, human_size

if TYPE_CHECKING:
    from rich.console import RenderableType

_STATUS_FIELDS = ("registry", "origin", "id", "models", "versions", "entries", "size_bytes", "head_hash", "deleted")


class InitView(View, frozen=True):
    """A registry that was created, or was there; ``shared_now`` says that it was asked to be shared."""

    exact = True
    undocumented = ("shared_now",)
    answer: Access
    path: str
    id: str
    created: bool
    stages: Sequence[str]
    shared_now: bool = False

    @property
    def acted(self) -> bool:
        """Whether something is there now that was not before."""
        return True

    def identifiers(self) -> list[str]:
        return [self.path]

    def notes(self) -> list[str]:
        """Return what comes next, and who may use the registry."""
        notes = []
        if self.created:
            notes = [f"stages: {', '.join(self.stages)}", "next: modelkeep register NAME FILE"]
        elif not self.shared_now:
            notes = ["nothing to do: there is a registry already"]
        access = self.answer
        if access.shared is not None:
            notes.append(f"who may write: the group {access.shared}")
            if access.readers is not None:
                notes.append(f"who may read: the group {access.readers}")
            if (closed := access.in_the_way) is not None:
                notes.append(f"warning: {closed} does not let them through: chmod o+x {quote(closed)}")
        return notes


class StatusView(View, frozen=True):
    """The registry at a glance."""

    answer: Status

    def lines(self) -> list[str]:
        """Return a line a field, a model in production and a new entry."""
        status, policy = self.answer, self.answer.policy
        return [
            *(line(name, getattr(status, name)) for name in _STATUS_FIELDS),
            *([line("backup_of", status.backup_of)] if status.backup_of else []),
            *([line("policy", policy.digest, to_seconds(policy.since), policy.actor)] if policy else []),
            *(
                line(
                    status.production_stage,
                    f"{name}@{held.version}",
                    to_seconds(held.since),
                    held.actor,
                    *([shares_cell(held)] if held.shares else []),
                )
                for name, held in status.production.items()
            ),
            *(line("entry", each.seq, to_seconds(each.time), each.actor, each.sentence) for each in status.last),
            *([line("open_requests", status.open_requests)] if status.open_requests else []),
            *([line("open_items", status.open_items)] if status.open_items else []),
            *(line("open", each.seq, each.item, each.ref, to_seconds(each.time), each.actor) for each in status.items),
        ]

    def identifiers(self) -> list[str]:
        return [self.answer.registry]

    def notes(self) -> list[str]:
        """Return a warning for each version that is in production because the glass was broken."""
        return [each for name, held in self.answer.production.items() for each in glass_warnings(name, [held])]

    def table(self, clock: Clock) -> RenderableType:
        status = self.answer
        backup_of = f"{status.backup_of}: nothing is changed in it" if status.backup_of else None
        rules, policy = status.policy, None
        if rules is not None:
            policy = f"{short(rules.digest)}  since {clock.minute(rules.since)}, by {rules.actor}"
        production = facts((heading(name), holder_line(name, held, clock)) for name, held in status.production.items())
        return stack(
            facts(
                [
                    ("registry", f"{status.registry}  ({status.origin})"),
                    ("backup of", backup_of and text(backup_of, "yellow")),
                    ("holds", ", ".join(self._contents())),
                    ("policy", policy),
                    ("asked for", self._asked_for()),
                ]
            ),
            "",
            text(status.production_stage, "bold green"),
            indented(production if status.production else text("nothing yet", "dim")),
            *self._open(clock),
            "",
            heading("last"),
            *(indented(entry_line(row, clock)) for row in status.last),
        )

    def _asked_for(self) -> str | None:
        waiting = self.answer.open_requests
        return f"{counted(waiting, 'promotion')} (modelkeep requests --open)" if waiting else None

    def _open(self, clock: Clock) -> list[RenderableType]:
        """Return the items that a person must acknowledge."""
        status = self.answer
        if not status.open_items:
            return []
        more = status.open_items - len(status.items)
        rows = (
            (heading(str(each.seq)), f"{each.item}: {each.ref}, {clock.ago(each.time)} ago by {each.actor}")
            for each in status.items
        )
        title = text(f"{counted(status.open_items, 'open item')} (modelkeep acknowledge ENTRY)", "bold red")
        return ["", title, indented(facts(rows)), *([indented(text(f"{more} more"))] if more else [])]

    def _contents(self) -> list[str]:
        status = self.answer
        size = "many files (status --size)" if status.size_bytes is None else human_size(status.size_bytes)
        return [
            counted(status.models, "model"),
            counted(status.versions, "version"),
            *([f"{status.deleted} deleted"] if status.deleted else []),
            size,
            counted(status.entries, "entry", "entries"),
        ]


class IdentityView(View, frozen=True):
    """The name under which a change would be logged."""

    answer: Identity

    def lines(self) -> list[str]:
        """Return a line a field."""
        return [*field_lines(self.document())]

    def identifiers(self) -> list[str]:
        return [self.answer.user]

    def table(self, clock: Clock) -> RenderableType:
        identity = self.answer
        claimed = f" (claims {identity.claimed})" if identity.claimed else ""
        namespace = " in a user namespace" if identity.user_namespace else ""
        login = identity.login_user or "no name"
        return facts(
            [
                ("the log says", f"{identity.user}{claimed}"),
                ("uid", f"{identity.uid}{namespace}"),
                ("logged in as", None if identity.login is None else f"{login} (uid {identity.login})"),
                ("person", identity.person),
                ("host", text(identity.host)),
                ("groups", ", ".join(identity.groups)),
                ("roles", ", ".join(identity.roles) or ("none" if identity.by_roles else None)),
                ("may", permissions(identity.may) if identity.by_roles else "everything: no policy has roles"),
            ]
        )

    def notes(self) -> list[str]:
        """Return why an account has no role."""
        identity = self.answer
        if not identity.by_roles or identity.roles:
            return []
        if identity.user_namespace:
            return ["in a user namespace an account can call itself anything: the policy's roles do not hold there"]
        return ["you have no role here: modelkeep role list shows who has"]


class SettingRow(Answer, frozen=True):
    """A setting, and where its value came from."""

    key: str
    value: str | None
    origin: str


class SettingsView(View, frozen=True):
    """All settings."""

    settings: Sequence[SettingRow]

    def lines(self) -> list[str]:
        return [line(each.key, each.value, each.origin) for each in self.settings]

    def identifiers(self) -> list[str]:
        return [each.key for each in self.settings]

    def table(self, clock: Clock) -> RenderableType:
        rows = ((heading(each.key), each.value, each.origin) for each in self.settings)
        return table(("setting", "value", "from"), rows, fold=("value", "from"))


class SettingView(View, frozen=True):
    """One setting; ``changed`` is true when it was just set.

    Its line is the value, empty where there is none; of one that was just set the line is key and value.
    """

    exact = True
    key: str
    value: str | None
    changed: bool = False

    def identifiers(self) -> list[str]:
        return [self.key if self.changed else self.value or ""]

    def lines(self) -> list[str]:
        return [line(self.key, self.value or "")] if self.changed else self.identifiers()


class TrustView(View, frozen=True):
    """The trusted directories that belong to others; ``changed`` is true when the list was just changed."""

    directories: Sequence[str]
    changed: bool = False

    def lines(self) -> list[str]:
        return [line(each) for each in self.directories]

    def identifiers(self) -> list[str]:
        return list(self.directories)
