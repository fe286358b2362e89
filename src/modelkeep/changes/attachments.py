"""Attachments of a version: the uncommitted diff of its code, and files of at most 1 MiB that a person names.

An attachment is kept as it is. A diff and a file may hold secrets, so they are attached only where they are asked for, and
a file whose name or beginning is that of a secret is refused.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from shlex import quote

from msgspec import Struct, field

from modelkeep.context import Context
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.known_documents import LARGEST
from modelkeep.domain.text import check_text, printable
from modelkeep.domain.verbs.supplement import MOST_ATTACHMENTS, Attachment
from modelkeep.errors import NotFound, UsageError
from modelkeep.local_path import local_path
from modelkeep.locate import resolved
from modelkeep.provenance.code import Code, capture
from modelkeep.provenance.value_files import read_bytes
from modelkeep.rendering import counted, human_size
from modelkeep.store.ingest.selection import secret_bytes, secret_name
from modelkeep.store.named_paths import seen

#: What ``--attach`` calls the uncommitted diff, and its name as an attachment.
DIFF = "diff"
_SHOWN = 3
_FORMS = "--attach diff, or --attach FILE with a file of at most 1 MiB"


class Attached(Struct, frozen=True):
    """Attachments and their documents by digest; ``notes`` are for a person."""

    attachments: tuple[Attachment, ...] = ()
    documents: dict[str, bytes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def attach(given: Sequence[str], code: Code, cwd: str, paths: Sequence[str] = ()) -> Attached:
    """Return what ``--attach`` names: ``diff`` for the diff of ``code``, which `capture` has kept; else files.

    Of the files that git does not track, the ``paths`` of the artifact and those that are attached are not named.

    Raises ``NotFound`` where a file is not there or there is no commit to compare with, and ``UsageError`` for what
    cannot be kept.
    """
    if len(set(given)) > MOST_ATTACHMENTS:
        message = f"{len(set(given))} attachments are more than the {MOST_ATTACHMENTS} that fit at once"
        raise UsageError(message, "modelkeep supplement fraud@1 --attach FILE        (the rest, later)")
    found: dict[str, tuple[Attachment, bytes]] = {}
    notes: list[str] = []
    for text in dict.fromkeys(given):
        data = (
            _diff(code, notes, [os.path.join(cwd, each) for each in (*paths, *given) if each != DIFF])
            if text == DIFF
            else _file(text)
        )
        if data is None:
            continue
        kind, name = (DIFF, DIFF) if text == DIFF else ("file", os.path.basename(os.path.normpath(text)))
        if name in found:
            message = f"two attachments are called '{printable(name)}'"
            raise UsageError(message, "rename one: an attachment is found again by its name")
        found[name] = Attachment(digest_of(data), kind, name), data
    return Attached(
        tuple(attachment for attachment, _ in found.values()),
        {attachment.digest: data for attachment, data in found.values()},
        tuple(notes),
    )


def attach_later(context: Context, given: Sequence[str]) -> Attached:
    """Return what ``supplement --attach`` names: the diff is that of the current directory's work tree."""
    code = Code()
    if DIFF in given:
        code = capture((), context.cwd, "HEAD", context.environ, keep_diff=True)
    return attach(given, code, context.cwd)


def _diff(code: Code, notes: list[str], kept: Sequence[str]) -> bytes | None:
    """Return the uncommitted diff, None where everything is committed; ``kept`` are files that the registry has otherwise."""
    changes = code.changes
    if code.commit is None:
        message = f"there is no commit to make a diff from: {code.note or 'it comes from no git work tree'}"
        raise NotFound(message, "--code HEAD takes the work tree of the current directory")
    if code.dirty is False:
        notes.append("everything is committed: no diff is attached")
        return None
    if changes is None:
        message = f"the uncommitted diff cannot be had: {code.note or 'git did not write it in time'}"
        raise UsageError(message, "commit the changes, or attach a file: git diff HEAD > changes.patch")
    if changes.diff is None:
        message = f"the uncommitted diff has {human_size(changes.size_bytes)}, and at most 1 MiB is kept"
        raise UsageError(message, "commit the changes, or attach a part: git diff HEAD -- src > changes.patch")
    if changes.untracked is None:
        notes.append("files that git does not track are not in the diff")
    else:
        have = {resolved(path) for path in kept}
        left = [name for name in changes.untracked if resolved(os.path.join(code.work_tree or "", name)) not in have]
        if left:
            more = "" if len(left) <= _SHOWN else f" and {len(left) - _SHOWN} more"
            listed = ", ".join(map(printable, left[:_SHOWN]))
            notes.append(f"{counted(len(left), 'untracked file')} not in the diff: {listed}{more}")
    return changes.diff


def _file(text: str) -> bytes:
    """Return the bytes of a file to attach."""
    path = local_path(text, "--attach")
    name = check_text(os.path.basename(os.path.normpath(path)), "the attachment")
    if path == "-" or name != printable(name) or name in ("", os.curdir, os.pardir):
        message = f"an attachment is a file with a name, not '{printable(path)}'"
        raise UsageError(message, _FORMS)
    data = read_bytes(path, seen(path), most_bytes=LARGEST["attachment"], forms=_FORMS, if_larger=_FORMS, pipes=False)
    if not data:
        message = f"'{printable(path)}' is empty"
        raise UsageError(message, "leave it out, or look at what should have written it")
    if (what := secret_name(path) or secret_bytes(data)) is not None:
        message = f"'{printable(path)}' looks like {what}, which would stay in the registry for ever"
        raise UsageError(message, f"leave out --attach {quote(printable(path))}")
    return data
