"""The one definition of the schema: what each table holds, and which rows exclude one another.

Three tables are the log: ``entry``, ``details`` and ``document``, append-only. Every other one is
projected from them. Public: `Registry.session()` gives notebooks these classes in a private copy.
The classes have no behaviour. What the migrations lead to is compared with what is made from here
(``python -m tools.schema_sql``), and STRICT tables take only INTEGER, TEXT and BLOB.

``*_seq`` columns are numbers of log entries; ``since_seq`` to ``until_seq`` (NULL: now) is when a
row held. ``model`` is the ``seq`` that created the model; ``version`` 0 is the model itself.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    text,
)
from sqlmodel import Field, SQLModel

#: A column is called ``bytes``, so its annotation cannot be.
Octets: TypeAlias = bytes
#: Whole numbers that Postgres must keep in 64 bits and SQLite calls INTEGER.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
_STRICT = {"sqlite_strict": True}
_COMPACT = {"sqlite_strict": True, "sqlite_with_rowid": False}
_NOW = "until_seq IS NULL"
_LOGIN = "login_user IS NOT NULL"
_HASHED = "digest IS NOT NULL"
_MD5 = "data_version >= 'md5:' AND data_version < 'md5;'"
_SUMMED = "checksum IS NOT NULL"
_STORED = "evidence_bytes IS NOT NULL"
_ON = "on_name IS NOT NULL"
_PERSON = "field IN ('claimed', 'author')"


def _key(kind: Any) -> Any:
    return Column(kind, primary_key=True, nullable=False, autoincrement=False)


def _text() -> Any:
    return Field(sa_type=Text)


def _number() -> Any:
    return Field(sa_type=_NUMBER)


def _flag(name: str) -> CheckConstraint:
    return CheckConstraint(f"{name} IN (0, 1)", name=f"{name}_is_a_flag")


def _unique(name: str, *columns: str, where: str) -> Index:
    """Return an index of the rows that a condition holds of, no two of which are alike."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


def _of_version() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["model", "version"], ["version.model", "version.number"])


def _of_model() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["model"], ["model.seq"])


class EntryRow(SQLModel, table=True):
    """The log: canonical bytes, one row an entry, never changed."""

    __tablename__ = "entry"
    __table_args__ = _STRICT
    seq: int = Field(sa_column=_key(_NUMBER))
    bytes: Octets = Field(sa_column=Column(LargeBinary, nullable=False))


class DetailsRow(SQLModel, table=True):
    """The free text of entries, in salted lines, under its digest."""

    __tablename__ = "details"
    __table_args__ = _STRICT
    digest: str = Field(sa_column=_key(Text))
    text: str = _text()


class DocumentRow(SQLModel, table=True):
    """Bytes kept beside the log under their SHA-256: manifests, later lock files, policies, evidence."""

    __tablename__ = "document"
    __table_args__ = _STRICT
    digest: str = Field(sa_column=_key(Text))
    bytes: Octets = Field(sa_column=Column(LargeBinary, nullable=False))


class EntryIndexRow(SQLModel, table=True):
    """A narrow index of the log: as-of and proofs need nothing else."""

    __tablename__ = "entry_index"
    __table_args__ = (
        Index("entry_index_intent_id", "intent_id", unique=True),
        Index("entry_index_time", "time", "seq"),
        _STRICT,
    )
    seq: int = Field(sa_column=_key(_NUMBER))
    hash: str = _text()
    time: str = _text()
    clock: str = _text()
    intent_id: str = _text()


class OriginRow(SQLModel, table=True):
    """An imported fact: the system and registry (``source``) it comes from, what it is called there, a digest of what it says."""

    __tablename__ = "origin"
    __table_args__ = _COMPACT
    system: str = Field(sa_column=_key(Text))
    source: str = Field(sa_column=_key(Text))
    entry: str = Field(sa_column=_key(Text))
    seq: int = _number()
    fact: str = _text()
    time: str | None = _text()


class EntryActionRow(SQLModel, table=True):
    """What an entry did and who did it: the actor, and the account, its uid and the login behind it.

    ``user_namespace`` is 1 where the account wrote from a user namespace.
    """

    __tablename__ = "entry_action"
    __table_args__ = (
        Index("entry_action_action", "action", "seq"),
        Index("entry_action_actor", "actor", "seq"),
        Index("entry_action_login", "login_user", "seq", sqlite_where=text(_LOGIN), postgresql_where=text(_LOGIN)),
        _flag("user_namespace"),
        _STRICT,
    )
    seq: int = Field(sa_column=_key(_NUMBER))
    action: str = _text()
    actor: str = _text()
    account: str = _text()
    uid: int | None = _number()
    login: int | None = _number()
    login_user: str | None = _text()
    user_namespace: int = _number()


