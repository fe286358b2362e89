"""All that the log may hold: the commands and events of every verb. A new verb adds its lines here.

Only reading an entry needs them all, so what writes one imports its own verb and not this module.
"""

from __future__ import annotations

from typing import TypeAlias, get_args

from modelkeep.domain.verbs import (
    acknowledge,
    alias,
    approve,
    archive,
    check,
    create,
    data,
    delete,
    deploy,
    describe,
    evaluate,
    init,
    label,
    mark,
    migrate,
    note,
    numbers,
    policy,
    promote,
    register,
    rename,
    request,
    retire,
    role,
    rollback,
    signal,
    supplement,
    tag,
)

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
    | policy.Policy
    | role.Role
    | request.Request
    | approve.Approve
    | approve.Reject
    | check.Check
    | deploy.Deploy
    | signal.Signal
    | acknowledge.Acknowledge
    | supplement.Supplement
    | data.AddDataset
)

#: What can happen.
AnyEvent: TypeAlias = (
    init.RegistryCreated
    | create.ModelCreated
    | rename.ModelRenamed
    | delete.ModelDeleted
    | register.VersionRegistered
    | numbers.NumbersSkipped
    | label.VersionLabelled
    | evaluate.MetricsRecorded
    | promote.VersionPromoted
    | rollback.StageRolledBack
    | rollback.ShareEnded
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
    | policy.PolicySet
    | role.RoleGranted
    | role.RoleRevoked
    | request.PromotionRequested
    | approve.RequestApproved
    | approve.RequestRejected
    | check.CheckRecorded
    | deploy.DeploymentRecorded
    | signal.SignalReceived
    | acknowledge.ItemOpened
    | acknowledge.ItemClosed
    | supplement.VersionSupplemented
    | data.DatasetAdded
)

#: The words for all commands, as the log writes them.
ACTIONS: tuple[str, ...] = tuple(str(command.__struct_config__.tag) for command in get_args(AnyCommand))
