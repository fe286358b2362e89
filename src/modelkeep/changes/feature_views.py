"""Views of a feature store: ``--feature STORE/VIEW@VERSION`` is data, and what Feast's registry says of it is recorded.

Where the working directory belongs to a repository of Feast whose project is STORE, the definition of the view is read from
the file of its registry, and recorded as a dataset of its own: its schema is the definition. Without such a repository,
and where something is wrong with it, the view is named and no more: no registration fails for it.
"""

from __future__ import annotations

import re
from shlex import quote

from msgspec import Struct
from msgspec.structs import replace

from modelkeep.changes.change_request import ChangeRequest, Resolve
from modelkeep.changes.runner import ChangeRunner
from modelkeep.context import Context
from modelkeep.domain.answers.changes import NONE, Effect, Registered
from modelkeep.domain.dataset_names import data_name
from modelkeep.domain.feature_view import ViewDefinition, to_document
from modelkeep.domain.hashing import digest_of
from modelkeep.domain.known_documents import LARGEST
from modelkeep.domain.text import printable
from modelkeep.domain.urls import is_url, scrub
from modelkeep.domain.verbs.data import AddDataset
from modelkeep.domain.verbs.evaluate import Data
from modelkeep.errors import Conflict, ModelkeepError, NotFound, UsageError
from modelkeep.formats.feast_registry import FoundView, read_view, view_names
from modelkeep.formats.interface import Budget, Unread
from modelkeep.provenance import feast_store, inputs
from modelkeep.provenance.feast_store import FeastStore
from modelkeep.rendering import counted
from modelkeep.store.db.sqlite.database import Session

_VERSION = re.compile(r"(?:v(?:ersion)?)?(\d{1,9})", re.IGNORECASE)
_NEWEST = "latest"
#: How many digits of a definition's SHA-256 are its version where Feast has none.
_SHORT = 12


class FeatureView(Struct, frozen=True):
    """A view as the log names it; ``definition`` is what the store says of it, read from the file ``registry``."""

    dataset: inputs.Dataset
    definition: ViewDefinition | None = None
    registry: str | None = None

    @property
    def called(self) -> str:
        """Its name and version."""
        return data_name(self.dataset.data.name, self.dataset.data.version, None)


class _File(Struct, frozen=True):
    """The bytes of a registry as the reader of its format wants them."""

    path: str
    data: bytes

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return len(self.data)

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes of a range."""
        return self.data[start : start + length]


def feature_view(context: Context, text: str) -> FeatureView:
    """Return the view that a text names; a note says why nothing more is known of it."""
    named = inputs.parse_feature(text)
    project, slash, _ = named.data.name.partition("/")
    if not slash:
        here = feast_store.nearest_project(context.cwd, context.environ)
        if here is not None:
            shown = printable(f"{here}/{text}")
            context.say(f"note: the feature view {printable(text)} is only named: that of the store here is {shown}")
        return FeatureView(named)
    try:
        store = feast_store.find_store(project, context.cwd, context.environ)
        return FeatureView(named) if store is None else view_in(store, named.data)
    except (UsageError, NotFound) as error:
        more = f" ({error.hint})" if isinstance(error, NotFound) and error.hint else ""
        context.say(f"note: the feature view {printable(text)} is only named: {error}{more}")
        return FeatureView(named)


def view_in(store: FeastStore, data: Data) -> FeatureView:
    """Return the view that the registry of a store has. Raises ``NotFound`` or ``UsageError`` where it has none."""
    project, _, name = data.name.partition("/")
    file = _File(store.registry, feast_store.registry_bytes(store))
    shown = printable(store.registry)
    if project != store.project:
        message = f"'{printable(store.path)}' is that of {printable(store.project)}, not of {printable(project)}"
        raise UsageError(message, f"{quote(store.project)}/{quote(name)}")
    try:
        found = read_view(file, project, name, _number(data.version), Budget())
        names = () if found is not None else view_names(file, project, Budget())
    except Unread as error:
        message = f"'{shown}' {error}"
        raise UsageError(message, "feast registry-dump") from error
    if found is None:
        message = f"there is no view {printable(name)} in '{shown}'"
        raise NotFound(message, printable(f"its views: {', '.join(names[:20]) or 'none'}"))
    if found.definition is None or (found.version is not None and _is_unknown(data.version)):
        versions = ", ".join(f"v{each}" for each in found.versions) or "no versions"
        message = f"'{shown}' has {versions} of {printable(name)}, and not {printable(data.version or '')}"
        raise NotFound(message)
    definition = _without_secrets(found.definition)
    document = to_document(definition)
    if len(document) > LARGEST["schema"]:
        message = f"the definition of {printable(name)} is larger than 1 MiB"
        raise UsageError(message, "data add --schema FILE")
    version = _version(found, data.version, document)
    return FeatureView(inputs.Dataset(replace(data, version=version)), definition, store.registry)


def record(context: Context, session: Session, views: tuple[FeatureView, ...], done: Registered) -> Registered:
    """Record the views that a version was registered with, and say so in its answer; what is recorded already stays."""
    notes = []
    for each in views:
        if each.definition is None:
            continue
        features = counted(len(each.definition.features), "feature")
        try:
            outcome = ChangeRunner(context, session, message=None, dry_run=done.dry_run).run(add_view(each))
        except Conflict:
            notes.append(f"{each.called} is recorded with another definition: {_of(each)} is not recorded")
        except ModelkeepError as error:
            notes.append(f"{each.called} is only named: {error}")
        else:
            notes += [] if outcome.entry is None else [f"feature view {each.called} ({features}) from {_of(each)}"]
    return replace(done, notes=(*done.notes, *notes))


def _of(view: FeatureView) -> str:
    return printable(view.registry or "")


def add_view(view: FeatureView) -> Resolve:
    """Return the change that records a view as a dataset."""
    definition = view.definition
    if definition is None:
        message = f"nothing is known of {view.called}"
        raise UsageError(message)
    document = to_document(definition)
    digest = digest_of(document)
    place = next((each.location for each in definition.sources if each.location), None)
    request = ChangeRequest(
        AddDataset(name=view.dataset.data.name, version=view.dataset.data.version or "", schema=digest),
        None,
        fields=() if place is None else (("location", place),),
        documents={digest: document},
        effects=(Effect(view.called, NONE, counted(len(definition.features), "feature")),),
        about=view.called,
    )
    return lambda _reader, _say: request


def _number(version: str | None) -> int | None:
    match = None if version is None else _VERSION.fullmatch(version)
    return None if match is None else int(match[1])


def _is_unknown(version: str | None) -> bool:
    """Tell whether a text is no version as Feast writes one."""
    return version is not None and version.lower() != _NEWEST and _number(version) is None


def _version(found: FoundView, given: str | None, document: bytes) -> str:
    """Return the version as Feast calls it; where Feast has none, the one that was given, else that of the definition."""
    if found.version is not None:
        return f"v{found.version}"
    return given if given and given.lower() != _NEWEST else digest_of(document).removeprefix("sha256:")[:_SHORT]


def _without_secrets(view: ViewDefinition) -> ViewDefinition:
    sources = tuple(
        replace(each, location=scrub(each.location)) if each.location and is_url(each.location) else each
        for each in view.sources
    )
    return replace(view, sources=sources)
