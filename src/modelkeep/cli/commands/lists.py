"""`list` and `show`: models and versions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from modelkeep.cli import streams
from modelkeep.cli.call import Call, command
from modelkeep.cli.nothing_found import no_models, no_versions, no_words
from modelkeep.cli.row_limit import RowLimit
from modelkeep.cli.views.columns import column, require_columns, split_columns, unknown_column
from modelkeep.cli.views.interface import View
from modelkeep.cli.views.lists import ModelsView, VersionsView, keyed
from modelkeep.domain.answers.pages import Version
from modelkeep.domain.keys import KINDS, split_key, unknown_key
from modelkeep.domain.text import printable
from modelkeep.domain.verbs.words import join_words
from modelkeep.errors import UsageError

if TYPE_CHECKING:
    from modelkeep.domain.answers.origin import AttachmentContent
    from modelkeep.domain.answers.trends import Trend
    from modelkeep.domain.answers.versions import AsOf, VersionRow
    from modelkeep.registry import Registry


@command("as_of")
def list_(
    call: Call,
    pattern: Annotated[
        str | None, Argument(metavar="[NAME|PATTERN]", help="A model, or a glob over the names: risk/*")
    ] = None,
    stage: Annotated[str | None, Option("--stage", metavar="STAGE", help="Only the versions in this stage.")] = None,
    tag: Annotated[list[str] | None, Option("--tag", metavar="K[=V]", help="Only the versions with this tag.")] = None,
    where: Annotated[
        str | None,
        Option(
            "--where",
            metavar="EXPR",
            help="Only the versions of which a filter holds: metric.auc >= 0.9 AND tag.tier = 'gold'.",
        ),
    ] = None,
    search: Annotated[
        str | None,
        Option(
            "--search",
            metavar="TEXT",
            help="Models and versions with these words in a name, description or tag, the best match first; in a pipe ref, field, text.",
        ),
    ] = None,
    sort: Annotated[
        str | None,
        Option(
            "--sort",
            metavar="KEY[:asc|desc]",
            help="Sort versions by a column or by metric.K (the best first), metric.K@DATA, param.K, tag.K.",
        ),
    ] = None,
    limit: Annotated[
        str | None, Option("--limit", metavar="N", help="At most N rows; 50 on a terminal, all otherwise, by default.")
    ] = None,
    all_: Annotated[
        bool, Option("--all", help="Archived ones and deleted versions too; of a deleted model only by its NAME.")
    ] = False,
    columns: Annotated[
        str | None,
        Option(
            "--columns",
            metavar="K,K...",
            help="The columns of versions, separated by commas; of one model in a pipe name,version,label,stage,state,created,author by default, and the --sort KEY.",
        ),
    ] = None,
) -> None:
    if pattern is not None and "@" in pattern:
        raise _no_pattern(pattern)
    if columns:
        require_columns(call.format, quiet=call.flags.quiet)
    rows, registry = RowLimit(call, limit), call.registry()
    moment = registry.as_of(call.flags.as_of)
    known = partial(_keys, registry, moment)
    keys = split_columns(columns, known) if columns else ()
    if search is not None:
        from modelkeep.cli.views.found import FoundView  # few lists are searches

        hits, note = rows.first(
            registry.search(
                search,
                pattern,
                stage=stage,
                tags=tag or (),
                where=where,
                sort=sort,
                limit=rows.read,
                all=all_,
                as_of=moment,
            )
        )
        found = [each.version for each in hits if each.version is not None]
        _check_columns(registry, keys, found, None, moment)
        note += _bad_ones(found, sort, limit)
        sorted_by = keyed(_sorted_by(sort))
        call.show(
            FoundView(moment, hits, search, (*keys, *(key for key in sorted_by if key not in keys))),
            *note,
            nothing=None if hits else partial(no_words, registry, search, moment),
        )
        return
    is_glob = pattern is not None and any(each in pattern for each in "*?[")
    if (pattern is None or is_glob) and not (stage or tag or where is not None or sort or keys):
        models, note = rows.first(registry.models(pattern, all=all_, limit=rows.read, as_of=moment))
        stages = [each.name for each in registry.stages()] if call.has_table else ()
        call.show(
            ModelsView(moment, models, stages, more=bool(note)),
            *note,
            nothing=None if models else partial(no_models, registry, pattern, moment),
        )
        return
    listed = registry.versions(
        None if is_glob else pattern,
        pattern=pattern if is_glob else None,
        stage=stage,
        tags=tag or (),
        where=where,
        sort=sort,
        limit=rows.read,
        all=all_,
        as_of=moment,
    )
    name = None if is_glob else pattern
    _check_columns(registry, keys, listed, name, moment)
    versions, note = rows.first(listed)
    nothing = None if versions else partial(no_versions, registry, pattern, stage, tag or (), moment, where)
    note += _bad_ones(versions, sort, limit)
    trend = _trend(registry, listed, sort, moment) if call.has_table and name is not None and not keys else None
    call.show(VersionsView(moment, versions, keys, _sorted_by(sort), trend), *note, nothing=nothing)


def _no_pattern(pattern: str) -> UsageError:
    """Return the error for a version where a model or a pattern is meant."""
    name, _, selector = pattern.partition("@")
    message = f"list takes a model or a pattern, not a version: '{printable(pattern)}'"
    is_glob = any(each in pattern for each in "*?[")
    correction = (pattern, name) if name and (is_glob or not selector) else None
    return UsageError(message, printable(f"modelkeep show {quote(pattern)}"), correction=correction)


def _keys(registry: Registry, moment: AsOf | None) -> list[str]:
    """Return the keys that versions have: ``metric.auc``, ``tag.owner``."""
    return [f"{kind}.{key}" for kind in KINDS for key in registry.keys(kind, as_of=moment) if not key.endswith("@")]


def _check_columns(
    registry: Registry, keys: Sequence[str], found: Sequence[VersionRow], name: str | None, moment: AsOf | None
) -> None:
    """Raise ``UsageError`` for the column of a metric, param or tag that no version has."""
    for key in keys:
        split = split_key(key)
        if found and split is not None and all(each is None for each in map(column(key, found), found)):
            error = unknown_key(key, registry.keys(split[0], name, as_of=moment))
            if error is not None:
                if "," in key:  # its last part was a column, misspelt
                    last = key.rpartition(",")[2].strip()
                    raise unknown_column(last, ",".join(keys), _keys(registry, moment))
                raise error


def _bad_ones(versions: Sequence[VersionRow], sort: str | None, limit: str | None) -> list[str]:
    """Return a warning where versions that a script may take for the best are bad or archived.

    These are all that ``--limit`` left, and the first by a metric.
    """
    if not sort:
        return []
    firsts = versions if limit else versions[: sort.startswith("metric.")]
    found = {word: [row.ref for row in firsts if getattr(row, word)] for word in ("bad", "archived")}
    return [
        f"warning: {join_words(refs)} {'is' if len(refs) == 1 else 'are'} {'marked bad' if word == 'bad' else word}"
        for word, refs in found.items()
        if refs
    ]


def _trend(registry: Registry, versions: Sequence[VersionRow], sort: str | None, moment: AsOf | None) -> Trend | None:
    """Return the main metric of listed versions of one model, or the metric that they are sorted by."""
    if not any(each.evaluations for each in versions):
        return None
    kind, key = split_key(_sorted_by(sort) or "") or ("", "")
    refs = [each.ref for each in sorted(versions, key=lambda each: each.version)]
    return registry.trend(refs, metric=key if kind == "metric" else None, as_of=moment)


def _sorted_by(sort: str | None) -> str | None:
    """Return the key of ``KEY[:asc|:desc]``."""
    key, _, direction = (sort or "").rpartition(":")
    return key if direction in {"asc", "desc"} else sort


@command("as_of")
def show(
    call: Call,
    ref: Annotated[
        str, Argument(metavar="NAME|REF", help="The model, or a version: fraud@production or fraud production.")
    ],
    field: Annotated[
        str | None,
        Option(
            "--field",
            metavar="F",
            help="Only this field: one of the JSON's, metric.K, metric.K@DATA, param.K or tag.K.",
        ),
    ] = None,
    packages: Annotated[
        bool, Option("--packages", help="Only the packages of its environment; with -q as pip installs them.")
    ] = False,
    attachment: Annotated[
        str | None, Option("--attachment", metavar="NAME", help="Only this attachment: diff, or the name of a file.")
    ] = None,
) -> None:
    """Show a model or a version."""
    if sum([field is not None, packages, attachment is not None]) > 1:
        message = "--field, --packages and --attachment each show something else"
        raise UsageError(message, f"modelkeep show {quote(ref)}{' --packages' if packages else ''}")
    registry = call.registry()
    moment = registry.as_of(call.flags.as_of)
    if attachment is not None:
        _show_attachment(call, registry.attachment(ref, attachment, as_of=moment))
        return
    if packages:
        from modelkeep.cli.views.origin import PackagesView

        call.show(PackagesView(registry.packages(ref, as_of=moment)))
        return
    from modelkeep.cli.views.show import ModelView, VersionView

    answer = registry.show(ref, as_of=moment)
    view: View
    if isinstance(answer, Version):
        stages = [each.name for each in registry.stages()] if call.has_table else []
        view = VersionView(answer, moment, stages)
    else:
        trend = _trend(registry, answer.recent, None, moment) if call.has_table else None
        view = ModelView(answer, moment, trend)
    if field is not None:
        from modelkeep.cli.views.values import FieldView

        view = FieldView.of(next(iter(view.identifiers())), view.document(), field)
    call.show(view)


def _show_attachment(call: Call, found: AttachmentContent) -> None:
    """Print an attachment, to a pipe its bytes."""
    if call.format == "lines" and not call.flags.quiet and not streams.is_terminal(sys.stdout):
        streams.out_bytes(found.content)
        return
    from modelkeep.cli.views.origin import AttachmentView

    call.show(AttachmentView.of(found))