class EntryAboutRow(SQLModel, table=True):
    """Which models and versions an entry is about; those it displaced too."""

    __tablename__ = "entry_about"
    __table_args__ = _COMPACT
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    seq: int = Field(sa_column=_key(_NUMBER))


class EntryTextRow(SQLModel, table=True):
    """The lines of an entry's details, tags excepted; a redacted line has no row."""

    __tablename__ = "entry_text"
    __table_args__ = (
        Index("entry_text_field", "seq", "field"),
        Index("entry_text_person", "value", "seq", "field", sqlite_where=text(_PERSON), postgresql_where=text(_PERSON)),
        _COMPACT,
    )
    seq: int = Field(sa_column=_key(_NUMBER))
    position: int = Field(sa_column=_key(_NUMBER))
    field: str = _text()
    value: str = _text()


class RegistryRow(SQLModel, table=True):
    """The registry's own identity; one row."""

    __tablename__ = "registry"
    __table_args__ = _STRICT
    id: str = Field(sa_column=_key(Text))
    seq: int = _number()


class StageRow(SQLModel, table=True):
    """The stages, lowest first by position."""

    __tablename__ = "stage"
    __table_args__ = (
        _flag("protected"),
        _unique("stage_now", "name", where=_NOW),
        _STRICT,
    )
    since_seq: int = Field(sa_column=_key(_NUMBER))
    position: int = Field(sa_column=_key(_NUMBER))
    name: str = _text()
    protected: int = _number()
    synonyms: str = _text()
    until_seq: int | None = _number()


class ModelRow(SQLModel, table=True):
    """A model, by the entry that created it."""

    __tablename__ = "model"
    __table_args__ = _STRICT
    seq: int = Field(sa_column=_key(_NUMBER))


