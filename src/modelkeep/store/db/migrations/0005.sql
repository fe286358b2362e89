-- What is known of a version beside its bytes, datasets that are recorded for themselves, how a version was derived.

DROP TABLE parent;

DROP TABLE version;

CREATE TABLE data_parent (
    name TEXT NOT NULL,
    data_version TEXT NOT NULL,
    position INTEGER NOT NULL,
    parent_name TEXT NOT NULL,
    parent_version TEXT,
    digest TEXT,
    PRIMARY KEY (name, data_version, position)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX data_parent_child ON data_parent (parent_name, parent_version);

CREATE TABLE data_version (
    name TEXT NOT NULL,
    data_version TEXT NOT NULL,
    seq INTEGER NOT NULL,
    digest TEXT,
    checksum TEXT,
    row_count INTEGER,
    schema_digest TEXT,
    PRIMARY KEY (name, data_version)
)
 STRICT;

CREATE INDEX data_version_digest ON data_version (digest) WHERE digest IS NOT NULL;

CREATE TABLE parent (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    position INTEGER NOT NULL,
    parent_model INTEGER,
    parent_version INTEGER,
    digest TEXT,
    derived_by TEXT,
    PRIMARY KEY (model, version, position),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX parent_child ON parent (parent_model, parent_version);

CREATE TABLE version_fact (
    model INTEGER NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    seq INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (model, version, kind, name, seq),
    FOREIGN KEY(model, version) REFERENCES version (model, number)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX version_fact_value ON version_fact (kind, value);

DROP INDEX dataset_name;

CREATE INDEX dataset_name ON dataset (name, data_version, digest);

CREATE INDEX dataset_digest ON dataset (digest) WHERE digest IS NOT NULL;

CREATE INDEX dataset_checksum ON dataset (data_version) WHERE data_version >= 'md5:' AND data_version < 'md5;';

CREATE INDEX data_version_checksum ON data_version (checksum) WHERE checksum IS NOT NULL;

CREATE INDEX metric_on ON metric (on_name, on_version, on_digest) WHERE on_name IS NOT NULL;

CREATE INDEX deployment_target ON deployment (target, since_seq);

CREATE TABLE version (
    model INTEGER NOT NULL,
    number INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    time TEXT NOT NULL,
    digest TEXT NOT NULL,
    form TEXT NOT NULL,
    files INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    symlinks INTEGER NOT NULL,
    label TEXT,
    label_key TEXT,
    label_seq INTEGER,
    actor TEXT NOT NULL,
    code_commit TEXT,
    code_state TEXT,
    code_diff TEXT,
    trained_started TEXT,
    trained_ended TEXT,
    trained_guessed INTEGER NOT NULL,
    PRIMARY KEY (model, number),
    FOREIGN KEY(model) REFERENCES model (seq),
    CONSTRAINT symlinks_is_a_flag CHECK (symlinks IN (0, 1)),
    CONSTRAINT trained_guessed_is_a_flag CHECK (trained_guessed IN (0, 1)),
    CONSTRAINT form_is_known CHECK (form IN ('file', 'tree', 'pointer')),
    CONSTRAINT code_state_is_known CHECK (code_state IN ('clean', 'dirty')),
    CONSTRAINT number_counts CHECK (number >= 1)
)
 STRICT;

CREATE INDEX version_code ON version (code_commit) WHERE code_commit IS NOT NULL;

CREATE INDEX version_digest ON version (digest, model, number);

CREATE UNIQUE INDEX version_label ON version (model, label_key) WHERE label_key IS NOT NULL;

CREATE UNIQUE INDEX version_seq ON version (seq);
