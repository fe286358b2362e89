"""One module for each verb: its command, its events, what it decides, the rows it makes, its sentence.

A new verb is a module here and its lines in the four lists below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from modelkeep.domain.verbs import (
    alias,
    archive,
    create,
    delete,
    describe,
    evaluate,
    init,
    label,
    mark,
    migrate,
    note,
    promote,
    register,
    rename,
    retire,
    rollback,
    tag,
)
from modelkeep.domain.verbs.interface import Command, Decision
from modelkeep.domain.verbs.rows import Changes

#: What an intent can ask for.
AnyCommand: TypeAlias = (
    init.Init
    | create.Create
    | register.Register
    | label.Label
    | evaluate.Evaluate
    | promote.Promote
    | rollback.Rollback
    | retire.Retire
    | mark.Mark
    | archive.Archive
    | delete.Delete
    | alias.Alias
    | tag.Tag
    | describe.Describe
    | note.Note
    | rename.Rename
    | migrate.Migrate
)

#: What can happen.
AnyEvent: TypeAlias = (
    init.RegistryCreated
    | create.ModelCreated
    | rename.ModelRenamed
    | delete.ModelDeleted
    | register.VersionRegistered
    | register.NumbersSkipped
    | label.VersionLabelled
    | evaluate.MetricsRecorded
    | promote.VersionPromoted
    | rollback.StageRolledBack
    | retire.StageRetired
    | mark.VersionMarked
    | archive.VersionArchived
    | archive.VersionRestored
    | delete.VersionDeleted
    | alias.AliasSet
    | alias.AliasRemoved
    | tag.Tagged
    | describe.Described
    | note.NoteAdded
)

#: Of each command what decides it and what tells it, as ``decide(question, command)`` and ``sentence(entry, command, texts)``.
VERBS: Mapping[type[Command], tuple[Callable[..., Decision], Callable[..., str]]] = {
    init.Init: (init.decide, init.sentence),
    create.Create: (create.decide, create.sentence),
    register.Register: (register.decide, register.sentence),
    label.Label: (label.decide, label.sentence),
    evaluate.Evaluate: (evaluate.decide, evaluate.sentence),
    promote.Promote: (promote.decide, promote.sentence),
    rollback.Rollback: (rollback.decide, rollback.sentence),
    retire.Retire: (retire.decide, retire.sentence),
    mark.Mark: (mark.decide, mark.sentence),
    archive.Archive: (archive.decide, archive.sentence),
    delete.Delete: (delete.decide, delete.sentence),
    alias.Alias: (alias.decide, alias.sentence),
    tag.Tag: (tag.decide, tag.sentence),
    describe.Describe: (describe.decide, describe.sentence),
    note.Note: (note.decide, note.sentence),
    rename.Rename: (rename.decide, rename.sentence),
    migrate.Migrate: (migrate.decide, migrate.sentence),
}

#: The words for all commands, as the log writes them.
ACTIONS: tuple[str, ...] = tuple(str(command.__struct_config__.tag) for command in VERBS)


def _no_rows(_recorded: Any, _event: note.NoteAdded) -> Changes:
    """Yield nothing: the text of the entry is all there is."""
    yield from ()


#: Of each event the row changes it makes, as ``rows(recorded, event)``.
ROWS: Mapping[type, Callable[..., Changes]] = {
    init.RegistryCreated: init.registry_rows,
    create.ModelCreated: create.model_rows,
    rename.ModelRenamed: rename.renamed_rows,
    delete.ModelDeleted: delete.model_deleted_rows,
    register.VersionRegistered: register.registered_rows,
    register.NumbersSkipped: register.skipped_rows,
    label.VersionLabelled: label.label_rows,
    evaluate.MetricsRecorded: evaluate.recorded_rows,
    promote.VersionPromoted: promote.promoted_rows,
    rollback.StageRolledBack: rollback.rolled_back_rows,
    retire.StageRetired: retire.retired_rows,
    mark.VersionMarked: mark.mark_rows,
    archive.VersionArchived: archive.archived_rows,
    archive.VersionRestored: archive.restored_rows,
    delete.VersionDeleted: delete.deleted_rows,
    alias.AliasSet: alias.set_rows,
    alias.AliasRemoved: alias.removed_rows,
    tag.Tagged: tag.tagged_rows,
    describe.Described: describe.described_rows,
    note.NoteAdded: _no_rows,
}