class ModelNameRow(SQLModel, table=True):
    """The names a model bore; ``folded`` is without case. Another model gets it only where this one was deleted."""

    __tablename__ = "model_name"
    __table_args__ = (
        _of_model(),
        _unique("model_name_now", "model", where=_NOW),
        _unique("model_name_folded_now", "folded", where=_NOW),
        Index("model_name_folded", "folded", "since_seq"),
        _STRICT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    since_seq: int = Field(sa_column=_key(_NUMBER))
    name: str = _text()
    folded: str = _text()
    until_seq: int | None = _number()


class VersionRow(SQLModel, table=True):
    """A version; its row never changes, but that a late label fills three columns, by entry ``label_seq``.

    Sizes in bytes, times as the log writes them.
    """

    __tablename__ = "version"
    __table_args__ = (
        _of_model(),
        _flag("symlinks"),
        _flag("trained_guessed"),
        CheckConstraint("form IN ('file', 'tree', 'pointer')", name="form_is_known"),
        CheckConstraint("code_state IN ('clean', 'dirty')", name="code_state_is_known"),
        CheckConstraint("number >= 1", name="number_counts"),
        Index("version_seq", "seq", unique=True),
        Index("version_digest", "digest", "model", "number"),
        _unique("version_label", "model", "label_key", where="label_key IS NOT NULL"),
        Index("version_code", "code_commit", sqlite_where=text("code_commit IS NOT NULL")),
        _STRICT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    number: int = Field(sa_column=_key(_NUMBER))
    seq: int = _number()
    time: str = _text()
    digest: str = _text()
    form: str = _text()
    files: int = _number()
    size_bytes: int = _number()
    symlinks: int = _number()
    label: str | None = _text()
    label_key: str | None = _text()
    label_seq: int | None = _number()
    actor: str = _text()
    code_commit: str | None = _text()
    code_state: str | None = _text()
    code_diff: str | None = _text()
    trained_started: str | None = _text()
    trained_ended: str | None = _text()
    trained_guessed: int = _number()


class LabelOrderRow(SQLModel, table=True):
    """The labels of a model by `label_sort_key`: the highest one is found without reading the others."""

    __tablename__ = "label_order"
    __table_args__ = (_of_version(), _COMPACT)
    model: int = Field(sa_column=_key(_NUMBER))
    sort_key: str = Field(sa_column=_key(Text))
    version: int = Field(sa_column=_key(_NUMBER))


class VersionBlobRow(SQLModel, table=True):
    """The files of a version: what ``gc`` must keep and what ``identify`` looks up."""

    __tablename__ = "version_blob"
    __table_args__ = (
        _of_version(),
        Index("version_blob_digest", "digest", "size_bytes"),
        Index("version_blob_size", "size_bytes", "digest"),
        _COMPACT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    path: str = Field(sa_column=_key(Text))
    digest: str = _text()
    size_bytes: int = _number()


class DatasetRow(SQLModel, table=True):
    """The data a version was made from."""

    __tablename__ = "dataset"
    __table_args__ = (
        _of_version(),
        Index("dataset_name", "name", "data_version", "digest"),
        Index("dataset_digest", "digest", sqlite_where=text(_HASHED), postgresql_where=text(_HASHED)),
        Index("dataset_checksum", "data_version", sqlite_where=text(_MD5), postgresql_where=text(_MD5)),
        _COMPACT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    position: int = Field(sa_column=_key(_NUMBER))
    role: str | None = _text()
    name: str = _text()
    data_version: str | None = _text()
    digest: str | None = _text()


class ParentRow(SQLModel, table=True):
    """The versions a version was made from, and how: ``derived_by`` is ``fine-tune``, ``quantize`` and the like."""

    __tablename__ = "parent"
    __table_args__ = (_of_version(), Index("parent_child", "parent_model", "parent_version"), _COMPACT)
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    position: int = Field(sa_column=_key(_NUMBER))
    parent_model: int | None = _number()
    parent_version: int | None = _number()
    digest: str | None = _text()
    derived_by: str | None = _text()


class VersionFactRow(SQLModel, table=True):
    """What is known of a version, each time it was recorded; of a ``kind`` and ``name`` the newest ``seq`` counts.

    ``value`` is a digest (``inspection``, ``interface``, ``environment``, ``attachment.KIND``), a licence, the number of
    a ``seed``, a ``ci`` system, or a ``format`` that was found (its ``seq`` is that of its inspection).
    """

    __tablename__ = "version_fact"
    __table_args__ = (_of_version(), Index("version_fact_value", "kind", "value"), _COMPACT)
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    kind: str = Field(sa_column=_key(Text))
    name: str = Field(sa_column=_key(Text))
    seq: int = Field(sa_column=_key(_NUMBER))
    value: str = _text()


class DataVersionRow(SQLModel, table=True):
    """A dataset that was recorded for itself: its bytes by digest, or by the ``checksum`` of another tool, its rows and schema."""

    __tablename__ = "data_version"
    __table_args__ = (
        Index("data_version_digest", "digest", sqlite_where=text(_HASHED), postgresql_where=text(_HASHED)),
        Index("data_version_checksum", "checksum", sqlite_where=text(_SUMMED), postgresql_where=text(_SUMMED)),
        _STRICT,
    )
    name: str = Field(sa_column=_key(Text))
    data_version: str = Field(sa_column=_key(Text))
    seq: int = _number()
    digest: str | None = _text()
    checksum: str | None = _text()
    row_count: int | None = _number()
    schema_digest: str | None = _text()


class DataParentRow(SQLModel, table=True):
    """The datasets that a dataset was made from."""

    __tablename__ = "data_parent"
    __table_args__ = (Index("data_parent_child", "parent_name", "parent_version"), _COMPACT)
    name: str = Field(sa_column=_key(Text))
    data_version: str = Field(sa_column=_key(Text))
    position: int = Field(sa_column=_key(_NUMBER))
    parent_name: str = _text()
    parent_version: str | None = _text()
    digest: str | None = _text()


class RunRow(SQLModel, table=True):
    """The runs of a tracker that a version or its metrics came from."""

    __tablename__ = "run"
    __table_args__ = (_of_version(), Index("run_id", "id"), _COMPACT)
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    seq: int = Field(sa_column=_key(_NUMBER))
    position: int = Field(sa_column=_key(_NUMBER))
    id: str = _text()


class MetricRow(SQLModel, table=True):
    """A metric as exact text, each time it was recorded; the newest ``seq`` counts."""

    __tablename__ = "metric"
    __table_args__ = (
        _of_version(),
        Index("metric_on", "on_name", "on_version", "on_digest", sqlite_where=text(_ON), postgresql_where=text(_ON)),
        _COMPACT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    name: str = Field(sa_column=_key(Text))
    seq: int = Field(sa_column=_key(_NUMBER))
    value: str = _text()
    on_name: str | None = _text()
    on_version: str | None = _text()
    on_digest: str | None = _text()


class TenureRow(SQLModel, table=True):
    """An interval in which a version held a stage, or a ``share`` of it in hundredths of a percent: the ``slots``.

    ``came_from`` is the entry that opened the tenure before this one in the stage, ``request`` the one that asked for
    it, ``waived`` how many rules of the policy it broke, ``verdict`` what each rule found (JSON).
    """

    __tablename__ = "tenure"
    __table_args__ = (
        _of_version(),
        _unique("tenure_holder", "model", "stage", where="until_seq IS NULL AND share IS NULL"),
        _unique("tenure_share", "stage", "model", "version", where="until_seq IS NULL AND share IS NOT NULL"),
        Index("tenure_stage", "model", "stage", "since_seq"),
        Index("tenure_stage_since", "stage", "since_seq"),
        Index(
            "tenure_shared",
            "model",
            "stage",
            "since_seq",
            sqlite_where=text("share IS NOT NULL"),
            postgresql_where=text("share IS NOT NULL"),
        ),
        _STRICT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    stage: str = Field(sa_column=_key(Text))
    since_seq: int = Field(sa_column=_key(_NUMBER))
    share: int | None = _number()
    slots: str | None = _text()
    came_from: int | None = _number()
    opened_by: str = _text()
    request: int | None = _number()
    waived: int = _number()
    until_seq: int | None = _number()
    ended_by: str | None = _text()
    ended_for: int | None = _number()
    verdict: str | None = _text()


class AliasRow(SQLModel, table=True):
    """A movable name for a version."""

    __tablename__ = "alias"
    __table_args__ = (
        _of_version(),
        _unique("alias_now", "model", "alias", where=_NOW),
        _STRICT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    alias: str = Field(sa_column=_key(Text))
    since_seq: int = Field(sa_column=_key(_NUMBER))
    version: int = _number()
    until_seq: int | None = _number()


class TagRow(SQLModel, table=True):
    """A tag of a version or a model; ``line`` is the digest of the line of details that set it."""

    __tablename__ = "tag"
    __table_args__ = (
        _of_model(),
        _unique("tag_now", "model", "version", "key", where=_NOW),
        _STRICT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    key: str = Field(sa_column=_key(Text))
    since_seq: int = Field(sa_column=_key(_NUMBER))
    value: str = _text()
    line: str = _text()
    until_seq: int | None = _number()


class DescriptionRow(SQLModel, table=True):
    """The description of a version or a model."""

    __tablename__ = "description"
    __table_args__ = (
        _of_model(),
        _unique("description_now", "model", "version", where=_NOW),
        _STRICT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    since_seq: int = Field(sa_column=_key(_NUMBER))
    text: str = _text()
    until_seq: int | None = _number()


class WordRow(SQLModel, table=True):
    """A word of a name, a description or a tag (``field``: ``tag.K``), for searches; ``since_seq`` is that of the text.

    Whether it still stands there is what the row of the text says.
    """

    __tablename__ = "word"
    __table_args__ = (_of_model(), _COMPACT)
    word: str = Field(sa_column=_key(Text))
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    field: str = Field(sa_column=_key(Text))
    since_seq: int = Field(sa_column=_key(_NUMBER))


class MarkRow(SQLModel, table=True):
    """The mark ``bad`` on a version."""

    __tablename__ = "mark"
    __table_args__ = (
        _of_version(),
        _unique("mark_now", "model", "version", where=_NOW),
        _STRICT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    since_seq: int = Field(sa_column=_key(_NUMBER))
    until_seq: int | None = _number()


class ArchivedRow(SQLModel, table=True):
    """A range of archived versions."""

    __tablename__ = "archived"
    __table_args__ = (
        _of_model(),
        CheckConstraint("first <= last", name="range_is_one"),
        Index("archived_last", "model", "last"),
        _STRICT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    first: int = Field(sa_column=_key(_NUMBER))
    last: int = Field(sa_column=_key(_NUMBER))
    since_seq: int = Field(sa_column=_key(_NUMBER))
    until_seq: int | None = _number()


class DeletedRow(SQLModel, table=True):
    """A number that no version has any more (``skipped``: that none ever had), by the entry that says so."""

    __tablename__ = "deleted"
    __table_args__ = (_of_model(), _flag("skipped"), _COMPACT)
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    seq: int = _number()
    skipped: int = _number()


class PolicyRow(SQLModel, table=True):
    """The rules in force, as canonical JSON; ``digest`` names them, ``source`` the TOML they came from."""

    __tablename__ = "policy"
    __table_args__ = _STRICT
    since_seq: int = Field(sa_column=_key(_NUMBER))
    digest: str = _text()
    source: str = _text()
    rules: str = _text()
    until_seq: int | None = _number()


class RoleBindingRow(SQLModel, table=True):
    """An account (``kind`` is ``user``) or a group that bears a role."""

    __tablename__ = "role_binding"
    __table_args__ = (_unique("role_binding_now", "role", "kind", "name", where=_NOW), _STRICT)
    role: str = Field(sa_column=_key(Text))
    kind: str = Field(sa_column=_key(Text))
    name: str = Field(sa_column=_key(Text))
    since_seq: int = Field(sa_column=_key(_NUMBER))
    until_seq: int | None = _number()


class RequestRow(SQLModel, table=True):
    """A promotion that was asked for; ``ended_by`` is ``promote``, ``reject`` or ``withdraw``."""

    __tablename__ = "request"
    __table_args__ = (
        _of_version(),
        Index("request_version", "model", "version", "stage", "since_seq"),
        _unique("request_now", "model", "version", "stage", where=_NOW),
        _STRICT,
    )
    since_seq: int = Field(sa_column=_key(_NUMBER))
    model: int = _number()
    version: int = _number()
    stage: str = _text()
    share: int | None = _number()
    until_seq: int | None = _number()
    ended_by: str | None = _text()


class ApprovalRow(SQLModel, table=True):
    """Who approved a request: the entry ``seq``, the plan that was seen, and the roles that were borne.

    ``in_groups`` are the groups with a role that the account was in, parted by colons, which no name of a group has.
    """

    __tablename__ = "approval"
    __table_args__ = _COMPACT
    request: int = Field(sa_column=_key(_NUMBER))
    seq: int = Field(sa_column=_key(_NUMBER))
    plan: str = _text()
    roles: str = _text()
    in_groups: str = _text()


class CheckResultRow(SQLModel, table=True):
    """The result of a check, each time it was recorded; the newest ``seq`` counts.

    ``evidence_bytes`` is the size of evidence that is a content of the store, which ``gc`` must keep.
    """

    __tablename__ = "check_result"
    __table_args__ = (
        _of_version(),
        Index(
            "check_result_content",
            "evidence",
            "evidence_bytes",
            sqlite_where=text(_STORED),
            postgresql_where=text(_STORED),
        ),
        _COMPACT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    version: int = Field(sa_column=_key(_NUMBER))
    name: str = Field(sa_column=_key(Text))
    seq: int = Field(sa_column=_key(_NUMBER))
    result: str = _text()
    evidence: str | None = _text()
    expires: str | None = _text()
    evidence_bytes: int | None = _number()


class DeploymentRow(SQLModel, table=True):
    """A version that runs at a target, with a share of the traffic or alone; ``stage``: whose versions should run there."""

    __tablename__ = "deployment"
    __table_args__ = (
        _of_version(),
        Index("deployment_version", "model", "version"),
        Index("deployment_target", "target", "since_seq"),
        _STRICT,
    )
    model: int = Field(sa_column=_key(_NUMBER))
    target: str = Field(sa_column=_key(Text))
    since_seq: int = Field(sa_column=_key(_NUMBER))
    version: int = _number()
    status: str = _text()
    share: int | None = _number()
    stage: str | None = _text()
    until_seq: int | None = _number()


class SignalRow(SQLModel, table=True):
    """What monitoring measured of a version."""

    __tablename__ = "signal"
    __table_args__ = (
        _of_version(),
        Index("signal_version", "model", "version", "seq"),
        Index("signal_name", "model", "version", "name", "seq"),
        _STRICT,
    )
    seq: int = Field(sa_column=_key(_NUMBER))
    model: int = _number()
    version: int = _number()
    name: str = _text()
    value: str = _text()
    observations: int | None = _number()
    window_seconds: int | None = _number()


class OpenItemRow(SQLModel, table=True):
    """What a person must look at: the entry that opened it, and the one that closed it."""

    __tablename__ = "open_item"
    __table_args__ = (
        _of_version(),
        Index("open_item_version", "model", "version"),
        Index("open_item_now", "since_seq", sqlite_where=text(_NOW), postgresql_where=text(_NOW)),
        _STRICT,
    )
    since_seq: int = Field(sa_column=_key(_NUMBER))
    item: str = _text()
    model: int = _number()
    version: int = _number()
    until_seq: int | None = _number()


#: The tables of the log. They only grow; triggers say so to every other program as well.
APPEND_ONLY = ("entry", "details", "document")
